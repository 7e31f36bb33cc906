package vertexai

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const quotaPath = "GET /v1beta1/projects/acme/services/aiplatform.googleapis.com/consumerQuotaMetrics/aiplatform.googleapis.com%2F"

// quotas reads with these answers to questions about metrics; the others are not there.
func quotas(t *testing.T, models []fleet.ModelName, location string, answers map[string]string) (fleet.Partial, []string) {
	t.Helper()
	v := serve(t, func(call, _ string) (int, string) {
		if name, ok := strings.CutPrefix(call, quotaPath); ok {
			if body, ok := answers[name]; ok {
				return 0, body
			}
			return 404, `{"error":{"status":"NOT_FOUND"}}`
		}
		return 0, sample(t, "models")
	})
	p, err := v.probe(t, models, "project", "acme", "quotas_url", "here", "location", location)
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, c := range v.calls {
		if name, ok := strings.CutPrefix(c, quotaPath); ok {
			asked = append(asked, name)
		}
	}
	return p, asked
}

const requests = "generate_content_requests_per_minute_per_project_per_base_model"

func TestQuotasOfTheLocation(t *testing.T) {
	p, asked := quotas(t, []fleet.ModelName{"gemini-2.5-pro"}, "europe-west4", map[string]string{requests: sample(t, "quota")})
	if want := []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(300.0)}}; !reflect.DeepEqual(p.Provider.Limits, want) || len(asked) != 3 {
		t.Errorf("limits %+v of %q", p.Provider.Limits, asked)
	}
	// One without a limit of its own does not hide another's; one that has none of its own has that of the region.
	p, _ = quotas(t, []fleet.ModelName{"gemini-3.5-flash", "google/gemini-2.5-pro", "gemini-9"}, "europe-west4", map[string]string{requests: sample(t, "quota")})
	if want := []fleet.Limit{{Kind: fleet.LimitRPM, Max: fleet.Some(60.0)}}; !reflect.DeepEqual(p.Provider.Limits, want) {
		t.Errorf("limits %+v", p.Provider.Limits)
	}
	p, asked = quotas(t, nil, "europe-west4", map[string]string{requests: sample(t, "quota")})
	if p.Provider.Limits != nil || len(asked) != 0 {
		t.Errorf("without models: %+v of %q", p.Provider.Limits, asked)
	}
	for location, prefix := range map[string]string{"global": "global_", "eu": "eu_multi_region_"} {
		if _, asked = quotas(t, []fleet.ModelName{"claude-opus-5"}, location, nil); len(asked) != 4 || asked[0] != prefix+"online_prediction_requests_per_base_model" {
			t.Errorf("%s: %q", location, asked)
		}
	}
}

// Google grants new projects a quota of nothing for partners' models: each request is then refused.
func TestAQuotaOfNothingIsSaid(t *testing.T) {
	p, _ := quotas(t, []fleet.ModelName{"claude-opus-5@default"}, "us-east5", map[string]string{"online_prediction_input_tokens_per_minute_per_base_model": `{"consumerQuotaLimits":[{
		"unit":"1/min/{project}/{region}/{base_model}","quotaBuckets":[{"effectiveLimit":"0","dimensions":{"region":"us-east5","base_model":"anthropic-claude-opus-5"}}]}]}`})
	if want := []fleet.Limit{{Kind: fleet.LimitITPM, Max: fleet.Some(0.0)}}; !reflect.DeepEqual(p.Provider.Limits, want) ||
		!strings.Contains(texts(p), "WARN model claude-opus-5@default has a quota itpm of 0") {
		t.Errorf("%+v\n%s", p.Provider.Limits, texts(p))
	}
}

func TestQuotasThatMakeNoSenseAreUnknown(t *testing.T) {
	bucket := func(s string) string {
		return `{"consumerQuotaLimits":[{"unit":"1/min/{project}","quotaBuckets":[` + s + `]}]}`
	}
	for _, body := range []string{`{}`, bucket(``), bucket(`{}`), bucket(`{"effectiveLimit":"many"}`), bucket(`{"effectiveLimit":"-1"}`), bucket(`{"effectiveLimit":1.5}`),
		bucket(`{"effectiveLimit":"99999999999999999999"}`), bucket(`{"effectiveLimit":null}`), bucket(`{"effectiveLimit":{}}`),
		bucket(`{"effectiveLimit":"5","dimensions":{"user":"x"}}`), bucket(`{"effectiveLimit":"5","dimensions":{"region":"mars"}}`),
		`{"consumerQuotaLimits":[{"unit":"1/d/{project}","quotaBuckets":[{"effectiveLimit":"5"}]}]}`} {
		if p, _ := quotas(t, []fleet.ModelName{"gemini-2.5-pro"}, "europe-west4", map[string]string{requests: body}); len(p.Provider.Limits) != 0 || p.Provider.Authorised != fleet.Some(true) {
			t.Errorf("%s: %+v", body, p.Provider.Limits)
		}
	}
	for _, body := range []string{`{"consumerQuotaLimits":7}`, `<html>`, `{"error":`} {
		p, _ := quotas(t, []fleet.ModelName{"gemini-2.5-pro"}, "europe-west4", map[string]string{requests: body})
		if p.Provider.Limits != nil || !strings.Contains(texts(p), "not known: its quotas") {
			t.Errorf("%s: %+v\n%s", body, p.Provider.Limits, texts(p))
		}
	}
}

func TestASmallerLimitOfTheSameMetricWins(t *testing.T) {
	var q quota
	if err := json.Unmarshal([]byte(`{"consumerQuotaLimits":[{"unit":"1/min/{project}","quotaBuckets":[{"effectiveLimit":"40"}]},
		{"unit":"1/min/{project}/{region}","quotaBuckets":[{"effectiveLimit":"90","dimensions":{"region":"r-1"}}]}]}`), &q); err != nil {
		t.Fatal(err)
	}
	if got := q.limit("m", settings{location: "r-1"}); got != fleet.Some(40.0) {
		t.Errorf("%v", got)
	}
}

func FuzzQuota(f *testing.F) {
	f.Add(sample(f, "quota"))
	f.Add(`{"consumerQuotaLimits":[{"unit":"1/min/x","quotaBuckets":[{"effectiveLimit":"1e9","dimensions":{"base_model":"gemini-2.5-pro-ga"}}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := readQuota(t.Context(), func(context.Context, string) (*httpx.Reply, error) { return &httpx.Reply{Body: []byte(text)}, nil }, "/x")
		if err != nil {
			return
		}
		if got := q.limit("gemini-2.5-pro", settings{location: "europe-west4"}); got.OK && !(got.V >= 0) || !got.OK && got.V != 0 {
			t.Errorf("%v", got)
		}
	})
}
