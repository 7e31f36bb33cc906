package kube

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// reason is a cause in plain words over a technical one, which may hold outside text.
type reason struct {
	text string
	err  error
}

func (r reason) Error() string { return r.text }

func (r reason) Unwrap() error { return r.err }

// errForbidden marks a missing right, which is no fault of the credential.
var errForbidden = errors.New("forbidden")

func (c *conn) fail(kind fleet.Kind, op, text, next string, cause error) *fleet.Error {
	return &fleet.Error{Kind: kind, Op: op, Source: c.set.spec.ID, Next: next, Err: reason{text, cause}}
}

// failure puts whatever a request may end with into one of the kinds of errors.
func (c *conn) failure(ctx context.Context, op string, err error) error {
	if e, ok := errors.AsType[*fleet.Error](err); ok {
		return e
	}
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && !isDecoding(status) {
		return c.statusFailure(op, status.ErrStatus)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return c.fail(fleet.KindInterrupted, op, "stopped before the answer", "", err)
	case ctx.Err() != nil:
		return c.fail(fleet.KindTimeout, op, "no answer from "+c.base.Host+" in time", "it is asked again", err)
	case errors.Is(err, errTooLong):
		return c.fail(fleet.KindInvalid, op, errTooLong.Error(), "nothing of it was used", err)
	case errors.Is(err, errCut):
		return c.fail(fleet.KindInvalid, op, errCut.Error(), "nothing of it was used; it is asked again", err)
	}
	if e := c.linkFailure(op, err); e != nil {
		return e
	}
	return c.fail(fleet.KindInvalid, op, "the answer cannot be read", "nothing of it was used", err)
}

// linkFailure maps what happens before an answer; nil where one came.
func (c *conn) linkFailure(op string, err error) error {
	unreachable := func(text, next string) error { return c.fail(fleet.KindUnreachable, op, text, next, err) }
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return unreachable("the name "+dns.Name+" does not resolve", "check the resolver and the VPN; it is asked again")
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return unreachable("its certificate is signed by an authority that the kubeconfig does not name", "fetch the kubeconfig again")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return unreachable("its certificate cannot be verified", "check the address and the certificate authority of the kubeconfig")
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return c.fail(fleet.KindTimeout, op, "no connection to "+c.base.Host+" in time", "it is asked again", err)
	}
	switch text := err.Error(); {
	case errors.Is(err, syscall.ECONNREFUSED):
		return unreachable("nothing listens on "+c.base.Host, "it is asked again")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), strings.Contains(text, "connection lost"), strings.Contains(text, "GOAWAY"):
		return unreachable(c.base.Host+" closed the connection", "it is asked again")
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return unreachable("no connection to "+c.base.Host, "check the network and the VPN; it is asked again")
	}
	if strings.Contains(err.Error(), "remote error: tls") || strings.Contains(err.Error(), "malformed HTTP") {
		return unreachable(c.base.Host+" does not speak as an API server does", "check the address and the client certificate")
	}
	return nil
}

// isDecoding tells a status that client-go makes of an answer that it cannot read.
func isDecoding(s *apierrors.StatusError) bool {
	if s.ErrStatus.Details == nil {
		return false
	}
	for _, cause := range s.ErrStatus.Details.Causes {
		if cause.Type == "ClientWatchDecoding" {
			return true
		}
	}
	return false
}

// statusFailure maps a refusal of the API server.
func (c *conn) statusFailure(op string, s metav1.Status) *fleet.Error {
	e := c.fail(fleet.KindServer, op, fmt.Sprintf("the API server answered %d", s.Code), "it is asked again", nil)
	if s.Code == http.StatusUnauthorized {
		e.Kind, e.Err = fleet.KindAuth, reason{text: "the API server does not accept the credential (expired?)"}
		e.Next = "sign in again; what was read stays, and the kubeconfig is read again"
		return e
	}
	word(e, s)
	if s.Details != nil && s.Details.RetryAfterSeconds > 0 {
		e.Retry = time.Duration(s.Details.RetryAfterSeconds) * time.Second
	}
	if s.Message != "" && fromServer(s) {
		e.Err = reason{fleet.Label(strings.TrimSpace(clip(s.Message, 240))).String(), errors.Unwrap(e.Err)}
	}
	return e
}

// word sets what a person can do about a refusal.
func word(e *fleet.Error, s metav1.Status) {
	switch {
	case s.Code == http.StatusForbidden:
		e.Kind, e.Next = fleet.KindAuth, "ask for the right; the rest goes on"
		e.Err = reason{e.Err.Error(), errForbidden}
	case s.Code == http.StatusNotFound:
		e.Kind, e.Next = fleet.KindNotFound, ""
	case s.Code == http.StatusConflict:
		e.Kind = fleet.KindConflict
	case s.Code == http.StatusGone || s.Reason == metav1.StatusReasonExpired:
		e.Kind = fleet.KindStale
	case s.Code == http.StatusTooManyRequests:
		e.Kind = fleet.KindRateLimited
	case s.Code >= 300 && s.Code < 400:
		e.Kind, e.Err, e.Next = fleet.KindInvalid, reason{text: "it is sent elsewhere, as by a login page"}, "sign in, or correct the address"
	case s.Code >= 400 && s.Code < 500:
		e.Kind, e.Next = fleet.KindInvalid, ""
	}
}

// fromServer tells whether a status holds the API server's words: client-go fills one in around bodies that are none.
func fromServer(s metav1.Status) bool {
	if s.Details == nil {
		return true
	}
	for _, cause := range s.Details.Causes {
		if cause.Type == metav1.CauseTypeUnexpectedServerResponse {
			return false
		}
	}
	return true
}

// refusal maps an answer with a status other than 200 that was not read by client-go.
func (c *conn) refusal(op string, resp *http.Response, body []byte) error {
	s, ok := parseStatus(body)
	if !ok {
		s = metav1.Status{Code: int32(resp.StatusCode)}
	}
	e := c.statusFailure(op, s)
	if e.Retry == 0 {
		e.Retry = retryAfter(resp.Header.Get("Retry-After"), c.set.deps.Clock.Now())
	}
	return e
}

func retryAfter(text string, now time.Time) time.Duration {
	if d, err := time.ParseDuration(text + "s"); err == nil && d > 0 {
		return d
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// parseStatus tells whether a body is a refusal of an API server.
func parseStatus(body []byte) (metav1.Status, bool) {
	var s metav1.Status
	if !bytes.Contains(body, []byte(`"Status"`)) || json.Unmarshal(body, &s) != nil {
		return s, false
	}
	return s, s.Kind == "Status" && s.APIVersion == "v1" && s.Status == metav1.StatusFailure
}
