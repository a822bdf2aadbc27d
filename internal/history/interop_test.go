package history

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// build/interop/build.sh builds the reader over genuine SQLCipher 4.
func TestTheFileOpensInGenuineSQLCipher(t *testing.T) {
	reader, err := filepath.Abs("../../build/out/interop/sqlcipher-reader")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(reader); err != nil {
		if os.Getenv("SUBROSA_REQUIRE_REAL") != "" {
			t.Fatal("run build/interop/build.sh first: ", err)
		}
		t.Skip("genuine SQLCipher is not built (build/interop/build.sh, which needs OpenSSL's headers)")
	}
	path := dbPath(t)
	s := mustOpen(t, path)
	c := newConversation(t, s, "x")
	say(t, s, c, "", needle, "an answer")
	read := func(key []byte, sql string) (string, error) {
		cmd := exec.CommandContext(t.Context(), reader, path, sql)
		cmd.Stdin = strings.NewReader(hex.EncodeToString(key))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	// While it is open, with its write-ahead log, and after.
	for range 2 {
		out, err := read(testKey().Expose(), `SELECT role, status, length(content) > 40, instr(content, 'Ngaire') FROM message ORDER BY seq; PRAGMA integrity_check`)
		if want := "4.5.5 community\nuser|complete|1|0\nassistant|complete|1|0\nok\n"; err != nil || !strings.HasSuffix(out, want) {
			t.Errorf("%q, %v", out, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := read(make([]byte, 32), `SELECT count(*) FROM message`); err == nil {
		t.Errorf("positive control: another key reads %q", out)
	}
	// What it writes is read here.
	if out, err := read(testKey().Expose(), `INSERT INTO setting VALUES ('theme', 'dark')`); err != nil {
		t.Fatal(out, err)
	}
	s = mustOpen(t, path)
	if theme, err := s.Setting(t.Context(), "theme"); err != nil || theme != "dark" {
		t.Error(theme, err)
	}
}
