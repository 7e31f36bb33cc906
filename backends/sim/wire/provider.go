package wire

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"pitwall/backends/sim/world"
)

// provider serves an API account with the free list of models and OpenAI-style inference.
func (s *server) provider(p *world.Provider, style string) {
	guard := func(next http.HandlerFunc) http.HandlerFunc { return s.keyed(p, next) }
	s.mux.HandleFunc("GET /v1/models", guard(func(w http.ResponseWriter, _ *http.Request) {
		var limits world.Limits
		down := false
		s.o.World.At(s.o.Clock.Now(), func() { limits, down = p.Now(s.o.World.Seconds()), p.Down() })
		if down {
			fail(w, http.StatusServiceUnavailable, "server_error", "The server is currently unavailable.")
			return
		}
		limitHeaders(w.Header(), limits, style, s.o.Clock.Now())
		var models []string
		s.look(func() { models = listed(p) })
		respond(w, http.StatusOK, providerModels(p, models, style, s.o.World.Spec.Start))
	}))
	if style == "anthropic" {
		s.anthropicBills(p)
	} else {
		s.openAIBills(p)
	}
	s.mux.HandleFunc("POST /v1/chat/completions", guard(func(w http.ResponseWriter, r *http.Request) {
		q, err := readCompletion(r)
		if err != nil {
			fail(w, http.StatusBadRequest, "invalid_request_error", err.Error())
			return
		}
		known := false
		s.look(func() { known = slices.Contains(listed(p), q.Model) })
		if !known {
			turnAway(w, http.StatusNotFound, world.ReasonModel)
			return
		}
		a := answer{s: s, chat: true, model: q.Model, stream: q.Stream, reply: q.reply(false), header: func(c *world.Call, h http.Header) {
			limitHeaders(h, c.Limits, style, s.o.Clock.Now())
		}}
		want := q.ask()
		want.Output, want.Model = len(a.reply.words), q.Model
		a.serve(w, r, func() *world.Call { return s.o.World.AskProvider(p, want) })
	}))
}

// keyed lets those in who have the account's key, where the network before it and the account let anybody in.
func (s *server) keyed(p *world.Provider, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		denied, edge := 0, false
		s.look(func() { denied, edge = p.KeyDenied(), p.EdgeDown() })
		got := bearer(r, "x-api-key")
		switch {
		case edge:
			edgeError(w)
		case got != s.o.Key:
			message := "Incorrect API key provided."
			if got == "" {
				message = "You didn't provide an API key."
			}
			respond(w, http.StatusUnauthorized, object{"error": object{
				"message": message, "type": "invalid_request_error", "param": nil, "code": "invalid_api_key"}})
		case denied != 0:
			turnAway(w, denied, world.ReasonKey)
		default:
			next(w, r)
		}
	}
}

// listed are the models that an account has now.
func listed(p *world.Provider) (names []string) {
	for _, m := range p.Spec.Models {
		if !p.Retired(m) {
			names = append(names, m)
		}
	}
	return names
}

// edgeError is what the network before an account answers: a page, in no form of an API.
func edgeError(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><p>edge</p></body></html>\n")
}

// turnAway answers with the code that says why.
func turnAway(w http.ResponseWriter, status int, reason string) {
	kind, message := "invalid_request_error", map[string]string{
		world.ReasonKey:     "Incorrect API key provided, or it may not be used for this.",
		world.ReasonModel:   "The model does not exist or you do not have access to it.",
		world.ReasonContext: "This model's maximum context length is smaller than the messages and the answer that was asked for.",
		world.ReasonFilter:  "The response was filtered because the prompt triggered the content management policy.",
	}[reason]
	respond(w, status, object{"error": object{"message": message, "type": kind, "param": nil, "code": reason}})
}

func providerModels(p *world.Provider, models []string, style string, start time.Time) object {
	list := make([]object, 0, len(models))
	for _, m := range models {
		created := start.Add(-200 * 24 * time.Hour)
		if style == "anthropic" {
			list = append(list, object{"type": "model", "id": m, "display_name": m, "created_at": created.Format(time.RFC3339)})
			continue
		}
		list = append(list, object{"id": m, "object": "model", "created": created.Unix(), "owned_by": p.Spec.Name})
	}
	if style == "anthropic" && len(list) > 0 {
		return object{"data": list, "has_more": false, "first_id": models[0], "last_id": models[len(models)-1]}
	}
	return object{"object": "list", "data": list}
}

// limitHeaders tells what is left of the quotas. Real OpenAI and Anthropic send these with inference answers; other
// OpenAI-compatible services with every answer, as here, so that the free probe sees them.
func limitHeaders(h http.Header, l world.Limits, style string, now time.Time) {
	if l.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(l.RetryAfter)))
	}
	if !l.Known {
		return
	}
	number := func(v float64) string { return strconv.FormatFloat(max(v, 0), 'f', 0, 64) }
	if style == "anthropic" {
		reset := func(s float64) string {
			return now.Add(time.Duration(s * float64(time.Second))).UTC().Truncate(time.Second).Format(time.RFC3339)
		}
		h.Set("anthropic-ratelimit-requests-limit", number(l.MaxRequests))
		h.Set("anthropic-ratelimit-requests-remaining", number(l.Requests))
		h.Set("anthropic-ratelimit-requests-reset", reset(l.ResetRequests))
		h.Set("anthropic-ratelimit-tokens-limit", number(l.MaxTokens))
		h.Set("anthropic-ratelimit-tokens-remaining", number(l.Tokens))
		h.Set("anthropic-ratelimit-tokens-reset", reset(l.ResetTokens))
		return
	}
	reset := func(s float64) string { return fmt.Sprintf("%dms", int(s*1000)) }
	h.Set("x-ratelimit-limit-requests", number(l.MaxRequests))
	h.Set("x-ratelimit-remaining-requests", number(l.Requests))
	h.Set("x-ratelimit-reset-requests", reset(l.ResetRequests))
	h.Set("x-ratelimit-limit-tokens", number(l.MaxTokens))
	h.Set("x-ratelimit-remaining-tokens", number(l.Tokens))
	h.Set("x-ratelimit-reset-tokens", reset(l.ResetTokens))
}
