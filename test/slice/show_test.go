package slice

import (
	"testing"

	"pitwall/fleet"
)

// show logs a snapshot, for reading after a failure.
func show(t *testing.T, s *fleet.Snapshot) {
	t.Helper()
	t.Logf("%s req %s err %s%% ttft95 %s itl95 %s queue %s gpu %s kv %s $/h %s", s.At.Format("15:04:05"), fleet.Show(s.Totals.Load.Requests),
		fleet.Show(s.Totals.Load.Errors), fleet.Show(s.Totals.Load.TTFT95), fleet.Show(s.Totals.Load.ITL95), fleet.Show(s.Totals.Load.Waiting),
		fleet.Show(s.Totals.GPUUtil), fleet.Show(s.Totals.Load.KV), fleet.Show(s.Totals.Burn))
	for _, p := range s.Pools {
		t.Logf("  pool %-8s %-8s %s ready %d/%d req %s err %s ttft %s kv %s out %s gpu %s $/h %s $/M %s rating %v", p.Spec.ID, p.State, p.Why, p.Ready, p.Desired,
			fleet.Show(p.Load.Requests), fleet.Show(p.Load.Errors), fleet.Show(p.Load.TTFT95), fleet.Show(p.Load.KV), fleet.Show(p.Load.OutRate), fleet.Show(p.GPUUtil), fleet.Show(p.Burn), fleet.Show(p.PerMTok), p.Rating)
	}
	for _, p := range s.Providers {
		t.Logf("  prov %-8s %-8s %s req %s $/h %s limits %v", p.Spec.ID, p.State, p.Why, fleet.Show(p.Load.Requests), fleet.Show(p.Burn), p.Limits)
	}
	for _, rt := range s.Routes {
		t.Logf("  route %s %s %s weights %v", rt.Spec.ID, rt.State, rt.Why, rt.Weights)
		for _, tg := range rt.Targets {
			t.Logf("     %s set %v seen %v eff %v req %s err %s ttft %s %s %s price %s carried %v", tg.Spec.ID, tg.Set, tg.Seen, tg.Effective, fleet.Show(tg.Load.Requests), fleet.Show(tg.Load.Errors), fleet.Show(tg.Load.TTFT95), tg.State, tg.Why, fleet.Show(tg.Price), tg.Carried)
		}
	}
	for _, a := range s.Alerts {
		t.Logf("  alert %s %s %s %s", a.Level, a.Object, a.Text, a.Detail)
	}
	for _, src := range s.Sources {
		if !src.Err.IsEmpty() {
			t.Logf("  source %s %s", src.ID, src.Err)
		}
	}
}
