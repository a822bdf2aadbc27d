package fault

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEveryCodeHasASentenceAndANextStep(t *testing.T) {
	for code, text := range catalogue {
		for _, s := range []string{text.message, text.hint} {
			if len(s) < 15 || !strings.HasSuffix(s, ".") {
				t.Errorf("%s: %q is not a sentence", code, s)
			}
		}
	}
}

func TestFromFindsTheFaultThroughWrapping(t *testing.T) {
	cause := errors.New("disk on fire")
	err := fmt.Errorf("outer: %w", New(DiskFull, cause))
	if f := From(err); f.Code != DiskFull || !errors.Is(f, cause) {
		t.Fatalf("From = %+v", f)
	}
	if f := From(cause); f.Code != Internal || f.Unwrap() == nil {
		t.Fatalf("From(plain) = %+v", f)
	}
	if From(nil) != nil {
		t.Fatal("From(nil) is not nil")
	}
}
