package sim

import (
	"context"
	"io"
	"net/http"
	"testing"

	"pitwall/fleet"
)

// BenchmarkPage says what one read of an engine's page costs over loopback.
func BenchmarkPage(b *testing.B) {
	for _, engine := range []string{"vllm", "sglang", "trtllm", "tgi"} {
		b.Run(engine, func(b *testing.B) {
			clock := fleet.NewVirtualClock(noon)
			f, err := Listen(context.Background(), Options{Clock: clock, Engines: map[string]string{poolB200: engine}})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			url := f.URL("b200-a-r1") + map[string]string{"trtllm": "/prometheus"}[engine] + "/metrics"
			size := int64(0)
			for b.Loop() {
				resp, err := http.Get(url)
				if err != nil {
					b.Fatal(err)
				}
				size, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			b.ReportMetric(float64(size), "page-bytes")
		})
	}
}
