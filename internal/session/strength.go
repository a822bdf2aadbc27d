package session

import (
	"github.com/trustelem/zxcvbn"
	"github.com/trustelem/zxcvbn/frequency"
)

func init() { clear(frequency.FrequencyLists) } // zxcvbn has made its dictionaries of them: 1.5 MB that nobody reads again

// PassphraseStrength is zxcvbn's estimate.
type PassphraseStrength struct {
	Score      int  // 0 (guessed at once) to 4 (very hard)
	Acceptable bool // score 3 or more, and at least 10 characters
}

const (
	acceptableScore  = 3
	acceptableLength = 10
)

// Strength estimates how hard a passphrase is to guess (Wheeler, "zxcvbn", USENIX Security 2016).
func Strength(passphrase string) PassphraseStrength {
	const enough = 100 // the estimate is superlinear in the length, and 100 characters are strong by any measure
	estimated := passphrase
	if len(estimated) > enough {
		estimated = estimated[:enough]
	}
	score := zxcvbn.PasswordStrength(estimated, []string{"subrosa"}).Score
	return PassphraseStrength{Score: score, Acceptable: score >= acceptableScore && len([]rune(passphrase)) >= acceptableLength}
}
