package registry

import (
	"context"
	"slices"
	"testing"
	"time"

	"pitwall/fleet"
)

// listener is a writer that notes by which names it is asked about routes.
type listener struct{ heard []fleet.RouteSpec }

func (l *listener) ReadBack(_ context.Context, r fleet.RouteSpec) []fleet.ReplicaWeights {
	l.heard = append(l.heard, r)
	return nil
}

func (l *listener) SetWeights(_ context.Context, r fleet.RouteSpec, _, _ fleet.Weights) error {
	l.heard = append(l.heard, r)
	return nil
}

func (l *listener) Resync(_ context.Context, r fleet.RouteSpec, _ fleet.GatewayReplicaID) error {
	l.heard = append(l.heard, r)
	return nil
}

func (*listener) Settle() time.Duration { return 7 * time.Second }

// editor is one that edits as well.
type editor struct {
	*listener
	edits []fleet.RouteEdit
}

func (e *editor) Editable(_ context.Context, r fleet.RouteSpec, of fleet.RouteEdit) error {
	e.heard, e.edits = append(e.heard, r), append(e.edits, of)
	return nil
}

func (e *editor) EditStands(_ context.Context, r fleet.RouteSpec, of fleet.RouteEdit) []fleet.ReplicaStanding {
	e.heard, e.edits = append(e.heard, r), append(e.edits, of)
	return nil
}

func (e *editor) Edit(_ context.Context, r fleet.RouteSpec, of fleet.RouteEdit) error {
	e.heard, e.edits = append(e.heard, r), append(e.edits, of)
	return nil
}

func writerOf(t *testing.T, w fleet.RouteWriter) fleet.RouteWriter {
	t.Helper()
	set := Set{{Kind: "toy", NewWriter: func(fleet.GatewaySpec, fleet.Deps) (fleet.RouteWriter, error) { return w, nil }}}
	writers, err := set.Writers([]fleet.GatewaySpec{{ID: "k", Kind: "toy"}}, fleet.Deps{})
	if err != nil || writers["k"] == nil {
		t.Fatalf("%v, %v", writers, err)
	}
	return writers["k"]
}

func TestAGatewayIsAskedByTheNameThatItKnows(t *testing.T) {
	l := &editor{listener: &listener{}}
	w := writerOf(t, l)
	by, ok := w.(fleet.RouteEditor)
	if !ok || w.Settle() != 7*time.Second {
		t.Fatalf("what the writer can is lost: %T, settle %s", w, w.Settle())
	}
	e := fleet.RouteEdit{Kind: fleet.EditFallbacks, After: []fleet.RouteID{"backup"}}
	for id, r := range map[fleet.RouteID]fleet.RouteSpec{
		"chat": {ID: "chat-k", Name: "chat", Gateway: "k", Targets: []fleet.TargetSpec{{ID: "a"}}},
		"mail": {ID: "mail", Gateway: "k"}, // as journals have it that were written without names
	} {
		l.heard, l.edits = nil, nil
		w.ReadBack(t.Context(), r)
		for what, err := range map[string]error{"set weights": w.SetWeights(t.Context(), r, nil, nil), "resync": w.Resync(t.Context(), r, "n"),
			"editable": by.Editable(t.Context(), r, e), "edit": by.Edit(t.Context(), r, e)} {
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		by.EditStands(t.Context(), r, e)
		if len(l.heard) != 6 || slices.ContainsFunc(l.heard, func(h fleet.RouteSpec) bool {
			return h.ID != id || h.Called() != id || h.Gateway != "k" || len(h.Targets) != len(r.Targets)
		}) {
			t.Errorf("asked about %+v, not %s", l.heard, id)
		}
		if len(l.edits) != 3 || slices.ContainsFunc(l.edits, func(x fleet.RouteEdit) bool { return !slices.Equal(x.After, e.After) }) {
			t.Errorf("edits became %+v", l.edits)
		}
	}
	if _, can := writerOf(t, &listener{}).(fleet.RouteEditor); can {
		t.Error("a writer that does not edit looks as if it did")
	}
}
