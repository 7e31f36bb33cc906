package sglang

import (
	"testing"

	"pitwall/fleet"
)

// FuzzPage: whatever stands on a page, it is read or refused, and no number that is said to be known is not one.
func FuzzPage(f *testing.F) {
	f.Add([]byte("sglang:num_queue_reqs{dp_rank=\"0\",model_name=\"m\",tp_rank=\"0\"} 4\nsglang:num_requests_total{model_name=\"m\"} 9\n"))
	f.Add([]byte("sglang:num_running_reqs{dp_rank=\"0\",engine_type=\"decode\",model_name=\"m\",pid=\"7\",tp_rank=\"x\"} 1e308\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Connector().NewDecoder().Decode(body)
		if err != nil {
			if fleet.KindOf(err) != fleet.KindInvalid {
				t.Fatal(err)
			}
			return
		}
		for _, e := range p.Engines {
			for _, v := range []float64{float64(e.Running.V), float64(e.Waiting.V), float64(e.KVUsage.V), e.PrefixHits.V, e.Work.V} {
				if v-v != 0 {
					t.Fatalf("%v is no number: %+v", v, e)
				}
			}
		}
	})
}
