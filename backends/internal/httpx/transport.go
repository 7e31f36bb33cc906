package httpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"time"

	"pitwall/fleet"
)

// newTransport keeps a few connections alive. A proxy of the environment is honoured, never for loopback.
func newTransport(config *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, ControlContext: checkAddress}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,    // readBody decompresses under its own limits
		WriteBufferSize:        1 << 10, // requests are small, and sources may be many
		MaxIdleConnsPerHost:    2,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// checkAddress runs on each address after the name was resolved and before it is connected to,
// so that a name cannot answer differently in between.
func checkAddress(_ context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if isForbidden(to.Addr()) {
		return forbiddenAddress{to.Addr()}
	}
	return nil
}

func tlsConfig(spec fleet.TLSSpec) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: spec.ServerName,
		InsecureSkipVerify: spec.Insecure, //nolint:gosec // asked for per endpoint; shown as a warning, forbids writes
	}
	if spec.CAFile != "" {
		pem, err := os.ReadFile(spec.CAFile)
		if err != nil {
			return nil, reason{"ca_file cannot be read", err}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, reason{text: "ca_file holds no certificate in PEM form"}
		}
	}
	if spec.CertFile == "" && spec.KeyFile == "" {
		return config, nil
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(spec.CertFile, spec.KeyFile)
		if err != nil {
			return nil, reason{"cert_file and key_file cannot be read as a pair", err}
		}
		return &pair, nil
	}
	if _, err := load(); err != nil {
		return nil, err
	}
	// Read again at each handshake: client certificates are short-lived and rotated in place.
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return load() }
	return config, nil
}
