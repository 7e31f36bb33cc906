package servers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// through asks for a page at an address of the cluster, as the API server does; the answer to CONNECT is the status.
func through(t *testing.T, dir, address string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(dir, "egress.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", address)
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, &http.Request{Method: http.MethodConnect})
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		return res.StatusCode, ""
	}
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n")
	page, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestEgressFindsPodsByAddressAndByPort(t *testing.T) {
	dir, err := os.MkdirTemp("", "egress-") // a test's own folder may be too long for the path of a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	e, err := newEgress(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	serve := func(says string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, says) }))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	e.route("*:8000", serve("any pod"))
	e.route("10.128.0.7:8000", serve("that pod"))
	e.route("10.128.0.9:9000", "127.0.0.1:1")
	for address, want := range map[string]string{"10.128.0.7:8000": "that pod", "10.128.0.8:8000": "any pod"} {
		if status, body := through(t, dir, address); status != http.StatusOK || body != want {
			t.Errorf("%s answers %d %q, want %q", address, status, body, want)
		}
	}
	for _, address := range []string{"10.128.0.7:9000", "10.128.0.9:9000"} { // no route, and a route to nobody
		if status, _ := through(t, dir, address); status != http.StatusBadGateway {
			t.Errorf("%s: status %d", address, status)
		}
	}
}
