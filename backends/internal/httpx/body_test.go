package httpx

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func zip(t *testing.T, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// answering serves body with an encoding.
func answering(t *testing.T, encoding string, body []byte) *httptest.Server {
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if encoding != "" {
			w.Header().Set("Content-Encoding", encoding)
		}
		_, _ = w.Write(body)
	})
}

func get(t *testing.T, s *httptest.Server, change func(*Options)) (*Reply, error) {
	t.Helper()
	return client(t, s.URL, change).Get(t.Context(), "/p", "")
}

func TestCompressedBodies(t *testing.T) {
	// A page compresses well: 300 kB at a ratio over 20 are no bomb, since small.
	page := bytes.Repeat([]byte("vllm:num_requests_running{engine=\"0\"} 1.0\n"), 7000)
	r, err := get(t, answering(t, "gzip", zip(t, page)), nil)
	if err != nil || !bytes.Equal(r.Body, page) {
		t.Errorf("%v", err)
	}
	_, err = get(t, answering(t, "gzip", zip(t, make([]byte, 10<<20))), nil)
	expect(t, err, fleet.KindInvalid, "far more than its size")
	whole := zip(t, page)
	_, err = get(t, answering(t, "gzip", whole[:len(whole)/2]), nil)
	expect(t, err, fleet.KindInvalid, "broke off")
	whole[len(whole)-5]++ // length or checksum
	_, err = get(t, answering(t, "gzip", whole), nil)
	expect(t, err, fleet.KindInvalid)
	_, err = get(t, answering(t, "gzip", []byte("plain after all")), nil)
	expect(t, err, fleet.KindInvalid, "unpacked")
	_, err = get(t, answering(t, "br", page), nil)
	expect(t, err, fleet.KindInvalid, "not asked for")
	if r, err = get(t, answering(t, "gzip", nil), nil); err != nil || len(r.Body) != 0 {
		t.Errorf("no body at all: %v", err)
	}
}

func TestBodyLimit(t *testing.T) {
	random := make([]byte, 1<<20+1)
	rng := rand.NewChaCha8([32]byte{1})
	_, _ = rng.Read(random)
	limit := func(o *Options) { o.MaxBody = 1 << 20 }
	_, err := get(t, answering(t, "", random), limit)
	expect(t, err, fleet.KindInvalid, "body over 1 MiB")
	_, err = get(t, answering(t, "gzip", zip(t, random)), limit)
	expect(t, err, fleet.KindInvalid, "body over 1 MiB")
	if r, err := get(t, answering(t, "", random[1:]), limit); err != nil || len(r.Body) != 1<<20 {
		t.Errorf("a body of just the limit: %v", err)
	}
	// A refusal stays a refusal, whatever its body.
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(503)
		_, _ = w.Write(bytes.Repeat(random, 3))
	})
	r, err := get(t, s, nil)
	expect(t, err, fleet.KindServer)
	if r == nil || r.Body != nil {
		t.Error("the body of a refusal is cut, so it must not be there")
	}
}

func TestCutBody(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "tokens_total 12")
	})
	_, err := get(t, s, nil)
	expect(t, err, fleet.KindInvalid, "broke off after 15 bytes")
}

func TestHeaderLimit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Big", strings.Repeat("x", 70<<10)) })
	_, err := get(t, s, nil)
	expect(t, err, fleet.KindInvalid, "header over 64 KiB")
}

func TestDeadlines(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			_, _ = w.Write([]byte("half"))
			_ = http.NewResponseController(w).Flush()
		}
		<-release
	})
	defer close(release)
	c := client(t, s.URL, nil)
	for path, words := range map[string]string{"/header": "no answer", "/body": "no complete answer"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := c.Get(ctx, path, "")
		cancel()
		expect(t, err, fleet.KindTimeout, words)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.Get(ctx, "/header", "")
	expect(t, err, fleet.KindInterrupted)
}

func TestDepth(t *testing.T) {
	for text, want := range map[string]int{
		`{}`: 1, `[[]]`: 2, `"[[["`: 0, `{"a":"\"[["}`: 1, `[{"a":[1]},[2]]`: 3, `"\\"[`: 1, `]]][`: 0,
	} {
		if got := depth([]byte(text)); got != want {
			t.Errorf("%s: depth %d, want %d", text, got, want)
		}
	}
}
