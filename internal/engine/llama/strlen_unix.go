//go:build unix

package llama

import "github.com/ebitengine/purego"

// strlen returns the address of C's strlen, or 0: then a stop waits for the batch to end.
func strlen() uintptr {
	p, err := purego.Dlsym(purego.RTLD_DEFAULT, "strlen")
	if err != nil {
		return 0
	}
	return p
}
