package llamacpp

import (
	"errors"
	"net/http"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

var (
	errOff     = errors.New("it answers, and its metrics are switched off")
	errRouter  = errors.New("it is a router of several models, and which one to read is not said")
	errUnknown = errors.New("it is a router, and does not know the model")
)

// refused puts the ways into words in which a server that runs has no page. Statuses and messages of routers are those of
// ggml-org/llama.cpp server-models.cpp @00dd081.
func (r *reader) refused(reply *httpx.Reply, err error) (fleet.Partial, error) {
	if reply == nil {
		return fleet.Partial{}, err
	}
	kind, message := reason(reply)
	switch {
	case reply.Status == http.StatusServiceUnavailable && kind == "unavailable_error":
		return r.notReady(reply, fleet.Some(false), fleet.Text("loading its model")), nil
	case reply.Status == http.StatusBadRequest && strings.Contains(message, "not loaded"):
		return r.notReady(reply, fleet.None[bool](), fleet.Text("a router that does not have this model loaded")), nil
	case reply.Status == http.StatusBadRequest && strings.Contains(message, "not found"):
		return r.fail(fleet.KindNotFound, errUnknown, "correct the model of the pool, or the one in the url")
	case reply.Status == http.StatusBadRequest && r.model == "":
		return r.fail(fleet.KindInvalid, errRouter, "name it in the url: /metrics?model=NAME")
	case reply.Status == http.StatusNotImplemented, reply.Status == http.StatusNotFound:
		return r.fail(fleet.KindUnsupported, errOff, "start the server with --metrics")
	}
	return fleet.Partial{}, err
}

// notReady is a reading of a server that is there and has nothing to count yet.
func (r *reader) notReady(reply *httpx.Reply, health fleet.Maybe[bool], why fleet.Safe) fleet.Partial {
	return fleet.Partial{At: r.Clock.Now(), ServerTime: reply.ServerTime, Health: health, NotReady: why}
}

func (r *reader) fail(kind fleet.Kind, why error, next string) (fleet.Partial, error) {
	return fleet.Partial{}, &fleet.Error{Kind: kind, Op: "read metrics", Source: r.ID, Err: why, Next: next}
}

// reason reads the error of an answer, as far as it is one of the server: anything may stand before it.
func reason(reply *httpx.Reply) (kind, message string) {
	var answer struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if reply.JSON(&answer) != nil {
		return "", ""
	}
	return answer.Error.Type, answer.Error.Message
}
