// Package httpx is the HTTP client of all adapters: bounded, deadline-keeping, careful with credentials,
// and with one mapping of everything that can go wrong to *fleet.Error.
// It must not retry, cache, keep rates or know any system's wire format.
package httpx

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"pitwall/fleet"
)

// Limits of one exchange (change-safety.md part D, Network).
const (
	DefaultMaxBody = 16 << 20         // bytes of one decoded answer
	maxHeader      = 64 << 10         // bytes of the answer's header
	maxErrorBody   = 1 << 20          // bytes of a refusal's body, which only explains
	defaultWait    = 30 * time.Second // where the caller's context has no deadline
)

// Options describe one endpoint. Base may be a bare address or carry a path ("http://h:9400/metrics",
// "https://api.example/v1"); paths of calls are appended to it.
type Options struct {
	Source fleet.SourceID
	Base   string
	TLS    fleet.TLSSpec
	Auth   fleet.SecretRef // resolved at each call, so that a rotated file or command works
	Header string          // header that carries the credential as it is; "" means Authorization with "Bearer "
	// Sign puts the credential into a request in another way than a header that carries it, as the last thing that is done
	// to the request. body is what will be sent. Its errors are of package fleet and hold nothing of the credential.
	Sign    func(req *http.Request, body []byte, credential fleet.Secret) error
	Extra   http.Header // sent with each call; must not hold credentials
	Type    string      // content type of what Do sends; "" means application/json
	Deps    fleet.Deps
	MaxBody int64 // bytes; zero means DefaultMaxBody
	// MaxRatio is how many times its size a compressed answer may unpack to; zero means 20.
	MaxRatio int64
	Via      string // way that carries the requests; "" means that of Deps
}

// Client talks to one endpoint. It is safe for concurrent use.
type Client struct {
	opt     Options
	base    *url.URL
	client  *http.Client
	longest atomic.Pointer[bodySize] // of the path with the longest bodies
}

// Reply is a complete answer. Header names are canonical.
type Reply struct {
	Status     int
	Header     http.Header
	Body       []byte                 // decoded; nil where a refusal's body could not be read
	ServerTime fleet.Maybe[time.Time] // Date header: whole seconds by the server's clock
	Took       time.Duration          // real time from the first byte sent to the last one read
	FirstAt    time.Time              // when the first byte of the body came, by the clock of Deps; zero without either

	source fleet.SourceID
	op     string
}

// New checks the address and reads the TLS files; it connects to nothing. Its errors are KindInvalid.
func New(opt Options) (*Client, error) {
	base, err := checkBase(opt.Base)
	if err != nil {
		return nil, invalid(opt.Source, "use the address", err.Error(), "correct the url in the configuration", err)
	}
	if opt.MaxBody <= 0 {
		opt.MaxBody = DefaultMaxBody
	}
	if opt.MaxRatio <= 0 {
		opt.MaxRatio = maxRatio
	}
	config, err := tlsConfig(opt.TLS)
	if err != nil {
		return nil, invalid(opt.Source, "set up TLS", err.Error(), "correct the tls section in the configuration", err)
	}
	c := &Client{opt: opt, base: base}
	transport, err := c.way(config)
	if err != nil {
		return nil, err
	}
	c.client = &http.Client{Transport: transport, CheckRedirect: c.redirect}
	return c, nil
}

// way is how requests reach the endpoint: by a connection, or by what carries them.
func (c *Client) way(config *tls.Config) (http.RoundTripper, error) {
	via := cmp.Or(c.opt.Via, c.opt.Deps.Via)
	if via == "" {
		return newTransport(config), nil
	}
	if c.opt.Deps.Carrier == nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the way " + via, Source: c.opt.Source,
			Err: reason{text: "nothing here carries requests"}}
	}
	by, err := c.opt.Deps.Carrier(via)
	if err != nil {
		return nil, err
	}
	return carried{by}, nil
}

// Close drops idle connections; calls in flight finish.
func (c *Client) Close() { c.client.CloseIdleConnections() }

// Get reads path with the given Accept header; "" accepts anything.
func (c *Client) Get(ctx context.Context, path, accept string) (*Reply, error) {
	return c.exchange(ctx, http.MethodGet, path, accept, nil, nil)
}

// Validator is what a server gave with an answer to ask later whether it still holds; the zero value asks for the answer.
type Validator struct{ ETag, Modified string }

// ValidatorOf is that of an answer.
func ValidatorOf(r *Reply) Validator {
	return Validator{ETag: r.Header.Get("ETag"), Modified: r.Header.Get("Last-Modified")}
}

// GetNewer reads path unless it is what known was given with: the reply then has status 304 and no body, and there is no
// error.
func (c *Client) GetNewer(ctx context.Context, path, accept string, known Validator) (*Reply, error) {
	header := http.Header{}
	if known.ETag != "" {
		header.Set("If-None-Match", known.ETag)
	}
	if known.Modified != "" {
		header.Set("If-Modified-Since", known.Modified)
	}
	reply, err := c.exchange(ctx, http.MethodGet, path, accept, nil, header)
	if err != nil && reply != nil && reply.Status == http.StatusNotModified && len(header) > 0 {
		return reply, nil
	}
	return reply, err
}

