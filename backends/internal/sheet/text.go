package sheet

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// maxPlain is what a compressed file may hold: more than that is no bill.
const maxPlain = 64 << 30

var errVast = fmt.Errorf("it holds more than %d GB", maxPlain>>30)

// Plain gives the text of a file as UTF-8 without a byte order mark, whether it was compressed with gzip or written as UTF-16.
func Plain(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, bufferBytes)
	if head, _ := b.Peek(2); len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, ErrCut
		}
		b = bufio.NewReaderSize(&unpacked{z: z}, bufferBytes)
	}
	head, err := b.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	mark, form := encoding(head)
	if _, err := b.Discard(mark); err != nil {
		return nil, err
	}
	if form == narrow {
		return b, nil
	}
	return &wide{r: b, big: form == bigEnd}, nil
}

const (
	narrow = iota // UTF-8
	littleEnd
	bigEnd
)

// encoding tells from the first bytes of a text how it is written, and how long its mark is. UTF-16 without a mark shows by the
// zeros of its first letters.
func encoding(head []byte) (mark, form int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return 3, narrow
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return 2, littleEnd
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return 2, bigEnd
	case len(head) < 4:
		return 0, narrow
	case head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return 0, littleEnd
	case head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return 0, bigEnd
	default:
		return 0, narrow
	}
}

// unpacked bounds what is unpacked, and calls each fault of the packing by one name.
type unpacked struct {
	z *gzip.Reader
	n int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	u.n += int64(n)
	switch {
	case u.n > maxPlain:
		return n, errVast
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return n, ErrCut
	default:
		return n, err
	}
}

// wide reads UTF-16.
type wide struct {
	r    *bufio.Reader
	big  bool
	left []byte // of a rune that did not fit
	high rune   // the first half of a pair
}

func (w *wide) Read(p []byte) (int, error) {
	n := copy(p, w.left)
	w.left = w.left[n:]
	for n+utf8.UTFMax <= len(p) {
		unit, err := w.unit()
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		r := unit
		switch {
		case w.high != 0:
			r, w.high = utf16.DecodeRune(w.high, unit), 0
		case utf16.IsSurrogate(unit):
			w.high = unit
			continue
		}
		n += utf8.EncodeRune(p[n:], r)
	}
	if n == 0 && len(p) > 0 { // too small for any rune
		one := make([]byte, utf8.UTFMax)
		m, err := w.Read(one)
		w.left = one[copy(p, one[:m]):m]
		return min(m, len(p)), err
	}
	return n, nil
}

func (w *wide) unit() (rune, error) {
	a, err := w.r.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := w.r.ReadByte()
	if err != nil {
		return 0, ErrCut // half of a character
	}
	if w.big {
		return rune(a)<<8 | rune(b), nil
	}
	return rune(b)<<8 | rune(a), nil
}
