package lockdown

// Confinement is what holds a process to the files it was given.
type Confinement struct {
	Landlock int `json:"landlock"` // the kernel's ABI version; 0: it has none, and files are not restricted
}

// Attempt is something that a confined process tried from inside.
type Attempt struct {
	Name   string `json:"name"`
	Denied bool   `json:"denied"`
	Answer string `json:"answer"` // the kernel's
}
