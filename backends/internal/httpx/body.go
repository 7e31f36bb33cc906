package httpx

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"pitwall/fleet"
)

// A body that unpacks to more than maxRatio times its size is a bomb, unless its kind is known to repeat itself more.
// Small pages of repetitive metrics reach such ratios too, and cost nothing: the ratio counts from ratioFloor bytes on.
const (
	maxRatio   = 20
	ratioFloor = 1 << 20
)

// ErrTooLong is behind the error of an answer that is larger than its reader takes: asking for less may help.
var ErrTooLong = errors.New("body over the limit")

var (
	errBomb   = errors.New("compressed body unpacks to far more than its size")
	errCoding = errors.New("content encoding that was not asked for")
)

// readBody reads the whole body, at most limit bytes after decompression. hint is the likely size, and ratio the most
// that a compressed body may grow.
func readBody(resp *http.Response, limit, hint, ratio int64) ([]byte, error) {
	if resp.ContentLength > limit {
		return nil, ErrTooLong // refused before a byte is read
	}
	wire := &countingReader{r: resp.Body}
	var plain io.Reader = wire
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "", "identity":
		hint = max(hint, resp.ContentLength)
	case "gzip", "x-gzip":
		unzip, err := gzip.NewReader(wire)
		if errors.Is(err, io.EOF) && resp.ContentLength <= 0 {
			return []byte{}, nil // no body at all, as 204 and HEAD have it
		}
		if err != nil {
			return nil, err
		}
		plain = &ratioReader{r: unzip, wire: wire, most: ratio}
	default:
		return nil, errCoding
	}
	var buf bytes.Buffer
	buf.Grow(int(min(max(hint, 0), limit)) + bytes.MinRead)
	n, err := buf.ReadFrom(io.LimitReader(plain, limit+1))
	if err != nil {
		return nil, cutAfter{n, err}
	}
	if n > limit {
		return nil, ErrTooLong
	}
	return buf.Bytes(), nil
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// ratioReader stops a decompression bomb while it unpacks.
type ratioReader struct {
	r    io.Reader
	wire *countingReader
	most int64
	n    int64
}

func (r *ratioReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.n += int64(n)
	if r.n > ratioFloor && r.n > r.most*r.wire.n {
		return n, errBomb
	}
	return n, err
}

// cutAfter is a body that ended early, n bytes in.
type cutAfter struct {
	n   int64
	err error
}

func (c cutAfter) Error() string { return fmt.Sprintf("the answer broke off after %d bytes", c.n) }

func (c cutAfter) Unwrap() error { return c.err }

// firstByte notes when a body begins.
type firstByte struct {
	io.ReadCloser
	clock fleet.Clock
	at    time.Time
}

func (f *firstByte) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if n > 0 && f.at.IsZero() && f.clock != nil {
		f.at = f.clock.Now()
	}
	return n, err
}
