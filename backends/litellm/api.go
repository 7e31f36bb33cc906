package litellm

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/litellmapi"
	"pitwall/fleet"
)

// maxBody bounds one answer. The OpenAPI page and a metrics page with many keys are the largest ones.
const maxBody = 32 << 20

// api is one LiteLLM replica by its own address. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client

	mu   sync.Mutex
	can  features
	last string // version as last seen
}

func newAPI(
	source fleet.SourceID, base string, auth fleet.SecretRef, tls fleet.TLSSpec, deps fleet.Deps,
) (*api, error) {
	client, err := httpx.New(httpx.Options{
		Source: source, Base: base, TLS: tls, Auth: auth, Header: litellmapi.KeyHeader(deps), Deps: deps, MaxBody: maxBody,
	})
	if err != nil {
		return nil, err
	}
	return &api{source: source, client: client}, nil
}

// readiness asks the open probe, and where it is short (newer than 1.81) the details behind the key for the
// version. A replica that drains, or whose database does not answer, says so with status 503, which is read too.
func (a *api) readiness(ctx context.Context) (readiness, *httpx.Reply, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/health/readiness", nil)
	if err != nil && (reply == nil || reply.Status != http.StatusServiceUnavailable) {
		return readiness{}, nil, err
	}
	var r readiness
	parseErr := reply.JSON(&r)
	if parseErr == nil && r.check() != nil {
		parseErr = a.invalid("read /health/readiness", r.check())
	}
	if parseErr != nil {
		return readiness{}, nil, cmpOr(err, parseErr)
	}
	if r.Version == "" {
		r.Version = a.detailsVersion(ctx)
	}
	return r, reply, nil
}

// detailsVersion is "" where the details are refused; the version is a nicety.
func (a *api) detailsVersion(ctx context.Context) string {
	var r readiness
	reply, err := a.client.Do(ctx, http.MethodGet, "/health/readiness/details", nil)
	if err != nil || reply.JSON(&r) != nil {
		return ""
	}
	return r.Version
}

// models lists what the replica's router holds now.
func (a *api) models(ctx context.Context, aliases map[fleet.RouteID]fleet.RouteID) ([]deployment, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/model/info", nil)
	if err != nil {
		return nil, err
	}
	var answer modelsAnswer
	if err := reply.JSON(&answer); err != nil {
		return nil, err
	}
	ds, err := answer.deployments(aliases)
	if err != nil {
		return nil, a.invalid("read /model/info", err)
	}
	return ds, nil
}

// settings reads the live router settings; only a proxy admin's key may.
func (a *api) settings(ctx context.Context) (settings, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/get/config/callbacks", nil)
	if err != nil {
		return settings{}, err
	}
	var answer settingsAnswer
	if err := reply.JSON(&answer); err != nil {
		return settings{}, err
	}
	s, err := answer.settings()
	if err != nil {
		return settings{}, a.invalid("read /get/config/callbacks", err)
	}
	return s, nil
}

// alive tells whether the process answers its liveliness probe.
func (a *api) alive(ctx context.Context) error {
	_, err := a.client.Do(ctx, http.MethodGet, "/health/liveliness", nil)
	return err
}

