package litellm

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

var (
	before6040 = fleet.Weights{"a": 60, "b": 40}
	after5050  = fleet.Weights{"a": 50, "b": 50}
)

func TestShiftRaisesTheReceiverFirstAndPropagates(t *testing.T) {
	g := newFake(t, 3)
	w, r := g.writer(t), chatRoute("a", "b")
	if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
		t.Fatal(err)
	}
	if got, want := g.writes(), []string{"gw-1 b=50 200", "gw-1 a=50 200"}; !slices.Equal(got, want) {
		t.Errorf("writes %v, want %v", got, want)
	}
	held := w.ReadBack(context.Background(), r)
	if !held[0].Weights.Equal(after5050) || !held[1].Weights.Equal(before6040) || !held[2].Weights.Equal(before6040) {
		t.Errorf("before the poll the replicas hold %v", held)
	}
	g.propagate()
	for _, h := range w.ReadBack(context.Background(), r) {
		if h.Err != nil || h.Hash() != fleet.HashWeights(after5050) {
			t.Errorf("%s holds %v %v", h.Replica, h.Weights, h.Err)
		}
	}
}

func TestShiftIsIdempotent(t *testing.T) {
	g := newFake(t, 2)
	w, r := g.writer(t), chatRoute("a", "b")
	for range 3 {
		if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
			t.Fatal(err)
		}
		g.propagate()
	}
	if n := len(g.writes()); n != 2 {
		t.Errorf("%d writes, want 2", n)
	}
}

func TestAnInterruptedShiftIsCompleted(t *testing.T) {
	g := newFake(t, 2)
	g.set(0, "b", 50) // the first call of 60/40 -> 50/50, after which the program was killed
	if err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050); err != nil {
		t.Fatal(err)
	}
	if got := g.stored(); !got.Equal(after5050) {
		t.Errorf("stored %v", got)
	}
}

func TestSomeoneElsesChangeIsAConflict(t *testing.T) {
	for via := range 3 {
		g := newFake(t, 3)
		g.set(via, "b", 45) // only one replica knows yet
		err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
		if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("via %d: %v", via, err)
		}
		if n := len(g.writes()); n != 0 {
			t.Errorf("via %d: %d writes", via, n)
		}
	}
}

