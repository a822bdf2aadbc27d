// Command window is the real window with a page that measures itself: the built page, and beside it probe.js, which changes
// nothing and asks for pictures whose names say what it saw. What it saw goes to standard output, a JSON document a line.
//
// With -fill it puts a long conversation into a data directory instead; the passphrase comes on standard input.
package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"subrosa/app"
	"subrosa/build/probe"
	"subrosa/internal/history"
	"subrosa/internal/keys"
	_ "subrosa/internal/sandbox/first" // enters the namespaces
	"subrosa/internal/secret"
)

//go:embed probe.js
var script []byte

func init() { runtime.LockOSThread() }

func main() {
	if len(os.Args) == 4 && os.Args[1] == "-fill" {
		if err := fill(context.Background(), os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, "window:", err)
			os.Exit(1)
		}
		return
	}
	page, err := probe.Page(probe.Script{Name: "probe.js", Data: script})
	if err != nil {
		fmt.Fprintln(os.Stderr, "window:", err)
		os.Exit(1)
	}
	os.Exit(app.Run(measured{page}))
}

// measured prints what the script of the page saw.
type measured struct{ fs.FS }

func (m measured) Open(name string) (fs.File, error) {
	_, seen, ok := strings.Cut(name, "measured/")
	if !ok {
		return m.FS.Open(name)
	}
	if text, err := base64.RawURLEncoding.DecodeString(seen); err == nil {
		_, _ = fmt.Fprintf(os.Stdout, "%s\n", text)
	}
	return nil, fs.ErrNotExist
}

const turns = 5000 // two messages each

// fill writes the conversation as turns that were answered.
func fill(ctx context.Context, home, title string) error {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return err
	}
	store := keys.Open(filepath.Join(home, "keys"), keys.OSRing("subrosa"), keys.DefaultCost)
	root, err := store.Unlock(ctx, secret.New([]byte(strings.TrimSuffix(line, "\n"))))
	if err != nil {
		return err
	}
	h, err := history.Open(ctx, filepath.Join(home, "history.db"), root.History(), epochs{root})
	if err != nil {
		return err
	}
	c, err := h.CreateConversation(ctx, history.General, title)
	for i := 0; i < turns && err == nil; i++ {
		t := history.Turn{ID: history.NewTurnID(), Place: history.Place{Conversation: c.ID}, Model: "Bench"}
		t.Prompt = fmt.Sprintf("Question %d: what does the note of visit %d say of the knee?", i, i%29+1)
		if _, err = h.BeginTurn(ctx, t); err == nil {
			err = h.FinishTurn(ctx, t.ID, history.Outcome{Status: history.Complete, Text: answer(i), PromptTokens: 20, OutputTokens: 120})
		}
	}
	if err != nil {
		return err
	}
	return h.Close()
}

// answer is Markdown as models write it, long and short.
func answer(i int) string {
	text := fmt.Sprintf("Answer %d. The knee was **stable**, with `0-0-130` of movement and no effusion.\n\n", i)
	if i%3 == 0 {
		text += "- lateral pain on stairs, less than before\n- no locking, no giving way\n- swelling after long walks, *gone by morning*\n\n"
	}
	if i%7 == 0 {
		text += "| side | flexion | extension |\n|---|---|---|\n| left | 130 | 0 |\n| right | 135 | 0 |\n\n"
	}
	if i%11 == 0 {
		text += "```\nHx: fall from a ladder, 2 m\nRx: none\n```\n\n"
	}
	return text + strings.Repeat("It was agreed to go on with the exercises and to look again in six weeks. ", 1+i%5)
}

// epochs lets the history use the key that the keyring holds.
type epochs struct{ *keys.Root }

func (e epochs) Begin(ctx context.Context, inUse uint64) (history.Epoch, error) {
	next, err := e.BeginEpochRotation(ctx, inUse)
	return history.Epoch{Number: next.Generation, Key: next.Key}, err
}

func (e epochs) Commit(ctx context.Context, keep uint64) error {
	return e.CommitEpochRotation(ctx, keep)
}
