//go:build unix

package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"subrosa/internal/document/pdftest"
	"subrosa/internal/document/text"
)

// The real reader: built here, with PDFium compiled by `make build`.
var reader Reader

func TestMain(m *testing.M) {
	os.Exit(func() int {
		root, err := filepath.Abs("../..")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		dir, err := os.MkdirTemp("", "document")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		reader = Reader{Program: filepath.Join(dir, "subrosa-engine"), Lib: filepath.Join(root, "build", "native", "lib")}
		build := exec.Command("go", "build", "-o", reader.Program, "./app/subrosa-engine")
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build the reader: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

func pages(t testing.TB, name, content string) ([]Page, Info, error) {
	t.Helper()
	var got []Page
	info, err := reader.Read(t.Context(), name, strings.NewReader(content), Limits{}, func(p Page) error {
		got = append(got, p)
		return nil
	})
	return got, info, err
}

func TestAPDFIsReadPageByPage(t *testing.T) {
	got, info, err := pages(t, "letter.pdf", pdftest.Text(t, "First page.\nIt goes on.", "", "Third page."))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0].Text != "First page.\nIt goes on." || got[1].Text != "" || got[2] != (Page{Number: 3, Of: 3, Text: "Third page."}) {
		t.Errorf("%+v", got)
	}
	if info.Kind != PDF || info.Title != "Letter" || info.Pages != 3 || info.Blank != 1 {
		t.Errorf("%+v", info)
	}
	if _, info, err := pages(t, "scan.pdf", pdftest.Text(t, "", "")); !errors.Is(err, ErrNoText) || info.Blank != 2 {
		t.Error(info, err)
	}
}

// Code for another processor is as good as none: it is compiled in the child, which cannot put it anywhere.
func TestWithoutCompiledCode(t *testing.T) {
	lib := t.TempDir()
	releases, err := filepath.Glob(filepath.Join(reader.Lib, "pdfium", "*")) // a directory for each of wazero
	if err != nil || len(releases) == 0 {
		t.Fatal("PDFium is not compiled: run make build. ", err)
	}
	for _, r := range releases {
		if err := os.MkdirAll(filepath.Join(lib, "pdfium", filepath.Base(r)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	other := Reader{Program: reader.Program, Lib: lib}
	if _, err := other.Read(t.Context(), "x.pdf", strings.NewReader(pdftest.Text(t, "x")), Limits{}, func(Page) error { n++; return nil }); err != nil || n != 1 {
		t.Error(n, err)
	}
	if err := filepath.WalkDir(lib, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s was written", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestTextIsReadInAChildToo(t *testing.T) {
	long := strings.Repeat("Der Patient klagt über Schmerzen. ", 500)
	got, info, err := pages(t, "note.txt", long)
	if err != nil || info.Kind != Text || len(got) != info.Pages || info.Pages < 3 || got[0].Of != info.Pages {
		t.Fatal(info, err)
	}
	if _, info, err := pages(t, "Note.MD", "# Titel"); err != nil || info.Kind != Markdown {
		t.Error(info, err)
	}
	if _, _, err := pages(t, "note.txt", " \r\n\t"); !errors.Is(err, ErrNoText) {
		t.Error(err)
	}
	if _, _, err := pages(t, "tool.exe", "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
}

func TestTheReaderIsSealed(t *testing.T) {
	out, err := exec.Command(reader.Program, "__seal-probe", reader.Lib).Output()
	if err != nil {
		t.Fatal(err)
	}
	var probe struct {
		Attempts []struct {
			Name, Answer string
			Denied       bool
		}
	}
	if err := json.Unmarshal(out, &probe); err != nil || len(probe.Attempts) < 15 {
		t.Fatalf("%v: %s", err, out)
	}
	for _, a := range probe.Attempts {
		if !a.Denied {
			t.Errorf("%s: %s", a.Name, a.Answer)
		}
	}
}

func TestLimits(t *testing.T) {
	read := func(limits Limits, content io.Reader) (n int, err error) {
		_, err = reader.Read(t.Context(), "note.txt", content, limits, func(Page) error { n++; return nil })
		return n, err
	}
	long := strings.Repeat("Der Patient klagt über Schmerzen. ", 2000)
	if _, err := read(Limits{Bytes: 1000}, strings.NewReader(long)); !errors.Is(err, ErrTooLarge) {
		t.Error("bytes:", err)
	}
	if n, err := read(Limits{Pages: 3}, strings.NewReader(long)); !errors.Is(err, ErrTooLarge) || n != 3 {
		t.Error("pages:", n, err)
	}
	if _, err := read(Limits{Text: 9000}, strings.NewReader(long)); !errors.Is(err, ErrTooLarge) {
		t.Error("text:", err)
	}
	if _, err := read(Limits{Time: time.Nanosecond}, strings.NewReader(long)); !errors.Is(err, ErrTimeout) {
		t.Error("time:", err)
	}
	if _, err := read(Limits{}, io.MultiReader(strings.NewReader("x"), failing{})); !errors.Is(err, errDrive) {
		t.Error("content:", err)
	}
}

var errDrive = errors.New("the drive is gone")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDrive }

func TestCancellingEndsIt(t *testing.T) {
	content := pdftest.Text(t, make([]string, 200)...)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := reader.Read(ctx, "x.pdf", strings.NewReader(content), Limits{}, func(Page) error {
		if n++; n == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n == 200 {
		t.Error(n, err)
	}
	if _, err := reader.Read(t.Context(), "x.pdf", strings.NewReader(content), Limits{}, func(Page) error { return errDrive }); !errors.Is(err, errDrive) {
		t.Error(err)
	}
}

func TestAMissingReader(t *testing.T) {
	if _, err := (Reader{Program: "/nonexistent/reader"}).Read(t.Context(), "x.txt", strings.NewReader("x"), Limits{}, nil); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
}

// A child says what it likes: scripts stand in for one.
func TestWhatAChildSaysIsChecked(t *testing.T) {
	frame := func(kind byte, body string) string {
		n := len(body) + 1
		return fmt.Sprintf(`\0%03o\%03o\%03o`, 0, 0, 0)[:0] + fmt.Sprintf(`\%03o\%03o\%03o\%03o\%03o%s`, byte(n>>24), byte(n>>16), byte(n>>8), byte(n), kind, body)
	}
	done := frame(4, `{"kind":"text"}`)
	for name, c := range map[string]struct {
		says string
		want error
	}{
		"nothing":               {"", ErrCrashed},
		"a page of another":     {frame(3, `{"number":2,"text":"x"}`) + done, ErrCrashed},
		"no page at all":        {frame(3, `[]`), ErrCrashed},
		"half a frame":          {frame(3, `{"number":1,"text":"x"}`)[:20], ErrCrashed},
		"an endless frame":      {`\377\377\377\377\003`, ErrCrashed},
		"a frame from a parent": {frame(1, `{}`), ErrCrashed},
		"a kind of its own":     {frame(4, `{"kind":"exe"}`), ErrCrashed},
		"an error of its own":   {frame(5, `{"code":"whatever","detail":"d"}`), ErrCrashed},
		"a known error":         {frame(5, `{"code":"encrypted"}`), ErrEncrypted},
		"a page and the end":    {frame(3, `{"number":1,"of":1,"text":"a\u001b\u0007b"}`) + done, nil},
	} {
		script := filepath.Join(t.TempDir(), "reader")
		sh := "#!/bin/sh\nhead -c 20 <&3 >/dev/null\nprintf '" + c.says + "' >&3\n"
		if err := os.WriteFile(script, []byte(sh), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Reader{Program: script}.Read(t.Context(), "x.txt", strings.NewReader("hello"), Limits{}, func(p Page) error {
			if p.Text != text.Clean(p.Text) {
				t.Errorf("%s: %q", name, p.Text)
			}
			return nil
		})
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestPassagesEndWithParagraphsAndSentences(t *testing.T) {
	paragraph := strings.TrimSpace(strings.Repeat("Der Patient klagt über Schmerzen. ", 20))
	for _, p := range []Page{
		{Number: 3, Text: paragraph + "\n\n" + paragraph},
		{Number: 3, Text: paragraph + " " + paragraph + " " + paragraph},
	} {
		all := Passages(p)
		if len(all) < 2 {
			t.Fatal(all)
		}
		last := 0
		for _, s := range all {
			if s.Page != 3 || s.Start < last || !strings.HasSuffix(p.Text[s.Start:s.End], "Schmerzen.") || !strings.HasPrefix(p.Text[s.Start:s.End], "Der Patient") {
				t.Errorf("%q", p.Text[s.Start:s.End])
			}
			last = s.End
		}
		if last != len(p.Text) {
			t.Error(last)
		}
	}
}
