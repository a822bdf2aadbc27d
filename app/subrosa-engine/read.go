package main

import (
	"errors"
	"image"
	"io"
	"os"
	"runtime/debug"

	"subrosa/internal/document"
	"subrosa/internal/document/parse"
	"subrosa/internal/document/proto"
	"subrosa/internal/lockdown"
)

// What a reader may take, bytes: PDFium's memory twice while it grows, the file, and its text.
const (
	readerMemory = 2 << 30
	readerHeap   = 1 << 30 // from here on Go collects more often
)

// sealProbeArgument makes a reader seal itself as it does for work, try from inside what it must not be able to do, and
// print what came of it.
const sealProbeArgument = "__seal-probe"

// read reads one document for the parent. It takes the file from the socket, loads what the file's kind needs, gives up
// everything else, and only then looks at the file.
func read(lib string) error {
	if _, err := confineReader(lib); err != nil {
		return err
	}
	conn := os.NewFile(3, "parent")
	if conn == nil {
		return errors.New("it is started by Subrosa, with a socket")
	}
	ask, content, err := receive(conn)
	if err != nil {
		return err
	}
	var pdfium *parse.PDFium
	if parse.IsPDF(content) {
		if pdfium, err = parse.LoadPDFium(lib); err != nil {
			return fail(conn, document.Info{}, err)
		}
	}
	if err := sealReader(ask.Seconds); err != nil {
		return fail(conn, document.Info{}, err)
	}
	if of := ask.Picture; of != nil {
		return draw(conn, content, pdfium, *of)
	}
	limits := parse.Limits{Pages: ask.Pages, Text: ask.Text}
	info, err := parse.Read(ask.Name, content, pdfium, limits, func(p document.Page) error {
		return proto.Write(conn, proto.Page, proto.PageBody{Number: p.Number, Of: p.Of, Text: p.Text})
	})
	if err != nil {
		return fail(conn, info, err)
	}
	return proto.Write(conn, proto.Done, done(info))
}

// draw answers with a picture of a page.
func draw(conn io.Writer, content []byte, pdfium *parse.PDFium, of proto.PictureOf) error {
	err := parse.Draw(content, pdfium, of.Page, of.Width, of.Start, of.End, func(img *image.RGBA, boxes [][4]float64) error {
		size := img.Rect.Size()
		if err := proto.Write(conn, proto.Picture, proto.PictureBody{Width: size.X, Height: size.Y, Boxes: boxes}); err != nil {
			return err
		}
		for y := range size.Y {
			if err := proto.WriteRaw(conn, proto.Pixels, img.Pix[y*img.Stride:][:4*size.X]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fail(conn, document.Info{}, err)
	}
	return proto.Write(conn, proto.Done, proto.DoneBody{Kind: string(document.PDF)})
}

func confineReader(lib string) (lockdown.Confinement, error) {
	in, err := lockdown.Confine(lockdown.ReaderFiles(parse.CodeDir(lib)))
	if errors.Is(err, lockdown.ErrUnsupported) {
		err = nil
	}
	return in, err
}

func sealReader(seconds uint64) error {
	debug.SetMemoryLimit(readerHeap)
	err := errors.Join(lockdown.Limit(readerMemory, seconds), lockdown.Seal())
	if errors.Is(err, lockdown.ErrUnsupported) {
		return nil
	}
	return err
}

// receive takes the question and the file, which it does not look into.
func receive(conn io.Reader) (ask proto.AskBody, content []byte, err error) {
	kind, body, err := proto.Read(conn)
	if err == nil && kind != proto.Ask {
		err = errors.New("no question")
	}
	if err == nil {
		err = proto.Decode(body, &ask)
	}
	for err == nil {
		if kind, body, err = proto.Read(conn); err == nil && kind != proto.Content {
			err = errors.New("no content")
		}
		if len(body) == 0 {
			return ask, content, err
		}
		content = append(content, body...)
	}
	return ask, nil, err
}

// readCodes are the errors that have a code of their own.
var readCodes = []struct {
	err  error
	code proto.Code
}{
	{document.ErrKind, proto.UnknownKind},
	{document.ErrBroken, proto.Broken},
	{document.ErrEncrypted, proto.Encrypted},
	{document.ErrTooLarge, proto.TooLarge},
	{document.ErrNoText, proto.NoText},
}

func fail(conn io.Writer, info document.Info, err error) error {
	b := proto.FailedBody{DoneBody: done(info), Code: proto.Internal, Detail: err.Error()}
	for _, c := range readCodes {
		if errors.Is(err, c.err) {
			b.Code = c.code
			break
		}
	}
	return proto.Write(conn, proto.Failed, b)
}

func done(i document.Info) proto.DoneBody {
	return proto.DoneBody{Kind: string(i.Kind), Title: i.Title, Attachments: i.Attachments}
}

func sealProbe(lib string) error {
	in, err := confineReader(lib)
	if err := errors.Join(err, sealReader(60)); err != nil {
		return err
	}
	return printProbe(in, lockdown.SealProbe(os.Getppid()))
}
