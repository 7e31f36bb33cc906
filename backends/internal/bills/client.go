package bills

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Client asks one provider of bills.
type Client struct {
	Source fleet.SourceID
	auth   fleet.SecretRef
	deps   fleet.Deps
	http   *httpx.Client
	prefix string // of paths
	admin  Admin
}

// NewClient makes the client of a source. version is what its address may leave out, such as "/v1". Of opt it takes how the
// credential is sent and how long an answer may be.
func NewClient(spec fleet.SourceSpec, deps fleet.Deps, version string, admin Admin, opt httpx.Options) (*Client, error) {
	base := strings.TrimSuffix(spec.URL, "/")
	full := httpx.For(spec, base, deps)
	full.Header, full.Extra, full.MaxBody = opt.Header, opt.Extra, opt.MaxBody
	client, err := httpx.New(full)
	if err != nil {
		return nil, err
	}
	c := &Client{Source: spec.ID, auth: spec.Auth, deps: deps, http: client, admin: admin}
	if !rented.HasVersion(base) {
		c.prefix = version
	}
	return c, nil
}

// Get reads one answer. A refusal says what is wrong with the key.
func (c *Client) Get(ctx context.Context, path string, q url.Values) (*httpx.Reply, error) {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	reply, err := c.http.Do(ctx, http.MethodGet, c.prefix+path, nil)
	if err != nil {
		return nil, c.admin.explain(ctx, err, reply, c.auth, c.deps)
	}
	return reply, nil
}

// Charges reads the days of a report of costs, one line for each result, and when the server answered.
func Charges[R any](
	ctx context.Context, c *Client, path string, q url.Values, days Ask, odd *Odd, line func(*R, fleet.Span) fleet.BillLine,
) (Taken, fleet.Maybe[time.Time], error) {
	var server fleet.Maybe[time.Time]
	taken, err := days.Take(ctx, func(ctx context.Context, cursor string, limit int) (Page, error) {
		reply, err := c.Page(ctx, path, q, cursor, limit)
		if err != nil {
			return Page{}, err
		}
		server = reply.ServerTime
		return Decode(c.Source, reply, odd, func(r *R, at fleet.Span) []fleet.BillLine { return []fleet.BillLine{line(r, at)} })
	})
	return taken, server, err
}

// Page reads one page of buckets from where the cursor says.
func (c *Client) Page(ctx context.Context, path string, q url.Values, cursor string, limit int) (*httpx.Reply, error) {
	q.Set("limit", strconv.Itoa(limit))
	if cursor != "" {
		q.Set("page", cursor)
	}
	return c.Get(ctx, path, q)
}

// IsPassing tells whether asking again later may help.
func IsPassing(err error) bool {
	switch fleet.KindOf(err) {
	case fleet.KindAuth, fleet.KindNotFound, fleet.KindInvalid, fleet.KindUnsupported:
		return false
	default:
		return true
	}
}

// YesOrNo reads an option. Anything else but nothing is refused.
func YesOrNo(spec fleet.SourceSpec, name string, otherwise bool) (bool, error) {
	switch spec.Options[name] {
	case "":
		return otherwise, nil
	case "yes", "no":
		return spec.Options[name] == "yes", nil
	}
	return false, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the bill", Source: spec.ID, Next: "write yes or no for " + name}
}
