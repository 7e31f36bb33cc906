package kong

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

var hashA, hashB = strings.Repeat("a", 32), strings.Repeat("b", 32)

func hybrid(t *testing.T, planes ...map[string]any) *fake {
	t.Helper()
	f := newFake(t)
	f.role, f.planes = controlPlane, planes
	return f
}

// planeOf is one data plane that was seen some seconds ago by the clock of the server.
func planeOf(host, hash string, ago int64) map[string]any {
	return map[string]any{"hostname": host, "config_hash": hash, "sync_status": "normal", "last_seen": time.Now().Unix() - ago}
}

func TestDataPlanesThatLagArePending(t *testing.T) {
	refusing := planeOf("dp-2", hashA, 3)
	refusing["sync_status"] = "plugin_version_incompatible"
	for name, c := range map[string]struct {
		planes []map[string]any
		want   string
		notice string
	}{
		"agreed":  {[]map[string]any{planeOf("dp-1", hashA, 1), planeOf("dp-2", hashA, 30)}, "", ""},
		"lagging": {[]map[string]any{planeOf("dp-1", hashA, 1), planeOf("dp-2", hashA, 1), planeOf("dp-3", hashB, 1)}, "1 of 3 data planes hold another configuration than the others: dp-3", ""},
		"refused": {[]map[string]any{planeOf("dp-1", hashA, 1), refusing}, "data plane dp-2 refuses the configuration: plugin_version_incompatible", ""},
		"empty":   {[]map[string]any{planeOf("dp-1", emptyHash, 1)}, "data plane dp-1 has no configuration yet", ""},
		"ended":   {[]map[string]any{planeOf("dp-1", hashA, 1), planeOf("dp-0", hashB, 4000)}, "", "1 data planes have been silent"},
		"none":    {nil, "", "no data plane is connected"},
	} {
		p := hybrid(t, c.planes...).read(t, nil)
		if got := p.Gateway.Routing["chat"].Pending.String(); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
		if said := len(p.Notices) == 1 && strings.Contains(p.Notices[0].Text.String(), c.notice); said != (c.notice != "") {
			t.Errorf("%s: %v", name, p.Notices)
		}
	}
}

// After a change all data planes agree, on what was before: that is not taken for done.
func TestDataPlanesHaveToTakeTheChangeOver(t *testing.T) {
	f := hybrid(t, planeOf("dp-1", hashA, 1), planeOf("dp-2", hashA, 1))
	w := f.writer(t, &bytes.Buffer{})
	pending := func() string { return w.ReadBack(t.Context(), chat)[0].Pending.String() }
	if got := pending(); got != "" {
		t.Fatalf("before: %s", got)
	}
	must(t, w.SetWeights(t.Context(), chat, w6040, fleet.Weights{"llama": 10, "gpt": 90}))
	if got := pending(); got != "2 of 2 data planes still hold the configuration of before the change: dp-1" {
		t.Errorf("after: %q", got)
	}
	f.planes = []map[string]any{planeOf("dp-1", hashB, 1), planeOf("dp-2", hashA, 1)}
	if got := pending(); got != "1 of 2 data planes still hold the configuration of before the change: dp-2" {
		t.Errorf("half: %q", got)
	}
	must(t, w.SetWeights(t.Context(), chat, fleet.Weights{"llama": 10, "gpt": 90}, w6040)) // back while they differ
	f.planes = []map[string]any{planeOf("dp-1", hashA, 1), planeOf("dp-2", hashA, 1)}
	if got := pending(); got != "" {
		t.Errorf("back: %q", got)
	}
}
