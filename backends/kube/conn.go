package kube

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"pitwall/fleet"
)

// conn is one way to an API server, with one HTTP client for all groups.
type conn struct {
	set       settings
	config    *rest.Config
	client    *http.Client
	base      *url.URL
	namespace string // of the context
	close     func() // idle connections

	mu     sync.Mutex
	groups map[schema.GroupVersion]*rest.RESTClient
}

// open reads kubeconfig and key files; it connects to nothing.
func (s settings) open(ctx context.Context) (*conn, error) {
	config, namespace, err := s.restConfig(ctx)
	if err != nil {
		return nil, err
	}
	identify(config)
	var p *plugin
	if config.ExecProvider != nil {
		if p, err = newPlugin(config, s.deps, s.log); err != nil {
			return nil, s.badConfig(err)
		}
	}
	rt, closeIdle, err := newTransport(config, p, s.deps.Clock)
	if err != nil {
		return nil, s.badConfig(err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, s.badConfig(err)
	}
	config.ExecProvider = nil
	config.WarningHandlerWithContext = &warnings{log: s.log}
	client := &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &conn{set: s, config: config, client: client, base: base, namespace: namespace, close: closeIdle,
		groups: map[schema.GroupVersion]*rest.RESTClient{}}, nil
}

// group returns the client of one API group and version.
func (c *conn) group(gv schema.GroupVersion) (*rest.RESTClient, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.groups[gv]; r != nil {
		return r, nil
	}
	config := *c.config
	config.GroupVersion = &gv
	config.APIPath = "/apis"
	if gv.Group == "" {
		config.APIPath = "/api"
	}
	config.NegotiatedSerializer = codecs().WithoutConversion()
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	if gv == lwsVersion {
		config.AcceptContentTypes, config.ContentType = "application/json", "application/json" // custom resources have no other form
	}
	r, err := rest.RESTClientForConfigAndClient(&config, c.client)
	if err != nil {
		return nil, err
	}
	c.groups[gv] = r
	return r, nil
}

// pulse is one answer of the server that costs it nothing.
type pulse struct {
	version    fleet.Safe
	serverTime fleet.Maybe[time.Time]
}

// pulse asks for the version. Who may not even see that, or asks too often, has still heard the server.
func (c *conn) pulse(ctx context.Context) (pulse, error) {
	const op = "ask the API server for its version"
	resp, err := c.get(ctx, "/version", "application/json")
	if err != nil {
		return pulse{}, c.failure(ctx, op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return pulse{}, c.failure(ctx, op, err)
	}
	var p pulse
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		p.serverTime = fleet.Some(at)
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusTooManyRequests:
		return p, nil
	case http.StatusForbidden, http.StatusNotFound:
		if _, ok := parseStatus(body); ok {
			return p, nil
		}
		return pulse{}, c.fail(fleet.KindInvalid, op, "something answers "+strconv.Itoa(resp.StatusCode)+
			", but not as a Kubernetes API server does", "check the address, and the proxy on the way to it", nil)
	default:
		return pulse{}, c.refusal(op, resp, body)
	}
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if err := json.Unmarshal(body, &version); err != nil || version.GitVersion == "" {
		return pulse{}, c.fail(fleet.KindInvalid, op, "the answer is not that of a Kubernetes API server", "check the address", err)
	}
	p.version = fleet.Label(version.GitVersion)
	return p, nil
}

// get sends one GET below the server's address. rawPath is escaped and may hold a query.
func (c *conn) get(ctx context.Context, rawPath, accept string) (*http.Response, error) {
	return c.send(ctx, http.MethodGet, rawPath, http.Header{"Accept": {accept}}, nil)
}

// server is the address for people.
func (c *conn) server() fleet.Safe { return fleet.Label(c.base.Scheme + "://" + c.base.Host) }

// send sends one request below the server's address. Whoever gets an answer closes its body.
func (c *conn) send(ctx context.Context, method, rawPath string, header http.Header, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.base.String(), "/")+rawPath, body)
	if err != nil {
		return nil, err
	}
	req.Header = header
	return c.client.Do(req)
}
