package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pitwall/fleet"
)

// maxCarried is how many requests go through the API server of one cluster at once; the others wait in turn.
const maxCarried = 4

// newCarriers opens ways through the pod proxy of one cluster.
func newCarriers(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Carriers, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	routeLogs(set.log)
	return &proxy{access: access{set: set}, slots: make(chan struct{}, maxCarried)}, nil
}

// Carrier returns the carrier of "NAMESPACE/[http:|https:]POD:PORT".
func (p *proxy) Carrier(way string) (fleet.Carrier, error) {
	namespace, pod, err := parseWay(way)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the way " + strconv.Quote(way), Source: p.set.spec.ID, Err: err,
			Next: "write it as NAMESPACE/POD:PORT"}
	}
	return &carrier{proxy: p, namespace: namespace, pod: pod,
		prefix: "/api/v1/namespaces/" + url.PathEscape(namespace) + "/pods/" + url.PathEscape(pod) + "/proxy"}, nil
}

func parseWay(way string) (namespace, pod string, err error) {
	parts := strings.Split(way, "/")
	if len(parts) != 2 {
		return "", "", errors.New("it does not name a namespace and a pod")
	}
	if namespace, err = url.PathUnescape(parts[0]); err == nil {
		pod, err = url.PathUnescape(parts[1])
	}
	if err != nil {
		return "", "", errors.New("it is badly escaped")
	}
	name := strings.TrimPrefix(strings.TrimPrefix(pod, "http:"), "https:")
	name, port, ok := strings.Cut(name, ":")
	number, portErr := strconv.Atoi(port)
	switch {
	case !isName(namespace) || !isName(name):
		return "", "", errors.New("a part of it is no name of Kubernetes")
	case !ok || portErr != nil || number < 1 || number > 65535:
		return "", "", errors.New("the pod has no port")
	}
	return namespace, pod, nil
}

// isName tells what an API server accepts as the name of a namespace or pod: nothing in it means anything in a path.
func isName(name string) bool {
	return !isDots(name) && !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	})
}

// isDots tells names that a path would swallow.
func isDots(name string) bool { return name == "" || name == "." || name == ".." }

// proxy is the pod proxy of one cluster. It implements fleet.Carriers: all ways share its connection and its limit.
type proxy struct {
	access
	slots chan struct{} // whoever waits longest gets the next one
}

// carrier carries requests to one port of one pod.
type carrier struct {
	*proxy
	namespace, pod string // pod with scheme and port, as the API writes it
	prefix         string
	dropped        sync.Once
}

// withheld are headers that must not reach an API server from an adapter: it would take them as its own credential, or as
// another identity than the one of the kubeconfig.
func withheld(name string) bool {
	return name == "Authorization" || name == "Proxy-Authorization" || name == "Cookie" || strings.HasPrefix(name, "Impersonate-") ||
		strings.HasPrefix(name, "X-Remote-") || slices.Contains(hopByHop, name)
}

var hopByHop = []string{"Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Host"}

// Carry implements fleet.Carrier. The API server removes Authorization before it forwards, so an adapter's own is left
// out here; a key travels in a header that the far end also accepts, such as X-Litellm-Api-Key.
func (c *carrier) Carry(ctx context.Context, r fleet.CarriedRequest) (*fleet.CarriedReply, error) {
	if err := c.check(r); err != nil {
		return nil, err
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, c.fault(fleet.KindTimeout, "four others were ahead of it through this API server",
			"raise the interval, read fewer targets this way, or read them from Prometheus")
	}
	reply, err := c.exchange(ctx, r)
	if err != nil {
		<-c.slots
		return nil, err
	}
	return reply, nil
}

func (c *carrier) fault(kind fleet.Kind, text, next string) error {
	return &fleet.Error{Kind: kind, Op: "ask pod " + c.namespace + "/" + c.pod + " through the API server",
		Source: c.set.spec.ID, Err: errors.New(text), Next: next}
}

func (c *carrier) check(r fleet.CarriedRequest) error {
	if r.Method != http.MethodGet && !c.set.proxyWrites && !isQuestion(r) {
		return c.fault(fleet.KindReadOnly, fmt.Sprintf("%s is not sent through a pod proxy", r.Method),
			"only GET and golden prompts are; the option "+optWrites+" allows more")
	}
	if !staysInside(r.Path) {
		return c.fault(fleet.KindInvalid, "its path could lead out of the proxy, to the API server itself", "nothing was sent")
	}
	return nil
}

// isQuestion tells the one request beside GET that changes nothing: a prompt to an engine (fleet.Asker).
func isQuestion(r fleet.CarriedRequest) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/v1/chat/completions") && !strings.ContainsAny(r.Path, "?#")
}

// staysInside tells whether a path, which may have a query, has nothing in it that a server on the way would climb up by.
func staysInside(raw string) bool {
	path, _, _ := strings.Cut(raw, "?")
	plain, err := url.PathUnescape(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.Contains(raw, "#") {
		return false
	}
	return !slices.Contains(strings.Split(strings.ReplaceAll(plain, `\`, "/"), "/"), "..")
}

func (c *carrier) exchange(ctx context.Context, r fleet.CarriedRequest) (*fleet.CarriedReply, error) {
	conn, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	header, unauthorised := http.Header{}, false
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		unauthorised = unauthorised || name == "Authorization"
		if !withheld(name) {
			header[name] = values
		}
	}
	if unauthorised {
		c.dropped.Do(func() {
			c.set.log.Info("the credential of an adapter is not sent through the API server, which would take it as its own",
				"pod", fleet.Label(c.namespace+"/"+c.pod).String())
		})
	}
	resp, err := conn.send(ctx, r.Method, c.prefix+r.Path, header, bytes.NewReader(r.Body))
	if err != nil {
		return nil, conn.failure(ctx, "ask pod "+c.namespace+"/"+c.pod+" through the API server", err)
	}
	if err := c.refusal(conn, resp, unauthorised); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	if to := resp.Header.Get("Location"); to != "" {
		resp.Header.Set("Location", c.inner(to))
	}
	return &fleet.CarriedReply{Status: resp.StatusCode, Header: resp.Header,
		Body: &slotBody{ReadCloser: resp.Body, free: sync.OnceFunc(func() { <-c.slots })}}, nil
}
