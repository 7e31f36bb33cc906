package contract

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"pitwall/fleet"
)

// oversized: a stream of 200 MB is refused long before it was received.
func (c Case) oversized(t *testing.T) {
	const size, enough = 200 << 20, 64 << 20
	var sent atomic.Int64
	s := c.serve(t, func(w http.ResponseWriter, _ *http.Request) {
		line := []byte(strings.Repeat("#", 1023) + "\n")
		for sent.Load() < size {
			n, err := w.Write(line)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	_, err := read(c.reader(t, s), patience)
	c.checkError(t, err, fleet.KindInvalid)
	if n := sent.Load(); n > enough {
		t.Errorf("%d MB were received before the body was refused", n>>20)
	}
}

// redirect: nothing follows a redirect to another host, least of all the credential.
func (c Case) redirect(t *testing.T) {
	var asked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer other.Close()
	s := c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound) //nolint:gosec // the redirect to elsewhere is the fault under test
	})
	_, err := read(c.reader(t, s), patience)
	c.checkError(t, err, fleet.KindInvalid)
	if asked.Load() {
		t.Error("the redirect to another host was followed")
	}
}

// cut: the main page ends in the middle of its last number, in each way in which a connection can hide or show it.
func (c Case) cut(t *testing.T) {
	good := c.Pages[c.Main].Body
	end := strings.LastIndexAny(good, "0123456789")
	if end < 1 {
		t.Fatal("the main page has no number to cut")
	}
	for _, way := range []string{"shorter than announced", "without an announced length", "chunked"} {
		t.Run(way, func(t *testing.T) {
			s := c.serve(t, cutter(t, c.Pages[c.Main].Type, good, end, way))
			_, err := read(c.reader(t, s), patience)
			c.checkError(t, err, fleet.KindInvalid)
		})
	}
}

// cutter writes the answer itself and closes the connection.
func cutter(t *testing.T, kind, good string, end int, way string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		writeCut(rw, kind, good, end, way)
		_ = rw.Flush() // the client may have gone
	}
}

func writeCut(w *bufio.ReadWriter, kind, good string, end int, way string) {
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n"
	switch way {
	case "shorter than announced":
		_, _ = fmt.Fprintf(w, "%sContent-Length: %d\r\n\r\n%s", head, len(good), good[:end])
	case "chunked":
		_, _ = fmt.Fprintf(w, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", head, len(good), good[:end])
	default:
		_, _ = fmt.Fprintf(w, "%sConnection: close\r\n\r\n%s", head, good[:end])
	}
}

func (c Case) wrongType(t *testing.T) {
	s := c.servePages(t, c.with(c.WrongType), nil)
	p, err := read(c.reader(t, s), patience)
	if err != nil {
		c.checkError(t, err, fleet.KindInvalid)
		return
	}
	if len(p.Notices) == 0 {
		t.Error("a value of the wrong type was passed over without a notice")
	}
	c.JudgeWrong(t, p)
}

// hostileTexts are names as an attacker would choose them.
func hostileTexts() []string {
	return []string{
		"\x1b[2J\x1b]52;c;ZXZpbA==\x07", "a\rb\nc\x00\x7f\u009b31m", "\u202eevil\u2066x\u200b\ufeff",
		strings.Repeat("M", 10_000), strings.Repeat("e\u0301\u0301\u0301", 3000), "\xff\xfe\xc0",
		`","model":"x`, "\" 1\nvllm:num_requests_running 99\n#", `\`,
	}
}

// hostile: names of any content are read or refused, and reach no screen as they are.
func (c Case) hostile(t *testing.T) {
	for i, text := range hostileTexts() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			s := c.servePages(t, c.Hostile(text), nil)
			p, err := read(c.reader(t, s), patience)
			if err != nil {
				c.checkError(t, err, fleet.KindInvalid)
				return
			}
			checkSafe(t, p)
		})
	}
}

// series: a page of 200,000 series is read or refused, in one piece; one more is refused.
func (c Case) series(t *testing.T) {
	s := c.servePages(t, c.with(c.Series(200_000)), nil)
	p, err := read(c.reader(t, s), patience)
	if err != nil {
		c.checkError(t, err, fleet.KindInvalid)
		return
	}
	checkSafe(t, p)
}
