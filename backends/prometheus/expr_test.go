package prometheus

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// TestEveryQuestionIsPromQL parses what is asked about pools of each engine, and about GPUs.
func TestEveryQuestionIsPromQL(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	for _, engine := range []string{"vllm", "sglang", "trtllm", "tgi", "llamacpp"} {
		table, known := namesOf(engine)
		if !known {
			t.Fatalf("%s is not known", engine)
		}
		ask := newPooled(table, `namespace="llm"`, 5*time.Minute)
		for _, q := range []string{ask.load(20), ask.each()} {
			if _, err := p.ParseExpr(q); err != nil {
				t.Errorf("%s: %v in %s", engine, err, q)
			}
		}
	}
	if _, err := p.ParseExpr(gpuQuestion(`job="dcgm"`, 20)); err != nil {
		t.Error(err)
	}
}
