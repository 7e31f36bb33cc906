package httpx

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"pitwall/fleet"
)

func TestBadAddresses(t *testing.T) {
	for base, words := range map[string]string{
		"ftp://h/":                        "only http and https",
		"h:8000":                          "only http and https",
		"file:///etc/passwd":              "only http and https",
		"http:///metrics":                 "names no host",
		"http://user:pw-token=1@h/":       "credentials belong under auth",
		"http://h/#x":                     "fragment",
		"http://h:port/":                  "not a URL",
		"http://169.254.169.254/latest":   "169.254.169.254",
		"http://[fe80::1]/":               "fe80::1",
		"http://[fe80::1%25eth0]/":        "fe80::1",
		"http://[fd00:ec2::254]/":         "fd00:ec2::254",
		"http://[::ffff:169.254.169.254]": "metadata",
	} {
		_, err := New(Options{Source: "src", Base: base})
		expect(t, err, fleet.KindInvalid, words, "correct the url")
	}
}

// The address that is dialled is the one that was checked, so that a name which resolves to a metadata
// service, now or a moment later, leads nowhere.
func TestResolvedAddressesAreChecked(t *testing.T) {
	for address, forbidden := range map[string]bool{
		"169.254.169.254:80": true, "169.254.0.1:443": true, "[fe80::1%eth0]:80": true, "[fd00:ec2::254]:80": true,
		"[::ffff:169.254.1.1]:80": true, "127.0.0.1:80": false, "10.0.0.1:80": false, "[::1]:80": false,
		"[fd00::1]:80": false,
	} {
		err := checkAddress(context.Background(), "tcp", address, nil)
		if (err != nil) != forbidden {
			t.Errorf("%s: %v", address, err)
		}
	}
	c := client(t, "http://h", nil)
	wrapped := &net.OpError{Op: "dial", Err: forbiddenAddress{netip.MustParseAddr("169.254.169.254")}}
	expect(t, c.sendFailure(t.Context(), "read /p", wrapped), fleet.KindInvalid, "never asked")
}

func TestNoProxyForLoopback(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.1:3128")
	req := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8000/metrics", nil)
	if u, err := newTransport(nil).Proxy(req); u != nil || err != nil {
		t.Errorf("loopback goes through %v (%v)", u, err)
	}
}

func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = client(t, base, nil).Get(t.Context(), "/p?token=abc", "")
	expect(t, err, fleet.KindUnreachable, "nothing listens on 127.0.0.1")
}

func TestNotHTTP(t *testing.T) {
	for greeting, want := range map[string]fleet.Kind{
		"SSH-2.0-OpenSSH_9.9\r\n": fleet.KindInvalid, "": fleet.KindUnreachable,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = io.WriteString(conn, greeting)
				_ = conn.Close()
			}
		}()
		_, err = client(t, "http://"+l.Addr().String(), nil).Get(t.Context(), "/p", "")
		expect(t, err, want)
		_ = l.Close()
	}
}

func tlsServer(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("ok"))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // failed handshakes are the point
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func writePEM(t *testing.T, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTLS(t *testing.T) {
	s := tlsServer(t)
	ca := writePEM(t, "CERTIFICATE", s.Certificate().Raw)
	with := func(spec fleet.TLSSpec) error {
		_, err := client(t, s.URL, func(o *Options) { o.TLS = spec }).Get(t.Context(), "/p", "")
		return err
	}
	if err := with(fleet.TLSSpec{CAFile: ca}); err != nil {
		t.Errorf("the right CA: %v", err)
	}
	if err := with(fleet.TLSSpec{Insecure: true}); err != nil {
		t.Errorf("insecure: %v", err)
	}
	expect(t, with(fleet.TLSSpec{}), fleet.KindUnreachable, "wrong CA", "set tls.ca_file")
	expect(t, with(fleet.TLSSpec{CAFile: writePEM(t, "CERTIFICATE", selfSigned(t))}), fleet.KindUnreachable,
		"wrong CA", "another authority")
	expect(t, with(fleet.TLSSpec{CAFile: ca, ServerName: "elsewhere.test"}), fleet.KindUnreachable, "another name")
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := client(t, "https"+plain.URL[len("http"):], nil).Get(t.Context(), "/p", "")
	expect(t, err, fleet.KindUnreachable, "plain HTTP")
	_, err = client(t, "http"+s.URL[len("https"):], nil).Get(t.Context(), "/p", "")
	expect(t, err, fleet.KindInvalid, "400")
}

func TestTLSVersionAndClientCertificate(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	s.StartTLS()
	defer s.Close()
	_, err := client(t, s.URL, func(o *Options) { o.TLS.Insecure = true }).Get(t.Context(), "/p", "")
	expect(t, err, fleet.KindUnreachable)

	demanding := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	demanding.Config.ErrorLog = log.New(io.Discard, "", 0)
	demanding.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	demanding.StartTLS()
	defer demanding.Close()
	_, err = client(t, demanding.URL, func(o *Options) { o.TLS.Insecure = true }).Get(t.Context(), "/p", "")
	expect(t, err, fleet.KindUnreachable, "tls.cert_file")
}

func TestTLSFilesAreReadAtOnce(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for words, spec := range map[string]fleet.TLSSpec{
		"ca_file cannot be read":   {CAFile: "/does/not/exist"},
		"no certificate":           {CAFile: empty},
		"cannot be read as a pair": {CertFile: empty, KeyFile: empty},
	} {
		_, err := New(Options{Source: "src", Base: "https://h", TLS: spec})
		expect(t, err, fleet.KindInvalid, words, "correct the tls section")
	}
}
