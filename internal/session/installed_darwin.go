package session

import "os"

const engineName = "subrosa-engine"

func userDataDir() (string, error) { return os.UserConfigDir() }
