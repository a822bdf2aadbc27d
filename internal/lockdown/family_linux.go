package lockdown

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// family returns this process and all that descend from it, as /proc has them (proc_pid_status(5)). One that cannot be read
// has just ended.
func family() []Process {
	type entry struct {
		Process
		parent int
	}
	var all []entry
	found, _ := filepath.Glob("/proc/[0-9]*/status") // the pattern is well-formed
	for _, path := range found {
		status, err := statusOf(path)
		if err != nil || strings.HasPrefix(status["State"], "Z") {
			continue
		}
		pid, _ := strconv.Atoi(status["Pid"])
		parent, _ := strconv.Atoi(status["PPid"])
		all = append(all, entry{Process{Name: status["Name"], PID: pid, Filtered: status["Seccomp"] == "2"}, parent})
	}
	var out []Process
	within := map[int]bool{}
	for again := true; again; {
		again = false
		for _, e := range all {
			if !within[e.PID] && (e.PID == os.Getpid() || within[e.parent]) {
				within[e.PID], again = true, true
				out = append(out, e.Process)
			}
		}
	}
	return out
}

func statusOf(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	status := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		status[name] = strings.TrimSpace(value)
	}
	return status, lines.Err()
}
