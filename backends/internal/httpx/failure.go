package httpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"pitwall/fleet"
)

func invalid(source fleet.SourceID, op, text, next string, cause error) *fleet.Error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: source, Next: next, Err: reason{text, cause}}
}

func (c *Client) fail(kind fleet.Kind, op, text, next string, cause error) *fleet.Error {
	return &fleet.Error{Kind: kind, Op: op, Source: c.opt.Source, Next: next, Err: reason{text, cause}}
}

func (c *Client) authProblem(op, text string) error {
	return c.fail(fleet.KindAuth, op, text, "set the credential that auth names; nothing was sent", nil)
}

// secretFailure keeps an Error of the secret's opener, whose words are better than ours, and its context's end.
func (c *Client) secretFailure(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return c.ended(ctx, op, "the credential was not ready", err)
	}
	if e, ok := errors.AsType[*fleet.Error](err); ok {
		return e
	}
	return c.fail(fleet.KindAuth, op, "the credential cannot be read", "check what auth names; nothing was sent", err)
}

// ended says whether the deadline or a person stopped the call.
func (c *Client) ended(ctx context.Context, op, what string, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return c.fail(fleet.KindInterrupted, op, "stopped before the answer", "", err)
	}
	return c.fail(fleet.KindTimeout, op, what+" within the deadline", "it is asked again later", err)
}

// onTheWay is a carrier's failure as one of this source.
func (c *Client) onTheWay(op string, e *fleet.Error) error {
	out := *e
	out.Source = c.opt.Source
	if out.Op == "" {
		out.Op = op
	}
	return &out
}

// sendFailure maps what happens up to the answer's header.
func (c *Client) sendFailure(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return c.ended(ctx, op, "no answer", err)
	}
	if e, ok := errors.AsType[*fleet.Error](err); ok { // of a carrier, which knows its way better
		return c.onTheWay(op, e)
	}
	if e := c.tlsFailure(op, err); e != nil {
		return e
	}
	host := c.base.Host
	if f, ok := errors.AsType[forbiddenAddress](err); ok {
		return c.fail(fleet.KindInvalid, op, f.Error(), "correct the url in the configuration", err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return c.fail(fleet.KindUnreachable, op, "the name "+c.base.Hostname()+" does not resolve",
				"check the url and the resolver", err)
		}
		return c.fail(fleet.KindUnreachable, op, "the resolver does not answer for "+c.base.Hostname(),
			"check the resolver of this machine", err)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return c.fail(fleet.KindTimeout, op, "no connection to "+host+" in time", "it is asked again later", err)
	}
	text := err.Error()
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return c.fail(fleet.KindUnreachable, op, "nothing listens on "+host, "check the port and that it runs", err)
	case strings.Contains(text, "response headers exceeded"):
		return c.fail(fleet.KindInvalid, op, "header over 64 KiB", "the last good reading stays", err)
	case strings.Contains(text, "malformed"), strings.Contains(text, "invalid header"):
		return c.fail(fleet.KindInvalid, op, "the answer is not HTTP", "check the port in the url", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return c.fail(fleet.KindUnreachable, op, host+" closed the connection without an answer",
			"check that it runs and that the scheme is right", err)
	default:
		return c.fail(fleet.KindUnreachable, op, "no connection to "+host, "check the url and the network", err)
	}
}

// tlsFailure puts the many ways in which a handshake fails into words; nil for other errors.
func (c *Client) tlsFailure(op string, err error) error {
	trust := "set tls.ca_file to the authority that signed it"
	if c.opt.TLS.CAFile != "" {
		trust = "tls.ca_file holds another authority than the one that signed it"
	}
	fail := func(text, next string) error { return c.fail(fleet.KindUnreachable, op, text, next, err) }
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fail("the certificate is signed by an authority that is not trusted here (wrong CA)", trust)
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return fail("the certificate is for another name than "+c.base.Hostname(),
			"correct the url, or set tls.server_name")
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if bad.Reason == x509.Expired {
			return fail("the certificate has expired or is not valid yet", "renew it, and compare the clocks")
		}
		return fail("the certificate is not fit for a server", "have it issued again")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fail("the certificate cannot be verified", trust)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || strings.Contains(err.Error(),
		"HTTP response to HTTPS client") {
		return fail("it speaks plain HTTP, not TLS", "write http:// in the url, or correct the port")
	}
	if alert, ok := errors.AsType[tls.AlertError](err); ok || strings.Contains(err.Error(), "remote error: tls") {
		return fail(fmt.Sprintf("it ended the TLS handshake%s", alertText(alert, ok)),
			"check tls.cert_file and tls.key_file")
	}
	return nil
}

func alertText(alert tls.AlertError, known bool) string {
	if !known {
		return ""
	}
	return fmt.Sprintf(" (alert %d)", uint8(alert))
}

// bodyFailure maps what happens after the answer's header.
func (c *Client) bodyFailure(ctx context.Context, op string, err error) error {
	const stays = "nothing of it was used"
	switch {
	case ctx.Err() != nil:
		return c.ended(ctx, op, "no complete answer", err)
	case errors.Is(err, ErrTooLong):
		return c.fail(fleet.KindInvalid, op, fmt.Sprintf("body over %d MiB", c.opt.MaxBody>>20), stays, err)
	case errors.Is(err, errBomb):
		return c.fail(fleet.KindInvalid, op, errBomb.Error(), stays, err)
	case errors.Is(err, errCoding):
		return c.fail(fleet.KindInvalid, op, errCoding.Error(), stays, err)
	}
	if cut, ok := errors.AsType[cutAfter](err); ok {
		return c.fail(fleet.KindInvalid, op, cut.Error(), stays, err)
	}
	return c.fail(fleet.KindInvalid, op, "the compressed answer cannot be unpacked", stays, err)
}
