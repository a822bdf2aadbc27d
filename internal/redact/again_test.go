package redact

import "testing"

// A last name in a mailbox is known in the text behind it, and its holder's alone: an office is nobody.
func TestTheLastNameInAMailboxIsKnownBehindIt(t *testing.T) {
	r := Everything()
	for text, want := range map[string]string{
		"Write to i.hathersage@example.org. The file is with Hathersage.":    "Write to [EMAIL]. The file is with [PERSON].",
		"Write to anna.hathersage@example.org. The file is with Hathersage.": "Write to [EMAIL]. The file is with [PERSON].",
		"The file is with Hathersage: i.hathersage@example.org.":             "The file is with Hathersage: [EMAIL].",
		"Write to info.hathersage@example.org. The file is with Hathersage.": "Write to [EMAIL]. The file is with Hathersage.",
		"Write to i.results@example.org. The file is with Results.":          "Write to [EMAIL]. The file is with Results.",
	} {
		if got, _ := r.Text(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		for cut := range text {
			s := r.Stream()
			if got := s.Write(text[:cut]) + s.Write(text[cut:]) + s.Close(); got != want {
				t.Fatalf("%q cut at %d: %q", text, cut, got)
			}
		}
	}
}
