package portkey

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// Bounds of what is asked of the analytics with each read: two calls for each config.
const (
	mostCounted = 20
	pageOfCount = 100
	countedFor  = 24 * time.Hour // after which counting begins anew
)

// failing are the status codes that count as failures of a model.
const failing = "408,429,500,501,502,503,504,529"

// analytics counts requests and failures of the models of configs since this reader began. Portkey groups them by model and
// not by target, so that only a model that one target of a config has can be told. Costs are left out: the API does not say in
// which unit they are. Latencies come as quantiles, which cannot be added up.
type analytics struct {
	api       *api
	workspace string
	clock     fleet.Clock

	mu    sync.Mutex
	since time.Time
}

// fill adds the counters to the targets. What cannot be counted is said and is no failure of the reading.
func (a *analytics) fill(ctx context.Context, g *fleet.GatewayReading) {
	targets := countable(g.Deployments)
	if len(targets) > mostCounted {
		g.MetricsWhy = fleet.Textf("%s configs are too many to ask for their counters: name at most %s in the option configs",
			fleet.Int(len(targets)), fleet.Int(mostCounted))
		return
	}
	from, to := a.window()
	for slug, byModel := range targets {
		requests, err := a.models(ctx, slug, from, to, "")
		if err == nil {
			var failures map[string]float64
			if failures, err = a.models(ctx, slug, from, to, failing); err == nil {
				tell(byModel, requests, failures)
			}
		}
		if err != nil {
			g.MetricsWhy = fleet.Concat(fleet.Text("no counters: "), fleet.Cause(err))
			return
		}
	}
	g.Metrics = true
	g.MetricsWhy = fleet.Text("requests and failures by model; targets that share a model, or name none, cannot be told apart")
}

// tell gives each target what was counted of its model. Where a model was counted that no target names, one that was not may be
// called otherwise there, and stays unknown; else it had no request.
func tell(byModel map[string]*fleet.DeploymentReading, requests, failures map[string]float64) {
	strange := false
	for model := range requests {
		_, named := byModel[model]
		strange = strange || !named
	}
	for model, d := range byModel {
		n, counted := requests[model]
		if d != nil && (counted || !strange) {
			d.Requests, d.Failures = fleet.Some(n), fleet.Some(failures[model])
		}
	}
}

// window is the time that is counted over: it only grows, so that what is counted does too.
func (a *analytics) window() (from, to time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now().UTC()
	if a.since.IsZero() || now.Sub(a.since) > countedFor {
		a.since = now.Truncate(time.Minute)
	}
	return a.since, now
}

// countable are the models of the configs with the target that has it; nil where several have.
func countable(list []fleet.DeploymentReading) map[string]map[string]*fleet.DeploymentReading {
	out := map[string]map[string]*fleet.DeploymentReading{}
	for i := range list {
		slug, model := shape{}.Ref(list[i].Route).Name, modelOf(list[i].Model)
		if model == "" {
			continue
		}
		if out[slug] == nil {
			out[slug] = map[string]*fleet.DeploymentReading{}
		}
		d := &list[i]
		if _, again := out[slug][model]; again {
			d = nil
		}
		out[slug][model] = d
	}
	return out
}

// modelOf is the provider's own word for a model: "gpt-4o" of "openai/gpt-4o" and of "@openai-prod/gpt-4o".
func modelOf(name fleet.ModelName) string {
	_, model, ok := strings.Cut(string(name), "/")
	if !ok {
		return string(name)
	}
	return model
}

// models counts the requests of one config by model, those of some status codes alone where they are named.
func (a *analytics) models(ctx context.Context, slug string, from, to time.Time, codes string) (map[string]float64, error) {
	q := url.Values{"workspace_slug": {a.workspace}, "configs": {slug}, "current_page": {"0"}, "page_size": {strconv.Itoa(pageOfCount)},
		"time_of_generation_min": {from.Format(time.RFC3339)}, "time_of_generation_max": {to.Format(time.RFC3339)}}
	if codes != "" {
		q.Set("status_code", codes)
	}
	var answer struct {
		Total int `json:"total"`
		Data  []struct {
			Model    string          `json:"ai_model"`
			Requests json.RawMessage `json:"requests"`
		} `json:"data"`
	}
	const at = "/analytics/groups/ai-models"
	if err := a.api.call(ctx, http.MethodGet, at+"?"+q.Encode(), nil, &answer); err != nil {
		return nil, err
	}
	if answer.Total > len(answer.Data) {
		return nil, a.api.fault(fleet.KindInvalid, "read "+at, fmt.Sprintf("%d models are more than one page", answer.Total), "")
	}
	out := map[string]float64{}
	for _, d := range answer.Data {
		n, err := strconv.ParseFloat(strings.Trim(string(d.Requests), `"`), 64)
		if err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
			return nil, a.api.fault(fleet.KindInvalid, "read "+at, "a number of requests is no number", "nothing of it was used")
		}
		out[d.Model] += n
	}
	return out, nil
}
