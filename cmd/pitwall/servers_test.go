package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// Names that an outside system may send: an escape sequence that clears the screen, a carriage return, text that runs
// the other way, a zero-width space.
const hostile = "evil\x1b[2J\rOK\u202egnp\u200b"

// serve starts the servers that scripts name: DENIES takes no credential, HOSTILE answers with names that attack a
// terminal, CLOUD is a BentoCloud, TLS has a certificate that nobody knows but the file CA.
func serve(e *testscript.Env) error {
	listen := func(name string, h http.HandlerFunc, start func(*httptest.Server)) *httptest.Server {
		s := httptest.NewUnstartedServer(h)
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		start(s)
		e.Defer(s.Close)
		e.Setenv(name, s.URL)
		return s
	}
	listen("DENIES", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{"message":"expired token sk-canary-0123456789 `+"\x1b[31m"+`","code":"token_expired"}}`)
	}, (*httptest.Server).Start)
	listen("HOSTILE", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			_, _ = io.WriteString(w, hostilePage)
			return
		}
		_, _ = io.WriteString(w, `{"object":"list","version":"`+"\\u001b[2J\\r\\u202e"+`","data":[{"id":"`+"\\u001b[2J\\r"+`","object":"model"}]}`)
	}, (*httptest.Server).Start)
	listen("CLOUD", newBentoCloud().ServeHTTP, (*httptest.Server).Start)
	tls := listen("TLS", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"object":"list","data":[]}`)
	}, (*httptest.Server).StartTLS)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw})
	return os.WriteFile(filepath.Join(e.WorkDir, "ca.pem"), ca, 0o600)
}

const hostilePage = "# TYPE vllm:num_requests_running gauge\n" +
	"vllm:num_requests_running{engine=\"0\",model_name=\"" + hostile + "\"} 1\n" +
	"# TYPE vllm:num_requests_waiting gauge\n" +
	"vllm:num_requests_waiting{engine=\"0\",model_name=\"" + hostile + "\"} 0\n"
