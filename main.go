// Command subrosa is the desktop window: a private chat with a language model on this workstation.
package main

import (
	"os"
	"runtime"

	"subrosa/app"
	_ "subrosa/internal/sandbox/first" // enters the namespaces
)

// GTK wants its calls on the thread that the process started with.
func init() { runtime.LockOSThread() }

func main() { os.Exit(app.Main()) }
