package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckPromptNamesTheRule(t *testing.T) {
	p := Default()
	p.Limits.PromptBytes = 16
	for name, c := range map[string]struct {
		text string
		want Rule
	}{
		"a question":              {"what is gout?", ""},
		"just long enough":        {strings.Repeat("é", 8), ""},
		"one byte too long":       {strings.Repeat("é", 8) + "x", RulePromptTooLong},
		"empty":                   {"", RulePromptEmpty},
		"white space":             {" \t\n\u00a0", RulePromptEmpty},
		"half a character":        {"caf\xc3", RulePromptUTF8},
		"a surrogate":             {"\xed\xa0\x80", RulePromptUTF8},
		"too long before invalid": {strings.Repeat("\xff", 17), RulePromptTooLong},
		"NUL is text":             {"a\x00b", ""},
	} {
		err := p.CheckPrompt(c.text)
		var denied *DeniedError
		switch {
		case c.want == "" && err != nil, c.want != "" && !errors.As(err, &denied):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && denied.Rule != c.want:
			t.Errorf("%s: %s, want %s", name, denied.Rule, c.want)
		case c.want == RulePromptTooLong && (denied.Limit != 16 || denied.Have != 17):
			t.Errorf("%s: %+v", name, denied)
		}
	}
}

func TestErrorsHoldNothingOfThePrompt(t *testing.T) {
	p := Default()
	p.Limits.PromptBytes = 4
	if err := p.CheckPrompt("patient Berg"); err == nil || strings.Contains(err.Error(), "Berg") {
		t.Error(err)
	}
}

func TestDefaultHasLimits(t *testing.T) {
	p := Default()
	if p.Limits.PromptBytes <= 0 || p.Limits.AnswerTokens <= 0 ||
		p.Version == "" || p.Source != SourceBuiltin {
		t.Errorf("%+v", p)
	}
	if p.CheckPrompt(strings.Repeat("a", p.Limits.PromptBytes)) != nil || p.CheckPrompt(strings.Repeat("a", p.Limits.PromptBytes+1)) == nil {
		t.Error("the limit is not the limit")
	}
}
