package lockdown

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestUnencryptedSwapIsNamed(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1 partition 1 0 -2\n/dev/dm-2 partition 1 0 -2\n"+
		"/dev/sda2 partition 1 0 -2\n/swapfile file 1 0 -2\n/dev/zram0 partition 1 0 100\n/dev/zram1 partition 1 0 100\n")
	put("sys/block/dm-1/dm/uuid", "CRYPT-PLAIN-swap\n")
	put("sys/block/dm-2/dm/uuid", "LVM-x\n")
	put("sys/block/zram0/backing_dev", "none\n")
	put("sys/block/zram1/backing_dev", "/dev/sda3\n")
	got, err := plainSwap(filepath.Join(dir, "swaps"), filepath.Join(dir, "sys"))
	if want := []string{"/dev/dm-2", "/dev/sda2", "/swapfile", "/dev/zram1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if got, err := plainSwap(filepath.Join(dir, "absent"), dir); err != nil || got != nil {
		t.Error(got, err)
	}
}