// A replica that lags by more than one step does not stop the next write, nor the way back.
func TestALaggingReplicaIsNoConflict(t *testing.T) {
	g := newFake(t, 2)
	w, r := g.writer(t), chatRoute("a", "b")
	steps := []fleet.Weights{before6040, after5050, {"a": 40, "b": 60}, {"a": 30, "b": 70}}
	for i := 1; i < len(steps); i++ { // the second replica never polls
		if err := w.SetWeights(context.Background(), r, steps[i-1], steps[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetWeights(context.Background(), r, steps[3], steps[1]); err != nil {
		t.Fatal(err)
	}
	if got := g.stored(); !got.Equal(after5050) {
		t.Errorf("stored %v", got)
	}
}

func TestHalfOfTheReplicasRefuseTheWrite(t *testing.T) {
	for _, status := range []int{401, 429, 500, 503} {
		g := newFake(t, 4)
		for _, r := range g.replicas[:2] {
			r.refuse = func(method, _ string) (int, string) {
				if method == http.MethodPatch {
					return status, `{"error":{"message":"no"}}`
				}
				return 0, ""
			}
		}
		if err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050); err != nil {
			t.Errorf("status %d: %v", status, err)
		}
		if got := g.stored(); !got.Equal(after5050) {
			t.Errorf("status %d: stored %v", status, got)
		}
	}
}

func TestAFailedSecondCallRestoresTheFirst(t *testing.T) {
	g := newFake(t, 2)
	for _, r := range g.replicas {
		r.refuse = func(_, path string) (int, string) {
			if path == "/model/a/update" {
				return 400, `{"error":{"message":"rpm and tpm must be set"}}`
			}
			return 0, ""
		}
	}
	err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
	if err == nil || !strings.Contains(err.Error(), "a did not take weight 50") ||
		!strings.Contains(err.Error(), "stored now: a=60 b=40, as before") {
		t.Errorf("error %v", err)
	}
	if got := g.stored(); !got.Equal(before6040) {
		t.Errorf("stored %v", got)
	}
	want := []string{"gw-1 b=50 200", "gw-1 a=50 400", "gw-1 b=40 200"}
	if got := g.writes(); !slices.Equal(got, want) {
		t.Errorf("writes %v, want %v", got, want)
	}
}

// The server's own failure may come after the write ("was saved to the database, but …"), so it is set back too.
func TestAnUncertainCallIsSetBackToo(t *testing.T) {
	g := newFake(t, 1)
	failing := true
	g.replicas[0].refuse = func(_, path string) (int, string) {
		if path == "/model/a/update" && failing {
			failing = false
			g.set(0, "a", 50)
			return 500, `{"error":{"message":"Model update was saved to the database, but the reload degraded"}}`
		}
		return 0, ""
	}
	err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
	if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "as before") {
		t.Errorf("error %v", err)
	}
	if got := g.stored(); !got.Equal(before6040) {
		t.Errorf("stored %v", got)
	}
}

func TestWhatCannotBeSetBackIsSaid(t *testing.T) {
	g := newFake(t, 1)
	n := 0
	g.replicas[0].refuse = func(method, _ string) (int, string) {
		if method == http.MethodPatch {
			if n++; n > 1 {
				return 403, `{"error":{"message":"key expired"}}`
			}
		}
		return 0, ""
	}
	err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
	if fleet.KindOf(err) != fleet.KindAuth ||
		!strings.Contains(err.Error(), "stored now: a=60 b=50; not set back: b, which may hold 50") {
		t.Errorf("error %v", err)
	}
}

func TestACancelledCallerStillGetsTheWayBack(t *testing.T) {
	g := newFake(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	g.replicas[0].refuse = func(_, path string) (int, string) {
		if path == "/model/a/update" && ctx.Err() == nil {
			cancel()
			return 503, "{}"
		}
		return 0, ""
	}
	err := g.writer(t).SetWeights(ctx, chatRoute("a", "b"), before6040, after5050)
	if err == nil || !g.stored().Equal(before6040) {
		t.Errorf("error %v, stored %v", err, g.stored())
	}
}

func TestModesThatCannotWriteSayWhy(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		change     func(*fakeGateway)
	}{
		{"no database", "without a database", func(g *fakeGateway) {
			g.hasDB = false
			fileModels(g)
		}},
		{"models in file", "only changes models that are kept in its database", fileModels},
		{"store off, the API's own refusal", "store_model_in_db is off", func(g *fakeGateway) { g.storeOn = false }},
		{"a strategy without weights", "least-busy, which ignores weights", func(g *fakeGateway) { g.strategy = "least-busy" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newFake(t, 2)
			tc.change(g)
			g.propagate()
			err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
			if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v", err)
			}
			if got := g.stored(); !got.Equal(before6040) {
				t.Errorf("stored %v", got)
			}
		})
	}
}

func fileModels(g *fakeGateway) {
	for i := range g.rows {
		g.rows[i].FromDB = false
	}
}

func TestAMixedGroupGetsNumbersEverywhere(t *testing.T) {
	g := newFake(t, 2)
	g.canUnset = true
	g.rows[1].Weight = nil
	g.propagate()
	w, r := g.writer(t), chatRoute("a", "b")
	held := w.ReadBack(context.Background(), r)
	if !held[0].Weights.Equal(fleet.Weights{"a": 60}) || !slices.Equal(held[0].Unset, []fleet.TargetID{"b"}) {
		t.Errorf("read back %v", held[0])
	}
	mixed := fleet.Weights{"a": 60}
	if err := w.SetWeights(context.Background(), r, mixed, fleet.Weights{"a": 60, "b": 0}); err != nil {
		t.Fatal(err)
	}
	if got := g.stored(); !got.Equal(fleet.Weights{"a": 60, "b": 0}) {
		t.Errorf("stored %v", got)
	}
	g.propagate()
	if err := w.SetWeights(context.Background(), r, fleet.Weights{"a": 60, "b": 0}, mixed); err != nil {
		t.Fatal(err)
	}
	if got := g.stored(); !got.Equal(mixed) {
		t.Errorf("undone to %v", got)
	}
	g.propagate()
	g.canUnset = false
	if err := w.SetWeights(context.Background(), r, mixed, after5050); err != nil {
		t.Fatal(err)
	}
	g.propagate()
	err := w.SetWeights(context.Background(), r, after5050, mixed)
	if fleet.KindOf(err) != fleet.KindUnsupported || !g.stored().Equal(after5050) {
		t.Errorf("an old version: %v, stored %v", err, g.stored())
	}
}

