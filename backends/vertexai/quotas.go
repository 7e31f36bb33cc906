package vertexai

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// metric is one that Vertex AI limits by base model.
type metric struct {
	name   string
	kind   fleet.LimitKind
	gemini bool // counts models of Google's own
}

var metrics = []metric{
	{"generate_content_requests_per_minute_per_project_per_base_model", fleet.LimitRPM, true},
	{"generate_content_input_tokens_per_minute_per_base_model", fleet.LimitITPM, true},
	{"generate_content_output_tokens_per_minute_per_base_model", fleet.LimitOTPM, true},
	{"online_prediction_requests_per_base_model", fleet.LimitRPM, false},
	{"online_prediction_tokens_per_minute_per_base_model", fleet.LimitTPM, false},
	{"online_prediction_input_tokens_per_minute_per_base_model", fleet.LimitITPM, false},
	{"online_prediction_output_tokens_per_minute_per_base_model", fleet.LimitOTPM, false},
}

// quota is a metric as Service Usage tells it. Buckets come from the least to the most specific one.
type quota struct {
	Limits []struct {
		Unit    string `json:"unit"`
		Buckets []struct {
			Limit      json.RawMessage   `json:"effectiveLimit"`
			Dimensions map[string]string `json:"dimensions"`
		} `json:"quotaBuckets"`
	} `json:"consumerQuotaLimits"`
}

// limits reads the quotas of the configured models, as limits of the account: of each kind the smallest. They are what Google
// grants, not what is left. Without configured models there are none, since a quota is one model's.
func (r *reader) limits(ctx context.Context) ([]fleet.Limit, []fleet.Notice) {
	var all []fleet.Limit
	var notices []fleet.Notice
	for _, m := range metrics {
		var used []fleet.ModelName
		for _, model := range r.spec.Models {
			if strings.HasPrefix(string(bare(model)), "gemini-") == m.gemini {
				used = append(used, model)
			}
		}
		if len(used) == 0 {
			continue
		}
		q, err := r.quota(ctx, r.set.prefix()+m.name)
		switch {
		case fleet.KindOf(err) == fleet.KindNotFound: // not every project has each
			continue
		case err != nil:
			return nil, append(notices, rented.Without(fleet.Text("its quotas"), err))
		}
		for _, model := range used {
			limit := q.limit(bare(model), r.set)
			if !limit.OK {
				continue
			}
			all = append(all, fleet.Limit{Kind: m.kind, Max: limit})
			if limit.V == 0 {
				notices = append(notices, rented.Of(model, fleet.Text(" has a quota "), fleet.Quote(string(m.kind)),
					fleet.Text(" of 0: every request is refused until Google raises it")))
			}
		}
	}
	return rented.Tightest(all), notices
}

func (r *reader) quota(ctx context.Context, name string) (quota, error) {
	return readQuota(ctx, ask(r.quotas), "/v1beta1/projects/"+url.PathEscape(r.set.project)+
		"/services/aiplatform.googleapis.com/consumerQuotaMetrics/"+url.PathEscape("aiplatform.googleapis.com/"+name))
}

func readQuota(ctx context.Context, get func(context.Context, string) (*httpx.Reply, error), path string) (quota, error) {
	var q quota
	reply, err := get(ctx, path)
	if err != nil {
		return q, err
	}
	return q, reply.JSON(&q)
}

// prefix is what the metrics of an endpoint that is no region's begin with.
func (s settings) prefix() string {
	switch {
	case s.location == "global":
		return "global_"
	case !s.isRegion():
		return s.location + "_multi_region_"
	default:
		return ""
	}
}

// limit is what a model may take in a minute: of each limit the most specific bucket that is its own and the location's, and of
// these the smallest. Unknown where none is, where it is not limited, and where the value is no number.
func (q quota) limit(model fleet.ModelName, s settings) fleet.Maybe[float64] {
	out := fleet.None[float64]()
	for _, l := range q.Limits {
		if !strings.HasPrefix(l.Unit, "1/min/") { // there are limits of a day, too
			continue
		}
		most, found := -1, fleet.None[float64]()
		for _, b := range l.Buckets {
			if len(b.Dimensions) >= most && s.covers(b.Dimensions, model) {
				most, found = len(b.Dimensions), amount(b.Limit)
			}
		}
		if found.OK && (!out.OK || found.V < out.V) {
			out = found
		}
	}
	return out
}

// covers tells whether a bucket counts what a model answers in the location.
func (s settings) covers(dimensions map[string]string, model fleet.ModelName) bool {
	for name, value := range dimensions {
		switch name {
		case "base_model":
			if !slices.Contains(baseNames(model), value) {
				return false
			}
		case "region":
			if value != s.location {
				return false
			}
		default:
			return false // of whom or what else is not known
		}
	}
	return true
}

// baseNames are the names that quotas have for a model.
func baseNames(model fleet.ModelName) []string {
	name := string(model)
	return []string{name, name + "-ga", "anthropic-" + name}
}

// amount reads a whole number, which Google writes as text. Minus one is "without limit".
func amount(raw json.RawMessage) fleet.Maybe[float64] {
	text := string(raw)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return fleet.None[float64]()
	}
	return fleet.Some(float64(n))
}
