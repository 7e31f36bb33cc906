// Package openrouter probes accounts of OpenRouter: whether the key is accepted, how long an answer takes, what credit is left,
// which models the key may call, and how the endpoints behind the models of the configuration answered others lately.
// It must ask nothing that costs money: all of it is lists.
package openrouter

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// The options of a source.
const (
	// OptionZDR "yes" asks which endpoints keep no data.
	OptionZDR = "zdr"
	// OptionPinned "yes" says that requests are bound to endpoints whose places the labels of the provider name, by what
	// sends them: OpenRouter then chooses no other place.
	OptionPinned = "pinned"
)

// Connector returns the connector "openrouter". A source's URL is https://openrouter.ai/api/v1, or that of a region.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: "openrouter", Title: "OpenRouter", Interval: time.Minute, NewReader: newReader,
		Reads: "a free probe: key, latency, credit, models, measured uptime of the endpoints behind configured models"}
}

type reader struct {
	spec   fleet.SourceSpec
	clock  fleet.Clock
	client *httpx.Client
	prefix string // of paths
	place  string // in which requests stay; "" where the option says that others see to it
	zdr    bool
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	r := &reader{spec: spec, clock: deps.Clock, zdr: spec.Options[OptionZDR] == "yes"}
	for _, name := range []string{OptionZDR, OptionPinned} {
		if v := spec.Options[name]; v != "" && v != "yes" && v != "no" {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: spec.ID, Next: "write yes or no for " + name}
		}
	}
	base := strings.TrimSuffix(spec.URL, "/")
	var err error
	if r.client, err = httpx.New(httpx.For(spec, base, deps)); err != nil {
		return nil, err
	}
	if !rented.HasVersion(base) {
		r.prefix = "/api/v1"
	}
	if spec.Options[OptionPinned] != "yes" {
		r.place = placeOf(base)
	}
	return r, nil
}

// placeOf is where requests to an address are answered: those of the EU and of the US stay there, others go anywhere.
func placeOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return fleet.Anywhere
	}
	switch strings.ToLower(u.Hostname()) {
	case "eu.openrouter.ai":
		return "eu"
	case "us.openrouter.ai":
		return "us"
	default:
		return fleet.Anywhere
	}
}

// Read probes once. A refused key gives both an error and a reading that says so.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p := fleet.Partial{At: r.clock.Now()}
	reply, err := r.get(ctx, "/key")
	var k key
	if err == nil {
		k, err = readKey(r.spec.ID, reply)
	}
	if err != nil {
		p.Provider = rented.Refused(err)
		return p, err
	}
	p.ServerTime, p.Notices = reply.ServerTime, k.remarks(reply.ServerTime.Or(p.At))
	p.Provider = &fleet.ProviderReading{
		Authorised: rented.Accepted(r.spec.Auth),
		Latency:    fleet.Some(fleet.Seconds(reply.Took.Seconds())),
		Regions:    r.regions(),
	}
	if r.place == fleet.Anywhere && len(r.spec.Models) > 0 {
		p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelInfo,
			Text: fleet.Text("its requests are answered in any region of the world: labels of a place are not offered")})
	}
	if l := r.credit(ctx, &k, reply.ServerTime, p.At); l.Max.OK || l.Remaining.OK {
		p.Provider.Limits = []fleet.Limit{l}
	}
	models, notices, err := r.models(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	p.Provider.Models = models
	p.Notices = append(p.Notices, notices...)
	p.Notices = append(p.Notices, r.endpoints(ctx)...)
	return p, nil
}

func (r *reader) get(ctx context.Context, path string) (*httpx.Reply, error) {
	return r.client.Do(ctx, http.MethodGet, r.prefix+path, nil)
}

// regions says where each model of the configuration is answered.
func (r *reader) regions() map[fleet.ModelName][]string {
	if r.place == "" {
		return nil
	}
	out := make(map[fleet.ModelName][]string, len(r.spec.Models))
	for _, m := range r.spec.Models {
		out[m] = []string{r.place}
	}
	return out
}

// models are those that the account's own settings let the key call, or all of them where that list is not given to it.
// Where neither can be read the credit stays; only the caller's end ends the probe.
func (r *reader) models(ctx context.Context) ([]fleet.ModelName, []fleet.Notice, error) {
	list, err := r.list(ctx, "/models/user")
	if err == nil {
		return list, rented.Missing(r.spec.Models, list, bare), nil
	}
	if rented.Stopped(err) {
		return nil, nil, err
	}
	notices := []fleet.Notice{rented.Without(fleet.Text("which models this key may call"), err)}
	if list, err = r.list(ctx, "/models"); err == nil {
		return list, append(notices, rented.Missing(r.spec.Models, list, bare)...), nil
	}
	if rented.Stopped(err) {
		return nil, nil, err
	}
	return nil, append(notices, rented.Without(fleet.Text("the list of models"), err)), nil
}

func (r *reader) list(ctx context.Context, path string) ([]fleet.ModelName, error) {
	reply, err := r.get(ctx, path)
	if err != nil {
		return nil, err
	}
	return rented.Models(r.spec.ID, reply)
}

// bare is a name without the prefix that gateways write before it. OpenRouter has models of its own whose names begin so.
func bare(m fleet.ModelName) fleet.ModelName {
	if rest, ok := strings.CutPrefix(string(m), "openrouter/"); ok && strings.Contains(rest, "/") {
		return fleet.ModelName(rest)
	}
	return m
}
