//go:build !linux

package history

import "time"

func threadTime() time.Duration { return 0 }
