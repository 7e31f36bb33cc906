package kube

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// inner turns a redirect, which the API server rewrites to go through it, into what the pod meant.
func (c *carrier) inner(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	if path, ok := strings.CutPrefix(u.EscapedPath(), c.prefix); ok {
		return (&url.URL{Path: "/" + strings.TrimPrefix(path, "/"), RawQuery: u.RawQuery}).String()
	}
	return to
}

// refusal tells an answer of the API server itself from one of the pod, which may have the same status. A pod's own is
// nil, and its body is still there to be read.
func (c *carrier) refusal(conn *conn, resp *http.Response, unauthorised bool) error {
	if resp.StatusCode < 400 {
		return nil
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return conn.failure(resp.Request.Context(), "read the answer of pod "+c.namespace+"/"+c.pod, err)
	}
	status, own := parseStatus(head)
	text := string(head)
	if own {
		text = status.Message
	}
	const away = "error trying to reach service"
	proxys := own || resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusBadGateway
	switch at := strings.Index(strings.ToLower(text), away); {
	case at >= 0 && proxys:
		return c.fault(fleet.KindUnreachable, "the API server does not reach it: "+
			fleet.Label(clip(strings.Trim(text[at+len(away):], ": '\n"), 200)).String(), "check the port and that it runs")
	case own:
		return c.serverRefusal(conn, resp.Request.Method, status)
	case unauthorised && (resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden):
		return c.fault(fleet.KindAuth, "the pod wants a credential, and Authorization does not pass an API server",
			"use a header that it also accepts, such as x-litellm-api-key, or give the source an address of its own")
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	return nil
}

// serverRefusal words a refusal of the API server itself.
func (c *carrier) serverRefusal(conn *conn, method string, status metav1.Status) error {
	switch status.Code {
	case http.StatusUnauthorized:
		c.forget(conn)
	case http.StatusForbidden:
		return c.fault(fleet.KindAuth, `the API server forbids it: the verb "`+verb(method)+`" on pods/proxy is missing in namespace `+
			fleet.Label(c.namespace).String(), "ask for that right, or give the source an address of its own")
	}
	return conn.statusFailure("ask pod "+c.namespace+"/"+c.pod+" through the API server", status)
}

// verb is the right that a method needs on pods/proxy.
func verb(method string) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	}
	return "get"
}

// slotBody gives its place to the next request when it is closed.
type slotBody struct {
	io.ReadCloser
	free func()
}

func (b *slotBody) Close() error {
	defer b.free()
	return b.ReadCloser.Close()
}
