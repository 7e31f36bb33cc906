package kong

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

// Nodes with caches or databases of their own, of which one took the write: each is told by what it holds itself.
func TestHalfOfTheNodesTakeTheWrite(t *testing.T) {
	one, two := newFake(t), newFake(t)
	made, err := newWriter(fleet.GatewaySpec{ID: "edge", Auth: key, Replicas: []fleet.GatewayReplicaSpec{
		{ID: "kong-1", URL: one.URL}, {ID: "kong-2", URL: two.URL}}}, testDeps(&bytes.Buffer{}))
	must(t, err)
	must(t, made.SetWeights(t.Context(), chat, w6040, w1090))
	back := made.ReadBack(t.Context(), chat)
	if len(back) != 2 || !back[0].Weights.Equal(w1090) || !back[1].Weights.Equal(w6040) || back[0].Err != nil || back[1].Err != nil {
		t.Errorf("%+v", back)
	}
	if n := len(two.calls(http.MethodPatch)); n != 0 {
		t.Errorf("%d writes to the other", n)
	}
	must(t, made.SetWeights(t.Context(), chat, w1090, w6040))
	for _, b := range made.ReadBack(t.Context(), chat) {
		if !b.Weights.Equal(w6040) {
			t.Errorf("taken back, %s holds %v", b.Replica, b.Weights)
		}
	}
}

// Kong answers 200 and stores a plugin without targets, or an upstream whose targets are gone.
func TestAWriteThatEvictsAllTargets(t *testing.T) {
	f := newFake(t)
	f.alter = func(doc map[string]any) map[string]any {
		if config, ok := doc["config"].(map[string]any); ok {
			config["targets"] = []any{}
		}
		return doc
	}
	w := f.writer(t, &bytes.Buffer{})
	err := w.SetWeights(t.Context(), chat, w6040, w1090)
	if err == nil {
		t.Error("a plugin without targets is a success")
	}
	noCanary(t, err.Error())
	if back := w.ReadBack(t.Context(), chat)[0]; back.Err == nil && len(back.Weights) > 0 {
		t.Errorf("read back %v", back.Weights)
	}
	f.alter = nil
	if err := w.SetWeights(t.Context(), chat, w1090, w6040); err == nil {
		t.Error("weights of targets that are not there were set")
	}
	if p := f.read(t, nil); members(p, "chat") != "" {
		t.Errorf("it is told to hold %s", members(p, "chat"))
	}
	f = newFake(t)
	n := 0
	f.before = func(f *fake, method, _ string) {
		if method == http.MethodPatch {
			if n++; n == 2 {
				f.mu.Lock()
				f.targets["llm.pool"] = nil
				f.mu.Unlock()
			}
		}
	}
	w = f.writer(t, &bytes.Buffer{})
	if err := w.SetWeights(t.Context(), pool, w100, w5050); err == nil || strings.Contains(err.Error(), "the weights are as before") {
		t.Errorf("upstream: %v", err)
	}
	if back := w.ReadBack(t.Context(), pool)[0]; len(back.Weights) > 0 {
		t.Errorf("upstream: read back %v", back.Weights)
	}
}

// A version of tomorrow with a plugin that this program knows is read and written; what it does not know is fixed, with the reason.
func TestVersionsOfTomorrow(t *testing.T) {
	for version, clean := range map[string]bool{"9.0.0.0": true, "\x1b[31mnew": false} {
		f := newFake(t)
		f.version = version
		f.set(1, "/config/balancer/algorithm", "of-tomorrow")
		p := f.read(t, nil)
		if !fleet.IsClean(p.Version.String()) || clean && p.Version.String() != version {
			t.Errorf("version %q", p.Version)
		}
		if g := p.Gateway.Routing["code"]; g.Weighing != fleet.WeighingUnknown || !strings.Contains(g.Fixed.String(), "of-tomorrow") {
			t.Errorf("%q: %+v", version, g)
		}
		must(t, f.writer(t, &bytes.Buffer{}).SetWeights(t.Context(), chat, w6040, w1090))
	}
}