// features tells which calls the version has. The answer is kept while the version stays the same.
func (a *api) features(ctx context.Context, now time.Time) features {
	a.mu.Lock()
	can, version := a.can, a.last
	a.mu.Unlock()
	if !can.due(version, now) {
		return can
	}
	can = byVersion(version, now)
	var page openAPI
	if reply, err := a.client.Do(ctx, http.MethodGet, "/openapi.json", nil); err == nil && reply.JSON(&page) == nil {
		if seen := page.has(blockPath); seen.OK {
			can.block, can.fallback, can.known = seen, page.has(fallbackPath), true
			can.aggregated = page.has(aggregatedPath)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.can = can
	return can
}

// sawVersion remembers the version that features are kept for.
func (a *api) sawVersion(v string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = v
}

// patchBody is the request of PATCH /model/{id}/update. Fields that are left out stay as they are stored.
type patchBody struct {
	Params map[string]any `json:"litellm_params"`
	Remove []string       `json:"litellm_params_to_remove,omitempty"` // 1.109 knows it, older versions ignore it
}

// setWeight stores one weight, or takes it away, and compares the stored row that comes back.
func (a *api) setWeight(ctx context.Context, id fleet.DeploymentID, weight fleet.Maybe[int]) error {
	body := patchBody{Params: map[string]any{}}
	if weight.OK {
		body.Params["weight"] = weight.V
	} else {
		body.Remove = []string{"weight"}
	}
	stored, err := a.patch(ctx, "set weight", id, body)
	if err != nil {
		return err
	}
	got := stored.Params.Weight
	switch {
	case !weight.OK && got.OK:
		return &fleet.Error{
			Kind: fleet.KindUnsupported, Op: "unset weight", Source: a.source,
			Next: fmt.Sprintf("this version of LiteLLM cannot take a weight away; it still is %v", got.V),
		}
	case weight.OK && (!got.OK || got.V != float64(weight.V)):
		return &fleet.Error{
			Kind: fleet.KindServer, Op: "set weight", Source: a.source,
			Next: fmt.Sprintf("LiteLLM accepted weight %d, but its answer does not show it", weight.V),
		}
	}
	return nil
}

// touch writes nothing new, which makes the replica load all stored models again.
func (a *api) touch(ctx context.Context, id fleet.DeploymentID) error {
	_, err := a.patch(ctx, "reload the models", id, patchBody{Params: map[string]any{}})
	return err
}

func (a *api) patch(ctx context.Context, op string, id fleet.DeploymentID, body patchBody) (row, error) {
	reply, err := a.client.Do(ctx, http.MethodPatch, "/model/"+url.PathEscape(string(id))+"/update", body)
	if err != nil {
		return row{}, a.refusal(op, reply, err)
	}
	var stored row
	if err := reply.JSON(&stored); err != nil {
		return row{}, err
	}
	return stored, nil
}

// setBlocked blocks or unblocks one deployment.
func (a *api) setBlocked(ctx context.Context, id fleet.DeploymentID, blocked bool) error {
	path := "/model/unblock"
	if blocked {
		path = blockPath
	}
	reply, err := a.client.Do(ctx, http.MethodPost, path, map[string]string{"model_id": string(id)})
	if err != nil {
		return a.refusal("change the blocked flag", reply, err)
	}
	var stored row
	if err := reply.JSON(&stored); err != nil {
		return err
	}
	if stored.Blocked == nil || *stored.Blocked != blocked {
		return &fleet.Error{
			Kind: fleet.KindServer, Op: "change the blocked flag", Source: a.source,
			Next: "LiteLLM accepted it, but its answer does not show it",
		}
	}
	return nil
}

// refusal gives the one sentence for the modes in which LiteLLM has no write API. Other refusals of the request
// keep their kind, with what LiteLLM says of it.
func (a *api) refusal(op string, reply *httpx.Reply, err error) error {
	if reply == nil {
		return err
	}
	if sentence := modeSentence(reply); sentence != "" {
		return a.cannot(op, sentence)
	}
	if kind := fleet.KindOf(err); kind == fleet.KindInvalid || kind == fleet.KindServer {
		return &fleet.Error{Kind: kind, Op: op, Source: a.source, Err: err, Retry: fleet.RetryAfter(err), Next: says(reply)}
	}
	return err // what it says of a refused key may hold a part of the key
}

// modeSentence says why a refusal is one of the mode, or "".
func modeSentence(reply *httpx.Reply) string {
	switch text := string(reply.Body); {
	case containsAny(text, "No DB Connected", "DB not connected", "no_db_connection"):
		return noDatabase
	case containsAny(text, "STORE_MODEL_IN_DB", "only supported for DB-stored models"):
		return noStore
	case containsAny(text, "Cannot edit config-based model"):
		return configModel
	}
	return ""
}

func (a *api) cannot(op, sentence string) error {
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: a.source, Next: sentence + "; nothing was written"}
}

// maxSaid bounds a quoted message of LiteLLM.
const maxSaid = 200

// says quotes the message of an error body: {"error":{"message"}} or {"detail":{"error"}}.
func says(reply *httpx.Reply) string {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
		Detail struct {
			Error string `json:"error"`
		} `json:"detail"`
	}
	if reply.JSON(&body) != nil {
		return ""
	}
	text := body.Error.Message + body.Detail.Error
	if text == "" {
		return ""
	}
	text = credential.ReplaceAllString(text, fleet.Redacted)
	if len(text) > maxSaid {
		text = text[:maxSaid] + "…"
	}
	return "LiteLLM says: " + fleet.Label(text).String()
}

// credential is what looks like one in a message: a key, what follows a colon in an address, a long opaque word.
var credential = regexp.MustCompile(`\bsk-[\w-]+|://[^\s/@]+@|\b[A-Za-z0-9+/_=-]{40,}`)

func containsAny(s string, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

func (a *api) invalid(op string, cause error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: cause}
}
