package registry

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
)

// knows names what a reading knows.
func knows(e fleet.EngineReading) map[string]bool {
	return map[string]bool{
		"running": e.Running.OK, "waiting": e.Waiting.OK, "KV": e.KVUsage.OK, "capacity": e.KVCapacity.OK,
		"prompt": e.PromptTokens.OK, "output": e.OutputTokens.OK, "finished": e.Finished.OK, "work": e.Work.OK || e.Pulse.OK,
		"first token": !e.TTFT.IsZero(), "inter-token": !e.ITL.IsZero(), "whole": !e.E2E.IsZero(), "queue": !e.QueueTime.IsZero(),
	}
}

// Every engine that is played is read by its connector, which does not know that it is played: what the system offers is
// known, and nothing else is.
func TestThePlayedEnginesAreRead(t *testing.T) {
	for kind, lacks := range map[string][]string{
		"vllm": {"work"}, "sglang": {}, "trtllm": {"inter-token"}, "triton": {"prompt", "output", "inter-token"},
		"tgi": {"first token", "inter-token"}, "llamacpp": {"KV", "capacity", "finished", "first token", "inter-token", "whole", "queue"},
	} {
		t.Run(kind, func(t *testing.T) {
			clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
			f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, Engines: map[string]string{"b200-a": kind}})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if err := clock.Advance(t.Context(), 2*time.Minute); err != nil {
				t.Fatal(err)
			}
			specs := f.Inventory().Sources
			i := slices.IndexFunc(specs, func(s fleet.SourceSpec) bool { return s.ID == "b200-a-r1" })
			spec := specs[i]
			spec.Kind = kind
			if !strings.HasPrefix(spec.URL, "http") {
				spec.URL = f.URL("b200-a-r1")
			}
			readers, problems := Set(Connectors()).Readers([]fleet.SourceSpec{spec}, fleet.Deps{Clock: clock, Secret: f.Secret})
			if len(problems) != 0 {
				t.Fatal(problems)
			}
			p, err := readers[spec.ID].Read(t.Context())
			if err != nil || len(p.Notices) != 0 || len(p.Engines) == 0 {
				t.Fatalf("%+v, %v", p, err)
			}
			known := map[string]bool{}
			running := 0.0
			for _, e := range p.Engines {
				if kind != "llamacpp" && e.Model != "llama-70b" {
					t.Errorf("model %q", e.Model)
				}
				for name, ok := range knows(e) {
					known[name] = known[name] || ok
				}
				running += float64(e.Running.V)
			}
			for name, ok := range known {
				if ok == slices.Contains(lacks, name) {
					t.Errorf("%s known: %v", name, ok)
				}
			}
			if running <= 0 || math.IsInf(running, 0) || p.Health == fleet.Some(false) || !p.NotReady.IsEmpty() {
				t.Errorf("%v run, health %v, %q", running, p.Health, p.NotReady)
			}
		})
	}
}
