package productionstack

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// maxBody bounds one answer. A metrics page with many back ends and models is the largest one.
const maxBody = 16 << 20

// api is one router by its own address. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
}

func newAPI(source fleet.SourceID, base string, auth fleet.SecretRef, tls fleet.TLSSpec, deps fleet.Deps) (*api, error) {
	client, err := httpx.New(httpx.Options{Source: source, Base: base, TLS: tls, Auth: auth, Deps: deps, MaxBody: maxBody})
	if err != nil {
		return nil, err
	}
	return &api{source: source, client: client}, nil
}

// held asks what configuration the router follows; nil where it follows none. A router that says with status 503 that a part of
// it is down is not read.
func (a *api) held(ctx context.Context) (*config, *httpx.Reply, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/health", nil)
	var answer struct {
		Status string          `json:"status"`
		Config json.RawMessage `json:"dynamic_config"`
	}
	if err != nil {
		if reply != nil && reply.Status == http.StatusServiceUnavailable && reply.JSON(&answer) == nil && answer.Status != "" {
			err = &fleet.Error{Kind: fleet.KindServer, Op: "read /health", Source: a.source,
				Err: errors.New("the router says: " + fleet.Quote(answer.Status).String())}
		}
		return nil, nil, err
	}
	if reply.JSON(&answer) != nil {
		return nil, nil, a.invalid(errors.New("the answer is not the JSON that was expected"))
	}
	if answer.Status == "" {
		return nil, nil, a.invalid(errors.New("the answer has no status"))
	}
	if len(answer.Config) == 0 || string(answer.Config) == "null" {
		return nil, reply, nil
	}
	doc, err := jsonptr.Decode(fleet.JSON(answer.Config))
	if err != nil {
		return nil, nil, a.invalid(err)
	}
	c, err := flat(doc)
	if err != nil {
		return nil, nil, a.invalid(err)
	}
	return c, reply, nil
}

func (a *api) invalid(cause error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read /health", Source: a.source, Err: cause,
		Next: "it is not the router's; an engine answers /health with nothing: is this its address?"}
}

// version is "" where it is not told; it is a nicety.
func (a *api) version(ctx context.Context) string {
	var answer struct {
		Version string `json:"version"`
	}
	if reply, err := a.client.Do(ctx, http.MethodGet, "/version", nil); err != nil || reply.JSON(&answer) != nil {
		return ""
	}
	return answer.Version
}

// engines lists the models of each back end that the router chooses from now. They have no addresses here.
func (a *api) engines(ctx context.Context) ([][]string, error) {
	reply, err := a.client.Do(ctx, http.MethodGet, "/engines", nil)
	if err != nil {
		return nil, err
	}
	var list []struct {
		Models []string `json:"serving_models"`
	}
	if err := reply.JSON(&list); err != nil {
		return nil, err
	}
	out := make([][]string, len(list))
	for i := range list {
		out[i] = list[i].Models
	}
	return out, nil
}