func TestAMemberThatLeftTheRouteIsNoMember(t *testing.T) {
	g := newFake(t, 1)
	g.replicas[0].loaded[1].Route = "chat-old"
	held := g.writer(t).ReadBack(context.Background(), chatRoute("a", "b"))[0]
	if !held.Weights.Equal(fleet.Weights{"a": 60}) || len(held.Unset) != 0 {
		t.Errorf("read back %v", held)
	}
}

// A gateway that says yes and stores something else is not believed.
func TestTheAnswerIsCompared(t *testing.T) {
	g := newFake(t, 1)
	g.refuse(0, func(method, _ string) (int, string) {
		if method == http.MethodPatch {
			return 200, `{"model_id":"b","model_name":"chat","litellm_params":"{\"weight\":40}"}`
		}
		return 0, ""
	})
	err := g.writer(t).SetWeights(context.Background(), chatRoute("a", "b"), before6040, after5050)
	if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "does not show it") {
		t.Errorf("got %v", err)
	}
}

func TestAnEvictedDeploymentIsVisible(t *testing.T) {
	g := newFake(t, 2)
	g.replicas[1].loaded = g.replicas[1].loaded[:1]
	w, r := g.writer(t), chatRoute("a", "b")
	held := w.ReadBack(context.Background(), r)[1]
	if _, ok := held.Weights["b"]; ok || len(held.Unset) != 0 || held.Hash() == fleet.HashWeights(before6040) {
		t.Errorf("read back %v", held)
	}
	if err := w.Resync(context.Background(), r, "gw-2"); err != nil {
		t.Fatal(err)
	}
	if held := w.ReadBack(context.Background(), r)[1]; !held.Weights.Equal(before6040) {
		t.Errorf("after the resync %v", held.Weights)
	}
	if got := g.stored(); !got.Equal(before6040) {
		t.Errorf("the resync changed the store: %v", got)
	}
}

func TestADeadReplicaIsAnErrorOfItsOwn(t *testing.T) {
	g := newFake(t, 3)
	w, r := g.writer(t), chatRoute("a", "b")
	g.replicas[0].server.Close()
	held := w.ReadBack(context.Background(), r)
	if held[0].Err == nil || held[0].Weights != nil || held[0].Hash() != "" || !held[1].Weights.Equal(before6040) {
		t.Errorf("read back %v", held)
	}
	if err := w.SetWeights(context.Background(), r, before6040, after5050); err != nil {
		t.Fatal(err)
	}
	for _, rep := range g.replicas[1:] {
		rep.server.Close()
	}
	err := w.SetWeights(context.Background(), r, after5050, before6040)
	if fleet.KindOf(err) != fleet.KindUnreachable || !g.stored().Equal(after5050) {
		t.Errorf("no replica: %v", err)
	}
}

func TestWeightsThatNoGatewayMayGet(t *testing.T) {
	g := newFake(t, 1)
	w, r := g.writer(t), chatRoute("a", "b")
	for _, after := range []fleet.Weights{{"a": 0, "b": 0}, {"a": -1, "b": 2}, {"a": 1, "x": 1}} {
		if err := w.SetWeights(context.Background(), r, before6040, after); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", after, err)
		}
	}
	g.set(0, "a", 0.5)
	if held := w.ReadBack(context.Background(), r)[0]; fleet.KindOf(held.Err) != fleet.KindUnsupported {
		t.Errorf("half a weight: %v", held.Err)
	}
	spec := g.spec()
	spec.TLS.Insecure = true
	if _, err := newWriter(spec, testDeps()); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Errorf("unverified TLS: %v", err)
	}
}