// Ask is a read whose parameters are too long for an address: it sends them as a form and accepts JSON.
func (c *Client) Ask(ctx context.Context, path string, form url.Values) (*Reply, error) {
	return c.exchange(ctx, http.MethodPost, path, "application/json", &content{formType, []byte(form.Encode())}, nil)
}

// Do sends in as JSON (nil sends no body) and accepts JSON. An answer that is not 2xx gives both the
// reply and an error; a failure to get a complete answer gives no reply.
func (c *Client) Do(ctx context.Context, method, path string, in any) (*Reply, error) {
	var body *content
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, &fleet.Error{Kind: fleet.KindInternal, Op: operation(method, path), Source: c.opt.Source, Err: err}
		}
		body = &content{cmp.Or(c.opt.Type, "application/json"), b}
	}
	return c.exchange(ctx, method, path, "application/json", body, nil)
}

// content is the body of a request.
type content struct {
	kind  string
	bytes []byte
}

const formType = "application/x-www-form-urlencoded"

func (c *Client) exchange(
	ctx context.Context, method, path, accept string, body *content, header http.Header,
) (*Reply, error) {
	op := operation(method, path)
	if body != nil && body.kind == formType {
		op = operation(http.MethodGet, path) // a question, whatever its method
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultWait)
		defer cancel()
	}
	req, err := c.request(ctx, op, method, path, accept, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	began := time.Now()
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, c.sendFailure(ctx, op, err)
	}
	defer resp.Body.Close()
	reply := &Reply{Status: resp.StatusCode, Header: resp.Header, source: c.opt.Source, op: op}
	if t, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		reply.ServerTime = fleet.Some(t.UTC())
	}
	good := resp.StatusCode >= 200 && resp.StatusCode < 300
	limit := c.opt.MaxBody
	if !good {
		limit = min(limit, maxErrorBody)
	}
	first := &firstByte{ReadCloser: resp.Body, clock: c.opt.Deps.Clock}
	resp.Body = first
	reply.Body, err = readBody(resp, limit, c.likely(path), c.opt.MaxRatio)
	reply.FirstAt = first.at
	reply.Took = time.Since(began)
	if !good {
		return reply, c.refusal(op, reply)
	}
	if err != nil {
		return nil, c.bodyFailure(ctx, op, err)
	}
	c.learn(path, int64(len(reply.Body)))
	return reply, nil
}

func (c *Client) request(
	ctx context.Context, op, method, path, accept string, body *content,
) (*http.Request, error) {
	target, err := c.target(path)
	if err != nil {
		return nil, invalid(c.opt.Source, op, err.Error(), "", err)
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body.bytes)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), reader)
	if err != nil {
		return nil, invalid(c.opt.Source, op, "the request cannot be built", "", err)
	}
	for name, values := range c.opt.Extra {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("User-Agent", "pitwall")
	req.Header.Set("Accept-Encoding", "gzip") // set by hand, so that readBody sees the compressed size
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	if body != nil {
		req.Header.Set("Content-Type", body.kind)
	}
	return req, c.authorise(ctx, op, req, body)
}

// authorise puts the credential into the header, and nowhere else.
func (c *Client) authorise(ctx context.Context, op string, req *http.Request, body *content) error {
	if c.opt.Auth.IsZero() {
		return nil
	}
	if c.opt.Deps.Secret == nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: op, Source: c.opt.Source,
			Err: reason{text: "nothing here can open the credential"}}
	}
	secret, err := c.opt.Deps.Secret(ctx, c.opt.Auth)
	if err != nil {
		return c.secretFailure(ctx, op, err)
	}
	if c.opt.Sign != nil {
		return c.sign(req, body, secret)
	}
	value := strings.TrimSpace(secret.Reveal())
	switch {
	case value == "":
		return c.authProblem(op, "the configured credential is empty")
	case strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return c.authProblem(op, "the configured credential holds a line break or another control character")
	case c.opt.Header != "":
		req.Header.Set(c.opt.Header, value)
	default:
		req.Header.Set("Authorization", "Bearer "+value)
	}
	return nil
}

func (c *Client) sign(req *http.Request, body *content, secret fleet.Secret) error {
	var sent []byte
	if body != nil {
		sent = body.bytes
	}
	return c.opt.Sign(req, sent, secret)
}

// bodySize is how long the last good body of a path was.
type bodySize struct {
	path string
	size int64
}

// likely is how long the body of a path will be about, 0 where nothing is known: a page that is read again and again
// need not be gathered in pieces.
func (c *Client) likely(path string) int64 {
	if last := c.longest.Load(); last != nil && last.path == path {
		return last.size + last.size/64
	}
	return 0
}

func (c *Client) learn(path string, size int64) {
	if last := c.longest.Load(); last == nil || last.path == path || size > last.size {
		c.longest.Store(&bodySize{path, size})
	}
}

// operation names a call in plain words; a query may hold names of users or keys and is left out.
func operation(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	if path == "" {
		path = "the page"
	}
	if isRead(method) {
		return "read " + path
	}
	return "send to " + path
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }
