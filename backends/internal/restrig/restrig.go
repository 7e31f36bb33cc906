// Package restrig carries drafts of orchestrators with an API of their own out in tests, as the runner does: it rehearses,
// writes, reads back, waits for what the stage brings about and takes back. It knows no API.
package restrig

import (
	"context"
	"strings"
	"testing"

	"pitwall/fleet"
)

// Rig is one orchestrator with its connection.
type Rig struct {
	Objects fleet.Objects
	Writer  fleet.ObjectWriter
	Knows   fleet.Orchestrator
	Kind    fleet.ObjectKind
	// Settle lets the other side do what it does by itself, until it stands still.
	Settle func()
	// Instant says that some changes are over as soon as they are taken.
	Instant bool
}

// Open opens what a connector has of a source.
func Open(t testing.TB, c fleet.Connector, spec fleet.SourceSpec, deps fleet.Deps, kind fleet.ObjectKind, settle func()) *Rig {
	t.Helper()
	objects, err := c.NewObjects(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	writer, err := c.NewObjectWriter(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	return &Rig{Objects: objects, Writer: writer, Knows: c.NewOrchestrator(deps), Kind: kind, Settle: settle}
}

// Rollout reads an object.
func (r *Rig) Rollout(t testing.TB, o fleet.ObjectRef) fleet.Rollout {
	t.Helper()
	got, err := r.Knows.Rollout(context.Background(), r.Objects, r.Kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Draft reads an object and drafts what is wanted of it.
func (r *Rig) Draft(o fleet.ObjectRef, w fleet.Want) (fleet.Draft, error) {
	got, err := r.Knows.Rollout(context.Background(), r.Objects, r.Kind, o)
	if err != nil {
		return fleet.Draft{}, err
	}
	got.API = r.Kind
	return r.Knows.Draft(context.Background(), r.Objects, got, w)
}

// Do drafts what is wanted and carries it out to its end.
func (r *Rig) Do(t testing.TB, o fleet.ObjectRef, w fleet.Want) fleet.Draft {
	t.Helper()
	d, err := r.Draft(o, w)
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Stages {
		r.Carry(t, o, d.Stages[i])
	}
	return d
}

// Carry carries one stage out.
func (r *Rig) Carry(t testing.TB, o fleet.ObjectRef, s fleet.Stage) {
	t.Helper()
	for _, w := range s.Writes {
		r.write(t, w)
	}
	if s.Until.Done && !r.Instant {
		if got := r.Rollout(t, o); got.Phase == fleet.RolloutDone {
			t.Errorf("right after %s it is said to be done", s.Text)
		}
	}
	r.Settle()
	if got := r.Rollout(t, o); s.Until.Done && got.Phase != fleet.RolloutDone {
		t.Fatalf("%s: it is %s: %s", s.Text, got.Phase, got.Why)
	}
}

func (r *Rig) write(t testing.TB, w fleet.ObjectWrite) {
	t.Helper()
	ctx := context.Background()
	if at, err := r.Objects.Stand(ctx, w); err != nil || at != fleet.StandsBefore {
		t.Fatalf("before %s it stands %q, %v", w.Text, at, err)
	}
	if err := r.Writer.Write(ctx, w, "c1/1.1", true); err != nil {
		t.Fatalf("rehearsal of %s: %v", w.Text, err)
	}
	if at, _ := r.Objects.Stand(ctx, w); at != fleet.StandsBefore {
		t.Fatalf("the rehearsal of %s wrote: it stands %q", w.Text, at)
	}
	if err := r.Writer.Write(ctx, w, "c1/1.1", false); err != nil {
		t.Fatalf("%s: %v", w.Text, err)
	}
	at, err := r.Objects.Stand(ctx, w)
	if fleet.KindOf(err) == fleet.KindServer { // an operation is under way
		r.Settle()
		at, err = r.Objects.Stand(ctx, w)
	}
	switch {
	case err != nil:
		t.Fatal(err)
	case w.Passing && at == fleet.StandsBefore:
		t.Fatalf("%s left no trace", w.Text)
	case !w.Passing && at != fleet.StandsAfter:
		t.Fatalf("after %s it stands %q", w.Text, at)
	}
}

// Undo takes a draft back that was carried out to its end: by the way back of its last stage, else all that its writes did
// together.
func (r *Rig) Undo(t testing.TB, d fleet.Draft) {
	t.Helper()
	if back := d.Stages[len(d.Stages)-1].Back; back != nil {
		for _, w := range back {
			r.write(t, w)
			r.Settle()
		}
		return
	}
	var all []fleet.ObjectWrite
	for _, s := range d.Stages {
		all = append(all, s.Writes...)
	}
	net := fleet.Net(all)
	for i := len(net) - 1; i >= 0; i-- {
		w, ok := net[i].Inverse()
		if !ok {
			t.Fatalf("nothing takes %s back", net[i].Text)
		}
		r.write(t, w)
		r.Settle()
	}
}

// Sets are the fields that a draft changes, one line for each stage: "PATH=AFTER".
func Sets(d fleet.Draft) string {
	var stages []string
	for _, s := range d.Stages {
		var list []string
		for _, w := range s.Writes {
			for _, f := range w.Fields {
				if !f.Before.Equal(f.After) {
					list = append(list, f.Path+"="+string(f.After))
				}
			}
		}
		stages = append(stages, strings.Join(list, " "))
	}
	return strings.Join(stages, "\n")
}

// Leaks fails where a draft holds one of some texts anywhere: it is written into journals.
func Leaks(t testing.TB, d fleet.Draft, secrets ...string) {
	t.Helper()
	for _, s := range d.Stages {
		for _, w := range s.Writes {
			for _, f := range w.Fields {
				for _, secret := range secrets {
					if strings.Contains(string(f.Before)+string(f.After)+w.Text.String(), secret) {
						t.Errorf("the write %s holds a secret in %s", w.Text, f.Path)
					}
				}
			}
		}
	}
}
