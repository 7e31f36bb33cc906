// Package llamacpp reads the server of llama.cpp: its metrics page, health claim and what /props says of sleep and build.
// Its reader must ask nothing but GET on /metrics, /health and /props, never load a model by asking, and never read /slots, which
// may hold prompts.
package llamacpp

import (
	"context"
	"net/url"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/chat"
	"pitwall/backends/internal/enginepage"
	"pitwall/fleet"
)

// Connector returns the connector of llama.cpp servers. A source's URL is the address of one server, with or without
// "/metrics"; "?model=NAME" behind it names the model that is read of a router. Its credential is the server's --api-key.
func Connector() fleet.Connector {
	return enginepage.Connector(fleet.Connector{
		Kind:     "llamacpp",
		Title:    "llama.cpp server",
		Reads:    "load, tokens, sleep state, health and build; of a router, one model that is loaded",
		Interval: 5 * time.Second,
		Families: []string{prefix},
		Ports:    []int{8080},
		NewAsker: chat.Opener("/metrics"),
	}, newDecode, newReader)
}

type reader struct {
	enginepage.Source
	model fleet.ModelName // as configured; "" where nobody said
	query string
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps, pages *enginepage.Pages) (fleet.Reader, error) {
	s, query, err := pages.Open(spec, deps, "/metrics")
	if err != nil {
		return nil, err
	}
	model := fleet.ModelName(query.Get("model"))
	if model == "" && len(spec.Models) > 0 {
		model = spec.Models[0]
	}
	return &reader{Source: s, model: model, query: queryOf(model)}, nil
}

// queryOf is the query of all reads. A server of one model ignores it; a router wants the model, and would load it for us
// unless it is told not to.
func queryOf(model fleet.ModelName) string {
	if model == "" {
		return "?autoload=false"
	}
	return "?model=" + url.QueryEscape(string(model)) + "&autoload=false"
}

// props is the part that is read of GET /props.
type props struct {
	Alias    string `json:"model_alias"`
	Build    string `json:"build_info"`
	Sleeping *bool  `json:"is_sleeping"`
}

// Read asks first whether the server sleeps: reading its metrics would wake it, and load its model.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	about := r.props(ctx)
	if about.Sleeping != nil && *about.Sleeping {
		p := fleet.Partial{At: r.Clock.Now(), Engines: []fleet.EngineReading{{Asleep: fleet.Some(true), LateTokens: true}}}
		r.describe(ctx, &p, about)
		return p, nil
	}
	p, reply, err := r.Page(ctx, "/metrics"+r.query)
	if err != nil {
		return r.refused(reply, err)
	}
	r.describe(ctx, &p, about)
	return p, nil
}

func (r *reader) props(ctx context.Context) props {
	ctx, cancel := aside.Half(ctx)
	defer cancel()
	var about props
	if !aside.JSON(ctx, r.Client, "/props"+r.query, &about) {
		return props{} // older servers, and those that load
	}
	return about
}

// describe adds what stands beside the page. The name that clients use comes before the name that the pool has.
func (r *reader) describe(ctx context.Context, p *fleet.Partial, about props) {
	p.Version = fleet.Label(about.Build)
	model := fleet.ModelName(about.Alias)
	if model == "" {
		model = r.model
	}
	for i := range p.Engines {
		p.Engines[i].Model = model
		if about.Sleeping != nil {
			p.Engines[i].Asleep = fleet.Some(*about.Sleeping)
		}
	}
	p.Health, _ = aside.Health(ctx, r.Client, "/health")
}
