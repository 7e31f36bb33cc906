package httpx

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
)

// maxRetry bounds what a server may ask for; the Hub bounds it further.
const maxRetry = 24 * time.Hour

// refusal maps a status that is not 2xx.
func (c *Client) refusal(op string, r *Reply) *fleet.Error {
	kind, next := meaning(r.Status)
	what := fmt.Sprintf("it answered %d", r.Status)
	if r.Status == http.StatusUnauthorized && c.opt.Auth.IsZero() {
		what += ": it wants a credential and has none here"
		next = "set auth of this source, or gateway_auth of its cluster where it was found in one"
	}
	e := c.fail(kind, op, what, next, nil)
	if r.Status == http.StatusTooManyRequests || r.Status >= http.StatusInternalServerError {
		e.Retry = c.retryAfter(r)
	}
	return e
}

// meaning is what a status says and what to do about it.
func meaning(status int) (fleet.Kind, string) {
	switch status {
	case http.StatusUnauthorized:
		return fleet.KindAuth, "set or renew the credential of this source"
	case http.StatusForbidden:
		return fleet.KindAuth, "the credential lacks the right for this call"
	case http.StatusNotFound, http.StatusGone:
		return fleet.KindNotFound, "check the url and what this version of the system offers"
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return fleet.KindUnsupported, "this version of the system does not offer the call"
	case http.StatusRequestTimeout:
		return fleet.KindTimeout, "it is asked again later"
	case http.StatusConflict, http.StatusPreconditionFailed:
		return fleet.KindConflict, "read its state again before the next write"
	case http.StatusTooManyRequests:
		return fleet.KindRateLimited, "it is asked less often"
	}
	switch {
	case status >= http.StatusInternalServerError:
		return fleet.KindServer, "the failure is on its side; it is asked again later"
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return fleet.KindInvalid, "it sends us elsewhere, which is not followed; put the final address into the url"
	default:
		return fleet.KindInvalid, "the request and this version of the system do not fit"
	}
}

// retryAfter reads seconds, or a date, which is taken relative to the server's own clock:
// ours may be wrong by hours.
func (c *Client) retryAfter(r *Reply) time.Duration {
	v := strings.TrimSpace(r.Header.Get("Retry-After"))
	if v == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(v, 64); err == nil {
		if !(seconds < maxRetry.Seconds()) { // NaN too
			return maxRetry
		}
		wait = time.Duration(seconds * float64(time.Second))
	} else if until, err := http.ParseTime(v); err == nil {
		now := r.ServerTime
		if !now.OK && c.opt.Deps.Clock != nil {
			now = fleet.Some(c.opt.Deps.Clock.Now())
		}
		if now.OK {
			wait = until.Sub(now.V)
		}
	}
	return min(max(wait, 0), maxRetry)
}

// maxDepth bounds the nesting of JSON from outside.
const maxDepth = 64

// JSON decodes the body into v; unknown fields are ignored. Its error is KindInvalid and holds nothing of the body.
func (r *Reply) JSON(v any) error {
	if TooDeep(r.Body) {
		return invalid(r.source, r.op, "JSON nested deeper than 64 levels", "nothing of it was used", nil)
	}
	if err := json.Unmarshal(r.Body, v); err != nil {
		return invalid(r.source, r.op, "the answer is not the JSON that was expected", "nothing of it was used", err)
	}
	return nil
}

// TooDeep tells whether JSON from outside is nested deeper than is read.
func TooDeep(b []byte) bool { return depth(b) > maxDepth }

// depth is the deepest nesting of brackets outside of strings.
func depth(b []byte) int {
	deepest, now := 0, 0
	quoted := false
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			if quoted {
				i++
			}
		case '"':
			quoted = !quoted
		case '{', '[':
			if !quoted {
				now++
				deepest = max(deepest, now)
			}
		case '}', ']':
			if !quoted {
				now--
			}
		}
	}
	return deepest
}
