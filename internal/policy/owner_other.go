//go:build !unix

package policy

// rootOnly refuses: there is no machine-wide policy on this system yet.
func rootOnly(...string) error { return ErrOwner }
