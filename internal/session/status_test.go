package session

import (
	"testing"

	"subrosa/internal/fault"
)

func TestTheSizeOfTheTextIsKeptAndOneOfAFew(t *testing.T) {
	o := testOptions(t)
	s := unlocked(t, o)
	size := func(s *Session) TextSize {
		t.Helper()
		got, err := s.TextSize(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := size(s); got != TextUsual {
		t.Fatalf("%s %% unless chosen", got)
	}
	if err := s.SetTextSize(t.Context(), "175"); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.SetTextSize(t.Context(), "5000"), fault.BadInput)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := size(unlocked(t, o)); got != "175" {
		t.Fatalf("after a restart: %s %%", got)
	}
}
