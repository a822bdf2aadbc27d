//go:build !linux

package session

func diskEncryption(string) (Result, Said) { return NotApplicable, sentence("system-untold") }
func swapEncryption() (Result, Said)       { return NotApplicable, sentence("system-untold") }
func coreDumps() (Result, Said)            { return NotApplicable, sentence("system-untold") }
