package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"filippo.io/age"

	"subrosa/internal/secret"
)

// Trial is what a device made of the self-test.
type Trial struct {
	Device
	TokensPerSecond float64 `json:"tokensPerSecond"` // of one conversation, without drafts
	Agrees          bool    `json:"agrees"`          // with the processor, to the letter; the processor: with itself
	Fault           string  `json:"fault,omitempty"` // why it did not answer
}

// The self-test's question. The built-in model knows the answer by heart, so a rounding does not change it.
const (
	trialQuestion = "What is Subrosa?"
	trialTokens   = 24
)

// TrialLimit is how long a device may take: a driver compiles what it runs when it runs it first.
const TrialLimit = 10 * time.Minute

// SelfTest has the processor, and then each device that the libraries find, load a small GGUF whole and answer the same
// question twice; c.Model is not used. The model goes the way that all models go: sealed, to a key of this test's. What a
// device cannot do is in its trial. Errors: Start's, and Load's and Generate's on the processor.
func SelfTest(ctx context.Context, c Config, gguf []byte) ([]Trial, error) {
	sealed, key, size, err := sealForTest(gguf)
	if err != nil {
		return nil, fmt.Errorf("self-test: %w", err)
	}
	defer sealed.Close()
	defer key.Wipe()
	c.Model = sealed
	try := func(device string) (text string, speed float64, found []Device, err error) {
		ctx, cancel := context.WithTimeout(ctx, TrialLimit)
		defer cancel()
		e, err := Start(ctx, c)
		if err != nil {
			return "", 0, nil, err
		}
		defer e.Close()
		_, err = e.Load(ctx, LoadRequest{FileKey: key, Size: size, Device: device, GPULayers: -1, NoDrafts: true}, nil)
		var first, again strings.Builder
		var r Result
		for _, to := range []*strings.Builder{&first, &again} { // the first time, a device compiles what it will run
			if err == nil {
				ask := Request{Messages: []Message{{Role: "user", Text: trialQuestion}}, MaxTokens: trialTokens}
				r, err = e.Generate(ctx, ask, func(s string) error { to.WriteString(s); return nil })
			}
		}
		switch {
		case errors.Join(err, ctx.Err()) != nil:
			return "", 0, e.Devices(), errors.Join(err, ctx.Err())
		case first.Len() == 0 || r.OutputTokens < 2 || first.String() != again.String():
			return "", 0, e.Devices(), fmt.Errorf("one answer is %q and the other %q", first.String(), again.String())
		}
		return first.String(), float64(r.OutputTokens-1) / r.GenerateTime.Seconds(), e.Devices(), nil
	}
	want, speed, found, err := try("")
	if err != nil {
		return nil, fmt.Errorf("self-test: %w", err)
	}
	free, total := memory()
	trials := []Trial{{
		Device:          Device{Name: CPU, Description: "the processor", Shared: true, Free: free, Total: total},
		TokensPerSecond: speed, Agrees: true,
	}}
	for _, d := range found {
		t := Trial{Device: d}
		text, speed, _, err := try(d.Name)
		if err != nil {
			t.Fault = err.Error()
		} else {
			t.TokensPerSecond, t.Agrees = speed, text == want
		}
		trials = append(trials, t)
	}
	return trials, ctx.Err()
}

// sealForTest encrypts a model to a key that nothing else knows, in a file without a name.
func sealForTest(gguf []byte) (file *os.File, key *secret.Bytes, size int64, err error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, nil, 0, err
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, identity.Recipient())
	if err == nil {
		_, err = w.Write(gguf)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, nil, 0, err
	}
	header, err := age.ExtractHeader(bytes.NewReader(b.Bytes()))
	if err != nil {
		return nil, nil, 0, err
	}
	fileKey, err := age.DecryptHeader(header, identity)
	if err != nil {
		return nil, nil, 0, err
	}
	if file, err = os.CreateTemp("", "subrosa-self-test-"); err != nil {
		return nil, nil, 0, err
	}
	size = int64(b.Len())
	_, err = b.WriteTo(file)
	if removed := os.Remove(file.Name()); err == nil {
		err = removed
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, 0, err
	}
	return file, secret.New(fileKey), size, nil
}
