package prometheus

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const (
	// longQuery is from what length on a query travels as a form: addresses of 8 kB are cut by many proxies.
	longQuery = 1500
	// maxBody bounds one answer in memory. Answers repeat their labels, so that they shrink far more than pages do.
	maxBody  = 32 << 20
	maxRatio = 200
)

// api asks one store. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
	params url.Values // sent with every query: deduplication, partial answers, enforced labels
}

// heard is what an answer says besides its series.
type heard struct {
	server  fleet.Maybe[time.Time]
	notices []fleet.Notice
	partial fleet.Safe // why the answer is incomplete
	bytes   int
}

// instant evaluates one expression now, by the store's own clock.
func (a *api) instant(ctx context.Context, expr string, limit int, each func(*row) error) (heard, error) {
	return a.ask(ctx, "/api/v1/query", url.Values{"query": {expr}}, limit, each)
}

func (a *api) ask(ctx context.Context, path string, form url.Values, limit int, each func(*row) error) (heard, error) {
	for name, values := range a.params {
		form[name] = values
	}
	if end, ok := ctx.Deadline(); ok { // the store stops working for us when we stop waiting
		if left := time.Until(end); left > time.Second { // an HTTP deadline is real time, whatever the clock
			form.Set("timeout", strconv.Itoa(int(left.Seconds()))+"s")
		}
	}
	reply, err := a.send(ctx, path, form)
	if errors.Is(err, httpx.ErrTooLong) {
		return heard{}, a.fail(fleet.KindInvalid, errLarge.Error(), "nothing of it was used", err)
	}
	if err != nil {
		return heard{}, a.refusal(reply, err)
	}
	e, err := decode(reply.Body, limit, each)
	switch {
	case errors.Is(err, errMany):
		return heard{}, a.fail(fleet.KindInvalid, errMany.Error(), "nothing of it was used", err)
	case errors.Is(err, errJSON):
		return heard{}, a.fail(fleet.KindInvalid, errJSON.Error(), "check the url and its path prefix", err)
	case err != nil:
		return heard{}, err
	case e.status != "success":
		return heard{}, a.stated(e)
	}
	h := heard{server: reply.ServerTime, bytes: len(reply.Body)}
	h.remark(e)
	return h, nil
}

func (a *api) send(ctx context.Context, path string, form url.Values) (*httpx.Reply, error) {
	if encoded := form.Encode(); len(encoded) < longQuery {
		return a.client.Get(ctx, path+"?"+encoded, "application/json")
	}
	reply, err := a.client.Ask(ctx, path, form)
	if reply != nil && reply.Status == http.StatusMethodNotAllowed {
		return reply, a.fail(fleet.KindUnsupported, "it takes no POST, which long queries need",
			"let POST on the query API through: it reads only", err)
	}
	return reply, err
}

// refusal prefers the store's own reason for an error, where it has the API's form, over what its status means.
func (a *api) refusal(reply *httpx.Reply, err error) error {
	if reply == nil {
		return err
	}
	switch reply.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusServiceUnavailable, http.StatusInternalServerError:
	default:
		return err
	}
	e, bad := decode(reply.Body, 0, func(*row) error { return errMany })
	if bad != nil || e.status != "error" || e.message == "" {
		return err
	}
	stated := a.stated(e)
	stated.Retry = fleet.RetryAfter(err)
	return stated
}

// stated makes an error of what the store says, by the type that it gives (Prometheus 3.14, web/api/v1).
func (a *api) stated(e envelope) *fleet.Error {
	kind, next := fleet.KindServer, "the failure is on its side; it is asked again later"
	switch e.errorType {
	case "bad_data", "execution", "422", "400":
		kind, next = fleet.KindInvalid, "the last good figures stay"
	case "timeout", "canceled":
		kind, next = fleet.KindTimeout, "ask for less, or raise the store's query timeout; it is asked again later"
	case "not_found":
		kind, next = fleet.KindNotFound, "check the url and its path prefix"
	case "not_acceptable":
		kind, next = fleet.KindUnsupported, "this version of the store does not answer in JSON"
	}
	return a.fail(kind, "the store says: "+short(e.message), next, nil)
}

// short makes one clean line of a store's own words.
func short(text string) string {
	const most = 200
	if len(text) > most {
		text = text[:most]
	}
	return fleet.Label(text).String()
}

func (a *api) fail(kind fleet.Kind, text, next string, cause error) *fleet.Error {
	return &fleet.Error{Kind: kind, Op: "query", Source: a.source, Next: next, Err: reason{text, cause}}
}

// reason is a cause in plain words over a technical one.
type reason struct {
	text string
	err  error
}

func (r reason) Error() string { return r.text }

func (r reason) Unwrap() error { return r.err }
