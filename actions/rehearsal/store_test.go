package rehearsal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

func TestTheLastRehearsalOfEachRunbookIsKept(t *testing.T) {
	dir := t.TempDir()
	inv := &fleet.Inventory{Runbooks: []fleet.Runbook{{Name: "a", Pool: "p"}, {Name: "b", Pool: "p"}},
		Routes: []fleet.RouteSpec{{ID: "chat", Targets: []fleet.TargetSpec{{ID: "t", Pool: "p"}}}}}
	open := func(context string) *Store {
		s, err := Open(dir, context)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open("../eu/1")
	if list, err := s.List(inv); err != nil || len(list) != 0 {
		t.Fatalf("%v, %v", list, err)
	}
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	keep := func(name string, ok bool) {
		b := fleet.Runbook{Name: name, Pool: "p"}
		r := actions.Rehearsal{Runbook: name, Hash: actions.RunbookHash(&b, inv), At: at, OK: ok, Stale: true, Why: fleet.Label("esc \x1b[31m"),
			Seen: fleet.Some(3 * time.Second), Moves: []actions.RehearsedMove{{Object: "chat", After: fleet.Weights{"t": 1}}}}
		if err := s.Keep(r, inv); err != nil {
			t.Fatal(err)
		}
	}
	keep("a", false)
	keep("b", true)
	keep("a", true)
	list, err := open("../eu/1").List(inv)
	if err != nil || len(list) != 2 || list[0].Runbook != "b" || list[1].Runbook != "a" || !list[1].OK || list[1].Stale || list[1].Seen.V != 3*time.Second {
		t.Fatalf("%+v, %v", list, err)
	}
	if other, err := open("eu").List(inv); err != nil || len(other) != 0 {
		t.Errorf("another context has them too: %v, %v", other, err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "rehearsals", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	if st, err := os.Stat(files[0]); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	inv.Routes[0].Targets = append(inv.Routes[0].Targets, fleet.TargetSpec{ID: "u", Pool: "q"})
	if list, _ := s.List(inv); !list[0].Stale || !list[1].Stale {
		t.Error("its routes are others and nothing says so")
	}
	inv.Runbooks = inv.Runbooks[:1]
	keep("a", true)
	if list, _ := s.List(inv); len(list) != 1 {
		t.Errorf("a runbook that is gone is kept: %+v", list)
	}
}

func TestAFileThatCannotBeReadIsToldAndWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, "eu")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rehearsals", "of-eu.json"), []byte("{torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	inv := &fleet.Inventory{Runbooks: []fleet.Runbook{{Name: "a", Pool: "p"}}}
	if list, err := s.List(inv); err == nil || list != nil {
		t.Errorf("%v, %v", list, err)
	}
	if err := s.Keep(actions.Rehearsal{Runbook: "a"}, inv); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(inv); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}
