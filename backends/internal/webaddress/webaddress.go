// Package webaddress reads addresses of the web that configurations and gateways name. It connects to nothing.
package webaddress

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// WithoutSecrets is an address without what may be a credential: user, query and fragment. It is empty where the address has
// no host.
func WithoutSecrets(raw string) (address, host string) {
	u, err := url.Parse(raw)
	if err != nil || raw == "" || u.Host == "" {
		return "", ""
	}
	u.User, u.RawQuery, u.ForceQuery, u.Fragment, u.RawFragment = nil, "", false, "", ""
	return u.String(), u.Host + u.EscapedPath()
}

// Beside reads where a page is: an address, or ":PORT" or ":PORT/PATH" on the host of another address. path is what it has
// where it names none.
func Beside(one, other, path string) (string, error) {
	if rest, short := strings.CutPrefix(one, ":"); short {
		u, err := url.Parse(other)
		if err != nil || u.Hostname() == "" {
			return "", errors.New("the address of the replica has no host")
		}
		port, own, _ := strings.Cut(rest, "/")
		one = u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port) + "/" + own
	}
	u, err := url.Parse(one)
	if err != nil || u.Host == "" {
		return "", errors.New("it is neither an address nor a port behind a colon")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = path
	}
	return u.String(), nil
}

// Host is the host of an address with its port, "" where it has none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
