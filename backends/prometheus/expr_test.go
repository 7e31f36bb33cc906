package prometheus

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// TestEveryQuestionIsPromQL parses what is asked about pools of each engine, and about GPUs.
func TestEveryQuestionIsPromQL(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	for _, engine := range []string{"vllm", "sglang", "trtllm", "triton", "tgi", "llamacpp"} {
		table, known := namesOf(engine)
		if !known {
			t.Fatalf("%s is not known", engine)
		}
		ask := newPooled(table, []matcher{{"namespace", "=", "llm"}}, "chat", 5*time.Minute)
		for _, q := range []string{ask.load(20), ask.each()} {
			if _, err := p.ParseExpr(q); err != nil {
				t.Errorf("%s: %v in %s", engine, err, q)
			}
		}
	}
	for _, exporter := range []string{"dcgm", "nvidia-gpu", "amd", "triton"} {
		table, known := gpuNamesOf(exporter)
		if !known {
			t.Fatalf("%s is not known", exporter)
		}
		q := table.question(`job="x"`, 20)
		if _, err := p.ParseExpr(q); err != nil {
			t.Errorf("%s: %v in %s", exporter, err, q)
		}
	}
}
