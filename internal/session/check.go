package session

import "subrosa/internal/redact"

// Check returns what would become of a prompt, and what was found in it, without sending it. It leaves no entry: nothing
// is kept and nothing leaves the composer.
func (s *Session) Check(text string) (masked string, found []redact.Span, err error) {
	o, err := s.ready()
	if err != nil {
		return "", nil, err
	}
	masked, found = o.redactor.Text(text)
	return masked, found, nil
}
