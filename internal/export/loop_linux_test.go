package export

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"subrosa/internal/export/bundle"
)

func execute(t *testing.T, name string, args ...string) error {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %v: %w: %s", name, args, err, out)
	}
	return nil
}

// stick makes a file system in a file, mounts it, and returns the file and where it is mounted.
func stick(t *testing.T, dir string, size int64) (image, at string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: a file system is mounted")
	}
	image, at = filepath.Join(dir, "stick.img"), t.TempDir()
	f, err := os.Create(image)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := execute(t, "mkfs.ext2", "-q", "-F", image); err != nil {
		t.Skip("cannot make a file system here: ", err)
	}
	mountImage(t, image, at)
	return image, at
}

func mountImage(t *testing.T, image, at string) {
	t.Helper()
	if err := execute(t, "mount", "-o", "loop", image, at); err != nil {
		t.Skip("cannot mount here: ", err)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", at).Run() })
}

// What a stick holds when it is pulled out is what reached it: its image is copied at random moments of an export, and
// each copy mounted. Nothing on one verifies but what is whole.
func TestAStickPulledOutWhileAnExportRuns(t *testing.T) {
	t.Run("as it is", func(t *testing.T) { pullOut(t, false) })
	t.Run("compressed", func(t *testing.T) { pullOut(t, true) })
}

func pullOut(t *testing.T, compressed bool) {
	t.Helper()
	memory := drive(t)
	image, at := stick(t, memory, 24<<20)
	l := record(t, 400)
	done := make(chan error, 1)
	go func() {
		b := request(t, at)
		b.per, b.Compress = 32, compressed
		_, err := b.Write(t.Context(), snapshot(t, l))
		done <- err
	}()
	var copies []string
	for running := true; running; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		case <-time.After(3 * time.Millisecond):
		}
		if len(copies) < 40 || !running {
			to := filepath.Join(memory, fmt.Sprintf("copy%d.img", len(copies)))
			if err := execute(t, "cp", "--sparse=always", image, to); err != nil {
				t.Fatal(err)
			}
			copies = append(copies, to)
		}
	}
	seen := map[bool]int{}
	for _, c := range copies {
		dir := t.TempDir()
		_ = exec.Command("fsck.ext2", "-y", c).Run() // as the next computer would
		mountImage(t, c, dir)
		for _, name := range whole(t, dir) {
			if !complete(t, filepath.Join(dir, name), 400) {
				t.Errorf("%s on %s verifies and is not whole", name, filepath.Base(c))
			}
		}
		seen[len(whole(t, dir)) > 0]++
		_ = exec.Command("umount", dir).Run()
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("%d copies without a whole bundle, %d with: the test shows little", seen[false], seen[true])
	}
}

// A drive whose medium gives out: the file behind it lies on a file system that fills up, so that the drive answers EIO when
// what was written is flushed.
func TestADriveThatAnswersEIO(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: file systems are mounted")
	}
	l := record(t, 400)
	for _, kib := range []int{420, 600, 900} {
		behind := t.TempDir()
		if err := execute(t, "mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", kib), "tmpfs", behind); err != nil {
			t.Skip("cannot mount here: ", err)
		}
		t.Cleanup(func() { _ = exec.Command("umount", "-l", behind).Run() })
		image, at := stick(t, behind, 24<<20)
		b := request(t, at)
		b.per = 64
		_, err := b.Write(t.Context(), snapshot(t, l))
		if !errors.Is(err, ErrTarget) && !errors.Is(err, ErrReadBack) && !errors.Is(err, ErrRoom) {
			t.Fatalf("%d KiB behind the drive: %v", kib, err)
		}
		t.Logf("%d KiB: %v", kib, err)
		_ = exec.Command("umount", "-l", at).Run()
		again := t.TempDir()
		_ = image
		if execute(t, "mount", "-o", "loop,ro", image, again) == nil {
			t.Cleanup(func() { _ = exec.Command("umount", "-l", again).Run() })
			if got := whole(t, again); len(got) > 0 {
				t.Errorf("%d KiB: %v verify", kib, got)
			}
		}
	}
}

// A full stick is its own fault, and once there is room the export goes on.
func TestAStickThatIsFull(t *testing.T) {
	_, at := stick(t, drive(t), 24<<20)
	ballast := filepath.Join(at, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<16)
	for {
		if _, err := f.Write(block); err != nil {
			break
		}
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(info.Size()-300<<10), f.Close()); err != nil {
		t.Fatal(err)
	}
	l := record(t, 200)
	b := request(t, at)
	if _, err := b.Write(t.Context(), snapshot(t, l)); !errors.Is(err, ErrRoom) {
		t.Fatal(err)
	}
	if got := whole(t, at); len(got) > 0 {
		t.Errorf("%v verify", got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	out, err := b.Write(t.Context(), snapshot(t, l))
	if err != nil || out.Resumed == 0 {
		t.Fatalf("%d parts kept, %v", out.Resumed, err)
	}
	if _, err := bundle.Verify(out.Path, bundle.Options{}); err != nil {
		t.Error(err)
	}
}
