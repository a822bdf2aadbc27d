// Command openkeys prints the root key and the history key of a data directory, in hex, for a test that looks for them in
// memory. It reads the passphrase from standard input, and the desktop's real keyring.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"subrosa/internal/keys"
	"subrosa/internal/secret"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "openkeys:", err)
		os.Exit(1)
	}
}

func run(home string) error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	store := keys.Open(filepath.Join(home, "keys"), keys.OSRing("subrosa"), keys.DefaultCost)
	root, err := store.Unlock(context.Background(), secret.New([]byte(strings.TrimSuffix(line, "\n"))))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%x\n%x\n", root.RootKey().Expose(), root.History().Expose())
	return err
}
