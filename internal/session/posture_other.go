//go:build !linux

package session

const untold = "it cannot be told on this system yet"

func diskEncryption(string) (Result, string) { return NotApplicable, untold }
func swapEncryption() (Result, string)       { return NotApplicable, untold }
func coreDumps() (Result, string)            { return NotApplicable, untold }
