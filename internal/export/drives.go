package export

import "errors"

// Drive is a place outside this workstation that an export can be carried away on.
type Drive struct {
	Path       string // where it is mounted; empty where it is not
	Device     string
	Label      string // what its owner named it; may be empty
	FileSystem string
	Size, Free int64 // bytes; 0 where it is not mounted
	ReadOnly   bool
}

// ErrNoDrives means that this operating system gives no list of removable drives here.
var ErrNoDrives = errors.New("removable drives cannot be listed on this system")

// Drives lists removable and USB drives, mounted or not. It reads files that the kernel provides, and asks no service.
func Drives() ([]Drive, error) { return drives() }
