package slice

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/fleet"
)

// TestEveryFormatIsRead reads the embedded fleet through the connectors of all engines and GPU exporters that it can
// speak as.
func TestEveryFormatIsRead(t *testing.T) {
	for name, o := range map[string]sim.Options{
		"the demo's own": {},
		"the others": {Engines: map[string]string{"b200-a": "triton", "h100-b": "llamacpp", "h100-c": "vllm"},
			Exporters: map[string]string{"b200-a": "nvidia-gpu", "h100-b": "amd"}},
	} {
		t.Run(name, func(t *testing.T) { readFormats(t, o) })
	}
}

func readFormats(t *testing.T, o sim.Options) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC))
	o.Clock = clock
	f, err := sim.Listen(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	deps := fleet.Deps{Clock: clock, Log: slog.New(slog.DiscardHandler), Secret: f.Secret}
	inv := f.Inventory()
	readers, problems := registry.Set(registry.Connectors()).Readers(inv.Sources, deps)
	for id, err := range problems {
		t.Fatalf("%s: %v", id, err)
	}
	if err := clock.Advance(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, s := range inv.Sources {
		if s.Subject.Replica == "" && s.Subject.Node == "" { // a gateway or a provider
			continue
		}
		p, err := readers[s.ID].Read(t.Context())
		if err != nil {
			t.Errorf("%s: %v", s.ID, err)
			continue
		}
		if s.Subject.Replica != "" {
			checkEngine(t, s, p)
			continue
		}
		if len(p.GPUs) != 8 {
			t.Errorf("%s: %d GPUs", s.ID, len(p.GPUs))
		}
		for _, g := range p.GPUs {
			if !g.Util.OK || !g.Power.OK || !g.Temp.OK || !g.MemUsed.OK || g.Power.V < 50 || g.MemUsed.V < 1<<30 {
				t.Errorf("%s: %+v", s.ID, g)
			}
		}
	}
}

// checkEngine holds a reading against what every engine must tell: its load, and that tokens were made where it has any.
func checkEngine(t *testing.T, s fleet.SourceSpec, p fleet.Partial) {
	t.Helper()
	running, moved := fleet.Count(0), false
	for _, e := range p.Engines {
		if !e.Running.OK || !e.Waiting.OK {
			t.Errorf("%s: the load is unknown: %+v", s.ID, e)
		}
		running += e.Running.V
		moved = moved || e.OutputTokens.V > 0 || e.Work.V > 0 || e.Finished.V > 0
	}
	if idle := s.Subject.Pool == "h200-dr"; len(p.Engines) == 0 || idle != (running == 0) || idle == moved {
		t.Errorf("%s: %d engines run %v requests, moved %v", s.ID, len(p.Engines), running, moved)
	}
}
