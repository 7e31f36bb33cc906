package trtllm

import (
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func TestTheQueueOfRecordsIsNeverAsked(t *testing.T) {
	for _, path := range []string{"", "/", "/metrics", "/prometheus", "/prometheus/metrics", "/prometheus/metrics/", "/perf_metrics", "/metrics?x=1"} {
		s := contract.ServeAnswers(t, func(path string) *contract.Answer {
			switch path {
			case metricsPath:
				return &contract.Answer{Body: strings.ReplaceAll(page("", "undefined"), "trtllm\"", "undefined\"")}
			case "/v1/models":
				return &contract.Answer{Body: `{"object":"list","data":[{"id":"big"}]}`}
			}
			return nil
		})
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + path}, fleet.SystemClock{})
		for range 2 {
			p, err := r.Read(t.Context())
			if err != nil || len(p.Engines) != 1 || p.Engines[0].Model != "big" {
				t.Errorf("%q: %+v, %v", path, p.Engines, err)
			}
		}
		s.Only(t, "GET "+metricsPath, "GET /health", "GET /version", "GET /v1/models")
	}
}

func TestTheModelOfThePoolStandsInForUndefined(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path == metricsPath {
			return &contract.Answer{Body: page("", "undefined")}
		}
		return nil
	})
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Models: []fleet.ModelName{"big"}}, fleet.SystemClock{})
	if p, err := r.Read(t.Context()); err != nil || p.Engines[0].Model != "big" {
		t.Errorf("%+v, %v", p.Engines, err)
	}
}

func TestAMissingPageNamesTheSwitch(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return nil })
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
	_, err := r.Read(t.Context())
	if fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "return_perf_metrics: true") {
		t.Errorf("%v", err)
	}
}

func TestRecordsAreSaidAndNotReadAgain(t *testing.T) {
	for _, body := range []string{`[{"iter":154,"iterLatencyMS":7.0}]`, " \n[]", `{"detail":"x"}`} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: body} })
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{})
		for range 3 {
			_, err := r.Read(t.Context())
			if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "JSON") || !strings.Contains(err.Error(), metricsPath) {
				t.Errorf("%q: %v", body, err)
			}
		}
		if n := s.Count("GET " + metricsPath); n != 1 {
			t.Errorf("%q: asked %d times", body, n)
		}
	}
}

func TestTheSampleOfRecordsIsRefused(t *testing.T) {
	if _, err := Connector().NewDecoder().Decode(contract.Sample(t, "trtllm-serve-metrics-iteration-stats.synthesized.json")); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
}
