// Package googleapi is what Google's APIs have in common: how they refuse, how they part a list into pages, and tokens signed
// with the key of a service account. It must look for no credential of its own.
package googleapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Refusal is Google's reason for a refusal. Message is text from outside, which may repeat what was sent.
type Refusal struct {
	Status  string
	Reason  string // of the first detail that has one, such as "API_KEY_INVALID"
	Message string
}

// plain is how Google writes a status or a reason; nothing else is shown as one.
var plain = regexp.MustCompile(`^[A-Z][A-Z_]{0,59}$`)

// RefusalOf reads the body of a refusal. It says false where it holds none.
func RefusalOf(body []byte) (Refusal, bool) {
	var answer struct {
		Error *struct {
			Status  string `json:"status"`
			Message string `json:"message"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == nil {
		return Refusal{}, false
	}
	out := Refusal{Message: answer.Error.Message}
	if plain.MatchString(answer.Error.Status) {
		out.Status = answer.Error.Status
	}
	for _, d := range answer.Error.Details {
		if plain.MatchString(d.Reason) {
			out.Reason = d.Reason
			break
		}
	}
	return out, true
}

// Explained adds to the error of a refusal Google's own words for it, never its message: that may repeat a credential. A key
// that is not valid is refused with 400.
func Explained(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	r, ok := RefusalOf(reply.Body)
	if !ok {
		return err
	}
	said := *e
	if word := cmp.Or(r.Reason, r.Status); word != "" {
		said.Err = fmt.Errorf("%w: %s", e.Err, word)
	}
	switch {
	case reply.Status == http.StatusBadRequest && strings.HasPrefix(r.Reason, "API_KEY_"):
		said.Kind, said.Next = fleet.KindAuth, "set or renew the key that auth names"
	case reply.Status == http.StatusBadRequest && strings.Contains(r.Message, "location is not supported"):
		said.Next = "Google does not serve requests from where this machine is"
	case r.Reason == "SERVICE_DISABLED":
		said.Next = "switch the API on in the project; a person's token also needs a project that pays, in option quota_project"
	case r.Reason == "USER_PROJECT_DENIED":
		said.Next = "give its account the right serviceusage.services.use in the project"
	}
	return &said
}

// ExplainedToken is Explained for what takes tokens.
func ExplainedToken(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil || reply.Status != http.StatusUnauthorized {
		return Explained(reply, err)
	}
	said := *e
	said.Err = errors.New("its token is not valid or not valid any more")
	said.Next = "tokens of Google live for about an hour: let auth name the key file of a service account, or a command that gives a new " +
		"token each time, such as gcloud auth print-access-token"
	return &said
}
