//go:build linux && (amd64 || arm64)

package lockdown

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"
)

// sceneSealed seals itself, does what it must still be able to do, and tries the rest.
func sceneSealed() result {
	res := result{Notes: map[string]string{}}
	r, w, err := os.Pipe() // opened before
	if err != nil {
		return result{Err: err.Error()}
	}
	if err := Seal(); err != nil {
		return result{Err: err.Error()}
	}
	// New threads, memory, the scheduler's signals, timers, and what is open.
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			runtime.LockOSThread()
			for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); {
			}
		})
	}
	wg.Wait()
	big := bytes.Repeat([]byte("x"), 8<<20)
	go func() {
		_, _ = w.Write(big)
		_ = w.Close()
	}()
	back, err := io.ReadAll(r)
	runtime.GC()
	time.Sleep(time.Millisecond)
	res.Notes["works"] = fmt.Sprint(err == nil && bytes.Equal(back, big))
	return seals(res)
}

func seals(res result) result {
	all := SealProbe(os.Getppid())
	res.Notes["tried"] = fmt.Sprint(len(all))
	for _, a := range all {
		if !a.Denied {
			res.Leaks = append(res.Leaks, a.Name+": "+a.Answer)
		}
	}
	return res
}

func TestASealedProcessHasWhatItHasAndNothingElse(t *testing.T) {
	if r := play(t, "sealed"); r.Err != "" || len(r.Leaks) > 0 || r.Notes["works"] != "true" {
		t.Errorf("%+v", r)
	}
	// The control: without it, each of these works, but what the system refuses everybody: to start what is not there.
	if c := play(t, "not sealed"); fmt.Sprint(len(c.Leaks)) != c.Notes["tried"] || len(c.Leaks) < 15 {
		t.Errorf("an unsealed process was denied something too, so the probe shows little: it could %v", c.Leaks)
	}
}

// sceneLimited takes more of something than it may. Where memory is slow to come, 256 MiB take more than a second.
func sceneLimited(seconds uint64, take func()) func() result {
	return func() result {
		if err := Limit(256<<20, seconds); err != nil {
			return result{Err: err.Error()}
		}
		take()
		return result{}
	}
}

func takeMemory() {
	all := [][]byte{}
	for range 64 {
		all = append(all, bytes.Repeat([]byte("x"), 16<<20))
	}
	runtime.KeepAlive(all)
}

func takeTime() {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
	}
}

func TestALimitedProcessEnds(t *testing.T) {
	for scene, ending := range map[string]string{"too much memory": "exit status 2", "too much time": "signal: killed"} {
		cmd := exec.Command("/proc/self/exe", "-test.run=^$")
		cmd.Env = append(os.Environ(), sceneVariable+"="+scene)
		if out, err := cmd.Output(); err == nil || err.Error() != ending {
			t.Errorf("%s: %v, want %s: %s", scene, err, ending, out)
		}
	}
	if r := play(t, "little memory"); r.Err != "" {
		t.Error(r.Err)
	}
}
