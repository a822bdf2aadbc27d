package export

import "golang.org/x/sys/windows"

func drives() ([]Drive, error) {
	letters, err := windows.GetLogicalDrives()
	if err != nil {
		return nil, err
	}
	var found []Drive
	for i := range 26 {
		if letters&(1<<i) == 0 {
			continue
		}
		path := string(rune('A'+i)) + `:\`
		root, err := windows.UTF16PtrFromString(path)
		if err != nil || windows.GetDriveType(root) != windows.DRIVE_REMOVABLE {
			continue
		}
		d := Drive{Path: path, Device: path[:2]}
		var label, system [windows.MAX_PATH + 1]uint16
		var flags uint32
		if windows.GetVolumeInformation(root, &label[0], uint32(len(label)), nil, nil, &flags, &system[0], uint32(len(system))) != nil {
			continue // no medium
		}
		d.Label, d.FileSystem = windows.UTF16ToString(label[:]), windows.UTF16ToString(system[:])
		d.ReadOnly = flags&windows.FILE_READ_ONLY_VOLUME != 0
		d.Size, d.Free = space(path)
		found = append(found, d)
	}
	return found, nil
}

func space(path string) (size, free int64) {
	root, err := windows.UTF16PtrFromString(path)
	var available, total uint64
	if err != nil || windows.GetDiskFreeSpaceEx(root, &available, &total, nil) != nil {
		return 0, 0
	}
	return int64(total), int64(available)
}
