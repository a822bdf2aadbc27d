package lockdown

var hostABI = arm64

// archProbes is empty: a 64-bit process has no way into the 32-bit entry here.
func archProbes() []probe { return nil }
