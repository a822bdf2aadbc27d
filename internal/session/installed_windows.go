package session

import "os"

const engineName = "subrosa-engine.exe"

func userDataDir() (string, error) { return os.UserCacheDir() } // %LocalAppData%: not roamed over a network
