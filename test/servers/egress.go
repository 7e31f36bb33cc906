package servers

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// egress carries what the API server sends to pods and nodes. Nothing listens on the addresses that played pods have,
// so the API server is told to connect through this proxy, which knows where each address really is.
type egress struct {
	server *http.Server

	mu     sync.Mutex
	routes map[string]string // "IP:PORT" or "*:PORT" to an address of this machine
}

// newEgress listens on a socket in dir and writes the file that tells the API server about it.
func newEgress(ctx context.Context, dir string) (*egress, error) {
	e := &egress{routes: map[string]string{}}
	socket := filepath.Join(dir, "egress.sock")
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	e.server = &http.Server{Handler: http.HandlerFunc(e.connect), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = e.server.Serve(l) }()
	return e, os.WriteFile(filepath.Join(dir, "egress.yaml"), fmt.Appendf(nil, `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport: {uds: {udsName: %q}}
`, socket), 0o600)
}

func (e *egress) close() {
	if e != nil {
		_ = e.server.Close()
	}
}

// route sends connections to an address of the cluster to one of this machine.
func (e *egress) route(from, to string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.routes[from] = to
}

// find prefers the exact address to its port.
func (e *egress) find(address string) (string, bool) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, from := range []string{address, "*:" + port} {
		if to, ok := e.routes[from]; ok {
			return to, true
		}
	}
	return "", false
}

// connect answers CONNECT as a proxy does, and carries bytes until one end is done.
func (e *egress) connect(w http.ResponseWriter, r *http.Request) {
	to, ok := e.find(r.RequestURI)
	if r.Method != http.MethodConnect || !ok {
		http.Error(w, "nothing listens on "+r.RequestURI, http.StatusBadGateway)
		return
	}
	far, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(r.Context(), "tcp", to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = far.Close() }()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = near.Close() }()
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connection Established\r\n\r\n"); err != nil {
		return
	}
	both := make(chan struct{}, 2)
	carry := func(dst net.Conn, src io.Reader) {
		_, _ = io.Copy(dst, src) // an error is an end too, and nobody is left to be told
		if half, ok := dst.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		both <- struct{}{}
	}
	go carry(far, buffered)
	go carry(near, far)
	<-both
	<-both
}
