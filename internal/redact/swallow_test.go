package redact

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func swallowed() (pem, jwt string) {
	pem = "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEpAIBAAKCAQEA7d8f9sK2+/aZxQwErTyUiOpAsDfGhJkLzXcVbNm1234567\n", 20) + "-----END RSA PRIVATE KEY-----"
	jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwi" + strings.Repeat("bmFtZSI6IkpvaG4gRG9lIiwi", 30) + ".SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	return pem, jwt
}

// The label of a long secret is there long before its end, and nothing is held for it.
func TestALongSecretIsMaskedBeforeItsEnd(t *testing.T) {
	pem, jwt := swallowed()
	for name, secret := range map[string]string{"pem": pem, "jwt": jwt} {
		s := Everything().Stream()
		out, early := s.Write("see "), 0
		for at := 0; at < len(secret); at += 3 {
			out += s.Write(secret[at:min(len(secret), at+3)])
			if out == "see [SECRET]" && early == 0 {
				early = at
			}
			if early > 0 && at+3 < len(secret) && s.Held() > 0 {
				t.Fatalf("%s: holds %d at %d", name, s.Held(), at)
			}
		}
		out += s.Write(" and go on") + s.Close()
		if out != "see [SECRET] and go on" || early == 0 || early > 200 || s.Counts()[Secret] != 1 {
			t.Errorf("%s: %q, label after %d of %d bytes, %v", name, out, early, len(secret), s.Counts())
		}
	}
}

// A key that does not end is not shown again after the bound.
func TestASecretWithoutAnEndClosesTheText(t *testing.T) {
	pem, jwt := swallowed()
	open := strings.TrimSuffix(pem, "-----END RSA PRIVATE KEY-----")
	dots := strings.LastIndexByte(jwt, '.')
	for name, secret := range map[string]string{
		"pem": open + strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo\n", 600), "jwt": jwt[:dots+1] + strings.Repeat("QUJDREVGR0hJ", 900), "jwt body": jwt[:dots] + strings.Repeat("QUJDREVGR0hJ", 900),
	} {
		text := "see " + secret + " tail ann@example.org tail"
		want, spans := Everything().Text(text)
		if want != "see [SECRET]" || len(spans) != 1 || spans[0].Start != 4 || spans[0].End != len(text) {
			t.Errorf("%s: %.40q, %v", name, want, spans)
		}
		for _, size := range []int{7, 64, 4096} {
			if got, _, counts := stream(Everything(), text, func() int { return size }); got != want || len(counts) != 1 {
				t.Errorf("%s in pieces of %d: %.40q %v", name, size, got, counts)
			}
		}
		s := Everything().Stream()
		s.Write(text)
		if len(s.in.raw) > 0 {
			t.Errorf("%s: keeps %d bytes", name, len(s.in.raw))
		}
		s.Close()
		if got := s.Write("new text") + s.Close(); got != "new text" {
			t.Errorf("%s: after Close %q", name, got)
		}
	}
}

// Whatever stands around and in a long secret, every cut gives what the whole gives.
func TestEveryCutOfALongSecretGivesTheWhole(t *testing.T) {
	pem, jwt := swallowed()
	parts := []string{
		pem, jwt, pem[:300], pem[60:200], "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat(" \n", 50) + "-----END PRIVATE KEY-----", jwt[:200], "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----", "eyJ", ".", ".ey", "\n", " ", "ann@example.org", "key = ",
		"password is ", "4111 1111 1111 1111", strings.Repeat("QUJDREVG", 60), "https://ann:secret@", "\u200b", "-----", "Mr. Leiva ",
	}
	actions := DefaultActions()
	actions[EmailAddress] = Block
	for name, r := range map[string]*Redactor{
		"everything": Everything(), "by policy": Everything().Under(Handling{Actions: actions, Keep: []string{jwt}}),
	} {
		rapid.Check(t, func(t *rapid.T) {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 1, 6).Draw(t, "parts"), "")
			n := rapid.IntRange(1, 90).Draw(t, "size")
			want, spans := r.Text(text)
			got, _, counts := stream(r, text, func() int { return n })
			sum := 0
			for _, c := range counts {
				sum += c
			}
			if got != want || sum != len(spans) {
				t.Fatalf("%s: %q in %d:\n%q %d\nwhole:\n%q %v", name, text, n, got, sum, want, spans)
			}
		})
	}
}
