package kube

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
)

// What holds after a refused write.
const (
	nothingWritten = "nothing was written"
	unclear        = "whether it was written is not known: read it back before anything else"
)

func (a *attempt) fault(kind fleet.Kind, text, next string) *fleet.Error {
	return &fleet.Error{Kind: kind, Op: a.op, Source: a.writer.set.spec.ID, Err: reason{text: text}, Next: next}
}

func (a *attempt) refuse(c *conn, kind fleet.Kind, text, next string) *fleet.Error {
	return c.fail(kind, a.op, text, next, nil)
}

// unwritten says of an error before the write that nothing was written.
func unwritten(err error, op string) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok {
		return err
	}
	said := *e
	said.Op = op + ": " + e.Op
	said.Next = nothingWritten
	return &said
}

// lost words a write whose answer did not come.
func (a *attempt) lost(err error, sent bool) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok {
		return err
	}
	said := *e
	if said.Next = nothingWritten; sent && !a.dry {
		said.Next = unclear
	}
	return &said
}

// overtaken tells that a test of the patch failed, or that others wrote in between: the object is then read again. The
// server says no more of a failed test than that it failed.
func (a reply) overtaken() bool {
	s, ok := parseStatus(a.body)
	causes := s.Details != nil && len(s.Details.Causes) > 0
	switch a.code {
	case http.StatusUnprocessableEntity:
		return ok && !causes && s.Reason == metav1.StatusReasonInvalid
	case http.StatusConflict:
		return ok && !causes && s.Reason == metav1.StatusReasonConflict
	}
	return false
}

// refused words the refusal of a write: who refuses it, which field, which right, and what holds.
func (a *attempt) refused(got reply) error {
	s, ok := parseStatus(got.body)
	if !ok {
		s = metav1.Status{Code: int32(got.code)}
	}
	e, known := errors.AsType[*fleet.Error](got.unread(a.op, a.API, a.Part))
	if !known {
		return nil
	}
	e.Next = nothingWritten
	switch {
	case a.byAdmission(e, s.Message):
	case got.code == http.StatusUnauthorized:
		e.Next = "sign in again; " + nothingWritten
	case got.code == http.StatusForbidden:
		e.Err = reason{afterForbidden(s.Message, e.Err), errForbidden}
		e.Next = "ask for the verb " + verbOf(a.ObjectWrite) + " on " + resourceName(a.API, partOf(a.ObjectWrite)) + "; " + nothingWritten
	case got.code == http.StatusUnsupportedMediaType:
		e.Kind, e.Err = fleet.KindUnsupported, reason{text: "the API server takes no JSON patch for this kind"}
	case got.code >= http.StatusInternalServerError && !a.dry:
		e.Next = unclear
	default:
		byFields(e, s)
	}
	return e
}

// Words of an API server for those who may refuse a write beside it.
var (
	deniedBy = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`admission webhook "([^"]*)" denied the request(?: without explanation|: ([\s\S]*))?`)
	})
	noRehearsal = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`admission webhook "([^"]*)" does not support dry run`)
	})
	failedCall = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`failed calling webhook "([^"]*)"`) })
)

// byAdmission words what webhooks, policies and quotas of the cluster refuse.
func (a *attempt) byAdmission(e *fleet.Error, message string) bool {
	blocked := func(text, next string) {
		e.Kind, e.Err, e.Next = fleet.KindBlocked, reason{text: text}, nothingWritten+"; "+next
	}
	if m := deniedBy().FindStringSubmatch(message); m != nil {
		text := "the webhook " + fleet.Quote(m[1]).String() + " refuses it"
		if m[2] != "" {
			text += ": " + said(m[2])
		}
		blocked(text, "its owner can say what it wants")
		return true
	}
	if m := noRehearsal().FindStringSubmatch(message); m != nil {
		e.Kind, e.Err = fleet.KindUnsupported, reason{text: "the webhook " + fleet.Quote(m[1]).String() +
			" does not take part in a dry run, so the server makes none"}
		return true
	}
	if m := failedCall().FindStringSubmatch(message); m != nil {
		e.Kind, e.Err = fleet.KindServer, reason{text: "the webhook " + fleet.Quote(m[1]).String() +
			" does not answer, and nothing passes without it: " + said(message)}
		return true
	}
	switch {
	case strings.Contains(message, "ValidatingAdmissionPolicy") && strings.Contains(message, "denied request"):
		blocked(afterForbidden(message, e.Err), "who keeps the policies of the cluster can say what it wants")
	case strings.Contains(message, "exceeded quota"):
		blocked(afterForbidden(message, e.Err), "free some, or ask for a larger quota")
	default:
		return false
	}
	return true
}

// afterForbidden is what follows the name of the object in a refusal.
func afterForbidden(message string, or error) string {
	if _, why, ok := strings.Cut(message, " is forbidden: "); ok {
		return said(why)
	}
	if message != "" {
		return said(message)
	}
	return or.Error()
}

// said is a text of the server as a part of a sentence.
func said(text string) string {
	return fleet.Label(clip(strings.TrimSuffix(strings.Join(strings.Fields(text), " "), "."), 400)).String()
}

// byFields names the fields that the server objects to, and who else holds them.
func byFields(e *fleet.Error, s metav1.Status) {
	if s.Details == nil {
		return
	}
	var list []string
	for _, c := range s.Details.Causes {
		if text := causeText(c); text != "" && len(list) < 3 {
			list = append(list, text)
		}
	}
	if rest := len(s.Details.Causes) - len(list); len(list) == 3 && rest > 0 {
		list = append(list, fmt.Sprintf("%d more", rest))
	}
	if len(list) > 0 {
		e.Err = reason{strings.Join(list, "; "), errors.Unwrap(e.Err)}
	}
}

// causeText is one cause in words. The server quotes the whole patched object before what it says of the patch itself:
// that is left out, for its length and for what may stand in it.
func causeText(c metav1.StatusCause) string {
	switch {
	case c.Type == metav1.CauseTypeFieldManagerConflict:
		return "the field " + said(strings.TrimPrefix(c.Field, ".")) + " is held by another: " + said(c.Message)
	case c.Field == "patch":
		return undecoded(c.Message)
	case c.Field == "":
		return said(c.Message)
	}
	return said(c.Field + ": " + c.Message)
}

const strictly = "strict decoding error: "

// undecoded is the end of what the server says of a patch that leads to no such object.
func undecoded(message string) string {
	if at := strings.LastIndex(message, strictly); at >= 0 {
		return "strict checking finds " + said(message[at+len(strictly):])
	}
	if at := strings.LastIndex(message, `": `); at >= 0 {
		return said(message[at+3:])
	}
	return "the patch leads to what is no such object"
}
