package httpx

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// checkBase accepts absolute http and https addresses without credentials.
func checkBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, reason{"it is not a URL", err} // the parser's text repeats the address with what may be in it
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, reason{text: "only http and https are spoken"}
	case u.Hostname() == "":
		return nil, reason{text: "it names no host"}
	case u.User != nil:
		return nil, reason{text: "it holds a user name or password; credentials belong under auth"}
	case u.Fragment != "":
		return nil, reason{text: "it holds a fragment (#)"}
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && isForbidden(ip) {
		return nil, forbiddenAddress{ip}
	}
	return u, nil
}

// target appends path, which begins with "/" and may hold a query, to the base. An empty path is the base itself
// with its own query.
func (c *Client) target(path string) (*url.URL, error) {
	if path == "" {
		u := *c.base
		return &u, nil
	}
	if path[0] != '/' {
		return nil, reason{text: "the path does not begin with a slash"}
	}
	prefix := c.base.Scheme + "://" + c.base.Host + strings.TrimRight(c.base.EscapedPath(), "/")
	u, err := url.Parse(prefix + path)
	if err != nil {
		return nil, reason{"the path cannot be read", err}
	}
	return u, nil
}

// redirect follows one redirect of a read on the same origin, such as "/metrics" to "/metrics/"
// (older Python mounts). Everything else ends with the redirect itself, which is then refused.
func (c *Client) redirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	same := req.URL.Scheme == first.URL.Scheme && req.URL.Host == first.URL.Host
	if len(via) > 1 || !isRead(first.Method) || !same {
		return http.ErrUseLastResponse
	}
	return nil
}

// metadataV6 is the metadata service of one cloud on IPv6; the others are link-local.
var metadataV6 = netip.MustParseAddr("fd00:ec2::254")

// isForbidden lists addresses that no configured system has, but that a name may be made to resolve to.
func isForbidden(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsLinkLocalUnicast() || ip == metadataV6
}

// forbiddenAddress is the refusal to connect to a link-local or metadata address.
type forbiddenAddress struct{ ip netip.Addr }

func (f forbiddenAddress) Error() string {
	return fmt.Sprintf("it leads to %s, a link-local or metadata address, which is never asked", f.ip)
}

// reason is a cause in plain words of ours over a technical one, which may hold outside text.
type reason struct {
	text string
	err  error
}

func (r reason) Error() string { return r.text }

func (r reason) Unwrap() error { return r.err }
