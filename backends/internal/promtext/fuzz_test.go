package promtext

import (
	"bytes"
	"math"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// FuzzPage: no body makes the parser panic; no page that was cut is accepted, wherever the cut is, unless it fell on a
// line end; what is accepted is finite and was kept whole; and where the reference parser reads
// the page too, it sees the same gauge.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		"# TYPE running gauge\nrunning{engine=\"0\"} 12\n",
		"tokens_total 3.57e+010\n",
		"ttft_seconds_bucket{le=\"0.1\"} 1\nttft_seconds_bucket{le=\"+Inf\"} 2\nttft_seconds_sum 1\nttft_seconds_count 2\n",
		"running{a=\"\\\"\\\\\\n\"} NaN\n", "{\"x\":1}", "<html>", "running 1",
		"# TYPE running counter\nrunning 1\n", "x{y=\"z\"} 1 5\n",
		"running{a=\"1\"} 1\nrunning{a=\"1\"} 2\n", "\n\n \t\n", "running{} 1\n", "running {a=\"b\"} 1\n",
	} {
		f.Add([]byte(seed), uint(4))
	}
	f.Fuzz(func(t *testing.T, body []byte, cut uint) {
		var p Page
		err := table().Parse(body, &p)
		if err != nil {
			if len(p.Samples) != 0 {
				t.Fatalf("half of a refused page was kept: %q", body)
			}
			return
		}
		for _, s := range p.Samples {
			if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) || s.Family > famEither {
				t.Fatalf("%+v of %q", s, body)
			}
			s.Labels.Value("a")
		}
		agrees(t, body, &p)
		n := cut % uint(len(body))
		if err := table().Parse(body[:n], &p); err == nil && (n == 0 || body[n-1] != '\n') {
			t.Fatalf("cut page %q was accepted", body[:n])
		}
	})
}

func agrees(t *testing.T, body []byte, p *Page) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil || families["running"] == nil {
		return
	}
	list := families["running"].GetMetric()
	if len(list) != 1 || len(list[0].GetLabel()) != 0 {
		return
	}
	// A TYPE line in another form than exporters write ("#TYPE x Counter") is a comment here and a type there: the
	// value must be the same whatever it is called.
	want := list[0].GetGauge().GetValue() + list[0].GetUntyped().GetValue() + list[0].GetCounter().GetValue()
	for _, s := range p.Samples {
		if s.Family == famRunning && s.Value != want {
			t.Fatalf("running is %v, the other parser says %v: %q", s.Value, want, body)
		}
	}
}
