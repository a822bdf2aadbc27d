package lockdown

// Confinement is what holds a process to the files it was given.
type Confinement struct {
	Landlock int `json:"landlock"` // the kernel's ABI version; 0: it has none, and files are not restricted
}

// Reach is what a process may do with which files and directories, and with all that is below these.
type Reach struct {
	Read  []string
	Write []string // read as well
	Start []string // programs, and the directories that they are in
}

// Attempt is something that a confined process tried from inside.
type Attempt struct {
	Name   string `json:"name"`
	Denied bool   `json:"denied"`
	Answer string `json:"answer"` // the kernel's
}
