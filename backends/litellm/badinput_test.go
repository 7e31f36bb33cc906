package litellm

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

// A write after which no replica has any member of the route any more is no success: nothing is read back, and no further weight is
// sent into the void.
func TestAWriteThatEvictsAllMembers(t *testing.T) {
	g := newFake(t, 2)
	evict := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for _, r := range g.replicas {
			r.loaded = slices.DeleteFunc(slices.Clone(r.loaded), func(m fakeRow) bool { return m.Route == "chat" })
		}
	}
	w, r := g.writer(t), chatRoute("a", "b")
	if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
		t.Fatal(err)
	}
	evict()
	for _, held := range w.ReadBack(context.Background(), r) {
		if len(held.Weights) != 0 || held.Hash() == fleet.HashWeights(after5050) || held.Hash() == fleet.HashWeights(before6040) {
			t.Errorf("%s is told to hold %v", held.Replica, held.Weights)
		}
	}
	n := len(g.writes())
	err := w.SetWeights(context.Background(), r, after5050, before6040)
	if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "a on gw-1") || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("the way back: %v", err)
	}
	if len(g.writes()) != n {
		t.Error("weights of members that are not there were sent")
	}
	p, err := g.read(t, withKey)
	if err != nil || slices.ContainsFunc(p.Gateway.Deployments, func(d fleet.DeploymentReading) bool { return d.Route == "chat" }) {
		t.Errorf("%+v, %v", p.Gateway, err)
	}
}

// Another console, or the admin UI, writes between our two calls, and on another replica: what is stored in the end is told as it
// is, and the next change does not take it for its own.
func TestTheWebUIWritesBetweenTheTwoCalls(t *testing.T) {
	g := newFake(t, 2)
	n := 0
	g.refuse(0, func(method, _ string) (int, string) {
		if method == http.MethodPatch {
			if n++; n == 2 {
				g.set(1, "b", 10) // b was just set to 50
			}
		}
		return 0, ""
	})
	w, r := g.writer(t), chatRoute("a", "b")
	_ = w.SetWeights(context.Background(), r, before6040, after5050)
	g.propagate()
	if n != 2 {
		t.Fatalf("%d calls", n)
	}
	for _, held := range w.ReadBack(context.Background(), r) {
		if want := (fleet.Weights{"a": 50, "b": 10}); held.Err != nil || !held.Weights.Equal(want) {
			t.Errorf("%s is told to hold %v, %v", held.Replica, held.Weights, held.Err)
		}
	}
	if err := w.SetWeights(context.Background(), r, after5050, before6040); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "b has 10 there") {
		t.Errorf("the way back over somebody else's weight: %v", err)
	}
	if got := g.stored(); got["b"] != 10 {
		t.Errorf("their weight was overwritten: %v", got)
	}
}

// A version that nobody here knows is read and written by what it says of itself; a name that is no version by nothing.
func TestVersionsOfTomorrow(t *testing.T) {
	for version, knows := range map[string]bool{"9.99.0": true, "2.0.0rc1": true, "2027-nightly": false, "\x1b[31m": false} {
		g := newFake(t, 1)
		g.version = version
		p, err := g.read(t, withKey)
		if err != nil || !fleet.IsClean(p.Version.String()) || len(p.Gateway.Deployments) != 3 {
			t.Fatalf("%q: %v, %v", version, p.Version, err)
		}
		if by := p.Gateway.Routing["chat"].ByOrder; by.OK != knows || knows && !by.V {
			t.Errorf("%q: whether orders decide is %v", version, by)
		}
		if !p.Gateway.CanBlock.V { // asked of its own description, not of the number
			t.Errorf("%q: %v", version, p.Gateway.CanBlock)
		}
		if err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050); err != nil || !g.stored().Equal(after5050) {
			t.Errorf("%q: %v, %v", version, g.stored(), err)
		}
	}
}
