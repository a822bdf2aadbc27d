package document

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"

	"subrosa/internal/document/proto"
)

// MaxPixels is how many a picture of a page may have.
const MaxPixels = 8 << 20

// Picture is a page as it looks.
type Picture struct {
	PNG           []byte
	Width, Height int // pixels
	Boxes         []Box
}

// Box is where a piece of text stands, in parts of the page's width and height from its top left corner: 0 to 1.
type Box struct{ Left, Top, Right, Bottom float64 }

// Picture draws the page of that number, from 1, of a PDF, width pixels wide, and tells where the text of passage p, which
// may be empty, stands on it. The picture comes from the child as bare pixels and is packed here, so that nothing that the
// child made is ever decoded. Errors: those of this package; ErrKind for what is no PDF, ErrTooLarge for more than
// MaxPixels, ErrBroken for a page that is not there.
func (r Reader) Picture(ctx context.Context, content io.Reader, p Passage, width int, limits Limits) (picture Picture, err error) {
	limits = limits.orDefault()
	ask := proto.AskBody{Picture: &proto.PictureOf{Page: p.Page, Width: width, Start: p.Start, End: p.End}}
	err = r.run(ctx, ask, content, limits, func(a *answer) (err error) {
		picture, err = a.picture()
		return err
	})
	if err != nil {
		return Picture{}, fmt.Errorf("picture of page %d: %w", p.Page, err)
	}
	return picture, nil
}

func (a *answer) picture() (Picture, error) {
	kind, body, err := a.next()
	if err == nil && kind == proto.Failed {
		_, err = failure(body)
	}
	if err != nil {
		return Picture{}, err
	}
	var b proto.PictureBody
	if kind != proto.Picture || proto.Decode(body, &b) != nil || b.Width < 1 || b.Height < 1 || b.Width > MaxPixels/b.Height {
		return Picture{}, errGone
	}
	img := image.NewNRGBA(image.Rect(0, 0, b.Width, b.Height))
	for at := 0; at < len(img.Pix); at += len(body) {
		if kind, body, err = a.next(); err != nil {
			return Picture{}, err
		}
		if kind != proto.Pixels || len(body) == 0 || len(body) > len(img.Pix)-at {
			return Picture{}, errGone
		}
		copy(img.Pix[at:], body)
	}
	if kind, _, err = a.next(); err != nil || kind != proto.Done {
		return Picture{}, errGone
	}
	picture := Picture{Width: b.Width, Height: b.Height}
	for _, box := range b.Boxes[:min(len(b.Boxes), maxNames)] {
		within := Box{part(box[0]), part(box[1]), part(box[2]), part(box[3])}
		if within.Left < within.Right && within.Top < within.Bottom {
			picture.Boxes = append(picture.Boxes, within)
		}
	}
	var packed bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&packed, img); err != nil {
		return Picture{}, err
	}
	picture.PNG = packed.Bytes()
	return picture, nil
}

// part is a number from 0 to 1; what is none is 0.
func part(f float64) float64 {
	if !(f > 0) {
		return 0
	}
	return min(f, 1)
}
