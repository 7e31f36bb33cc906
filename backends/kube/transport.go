package kube

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"pitwall/fleet"
)

// Limits of connections and answers.
const (
	pingAfter   = 10 * time.Second // silence on an HTTP/2 connection after which it is asked whether it lives
	pingWithin  = 5 * time.Second
	maxListBody = 8 << 20 // bytes of one answer that is read whole, unpacked: a page of objects is a tenth of it as a rule
)

// newTransport builds the connection of a config with TLS, bearer token, impersonation and proxy as client-go does, on
// a transport whose HTTP/2 pings notice a dead link after 15 s: those of client-go are set by the environment, for the
// whole process.
func newTransport(config *rest.Config, p *plugin, clock fleet.Clock) (http.RoundTripper, func(), error) {
	bare := *config
	bare.ExecProvider = nil // run by plugin
	tc, err := bare.TransportConfig()
	if err != nil {
		return nil, nil, err
	}
	if p != nil && !tc.HasTokenAuth() && !tc.HasBasicAuth() && !tc.HasCertAuth() {
		tc.TLS.GetCertHolder = &transport.GetCertHolder{GetCert: p.certificate}
		tc.Wrap(func(rt http.RoundTripper) http.RoundTripper { return pluginTripper{p, rt} })
	}
	tls, err := transport.TLSConfigFor(tc)
	if err != nil {
		return nil, nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: pingAfter, Interval: pingWithin, Count: 3}}
	base := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tls,
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		DisableCompression:     config.DisableCompression,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingWithin},
	}
	if tc.Proxy != nil {
		base.Proxy = tc.Proxy
	}
	if p != nil {
		p.renewed = base.CloseIdleConnections
	}
	rt, err := transport.HTTPWrappersForConfig(tc, base)
	if err != nil {
		return nil, nil, err
	}
	return limitTripper{rt, clock}, base.CloseIdleConnections, nil
}

// pluginTripper adds the token of a credential plugin.
type pluginTripper struct {
	p  *plugin
	rt http.RoundTripper
}

func (t pluginTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	cred, err := t.p.get(req.Context())
	if err != nil {
		return nil, err
	}
	if cred.token != "" {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+cred.token)
	}
	resp, err := t.rt.RoundTrip(req)
	if err == nil && resp.StatusCode == http.StatusUnauthorized && !isProxied(req) {
		t.p.refused(req.Context(), cred)
	}
	return resp, err
}

// isProxied tells whether the answer may be a pod's own.
func isProxied(req *http.Request) bool { return strings.Contains(req.URL.Path, "/proxy/") }

// limitTripper bounds answers that client-go reads whole. Watches, logs and proxied answers are streams that whoever
// reads them bounds.
type limitTripper struct {
	rt    http.RoundTripper
	clock fleet.Clock
}

func (t limitTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.rt.RoundTrip(req)
	if err != nil || isProxied(req) {
		return resp, err
	}
	if wait := retryAfter(resp.Header.Get("Retry-After"), t.clock.Now()); wait > 0 {
		resp.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds())))) // client-go reads no dates
	}
	if req.URL.Query().Get("watch") == "" && !strings.HasSuffix(req.URL.Path, "/log") {
		resp.Body = &limitedBody{resp.Body, maxListBody}
	}
	return resp, nil
}

var (
	errTooLong = errors.New("the answer is over 8 MiB")
	errCut     = errors.New("the answer broke off")
)

type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLong
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCut
	}
	return n, err
}
