package httpx

import (
	"net/url"
	"strings"

	"pitwall/fleet"
)

// For makes the options of a source that is reached at base with its own credential.
func For(spec fleet.SourceSpec, base string, deps fleet.Deps) Options {
	return Options{Source: spec.ID, Base: base, TLS: spec.TLS, Auth: spec.Auth, Deps: deps}
}

// Root parts the address of a server from the path of a page that may be written behind it, the first of pages that is
// there, and from a query. An address that cannot be read is returned as it is, for New to refuse.
func Root(raw string, pages ...string) (base string, query url.Values) {
	u, err := url.Parse(raw)
	if err != nil {
		return raw, nil
	}
	query = u.Query()
	u.RawQuery, u.ForceQuery = "", false
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	for _, page := range pages {
		if rest, ok := strings.CutSuffix(path, page); ok {
			path = rest
			break
		}
	}
	if u.Path, err = url.PathUnescape(path); err != nil {
		return raw, query
	}
	u.RawPath = path
	return u.String(), query
}
