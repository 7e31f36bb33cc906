package runner

import (
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/fleet"
)

// disk has room for a number of writes, and for the reserve's worth of small ones once that is given up.
type disk struct {
	room  atomic.Int64
	spent func() bool
}

func newDisk(room int64, spent func() bool) *disk {
	d := &disk{spent: spent}
	d.room.Store(room)
	return d
}

func (d *disk) write(f *os.File, b []byte) error {
	if d.room.Load() <= 0 && (!d.spent() || len(b) > 1<<19) {
		return &os.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
	}
	d.room.Add(-1)
	return quick(f, b)
}

func TestAFullDiskUnderTheJournal(t *testing.T) {
	for room := 1; room <= 24; room++ {
		g := newRig(t)
		d := newDisk(int64(room), func() bool {
			info, err := os.Stat(g.state + "/journal/reserve")
			return err == nil && info.Size() == 0
		})
		g.fresh(func(o *Options, j *journal.Options) {
			j.Write = d.write
			o.EvaluateStep = func(_ actions.Plan, _ int, _ *fleet.Snapshot, b actions.Book, _ time.Time) []actions.Check {
				if !b.Access.Write {
					return []actions.Check{{ID: "IL-39", Severity: actions.SeverityHard, Formula: b.Access.Why}}
				}
				return nil
			}
		})
		id, err := g.r.Start(g.plan(), actions.Approval{})
		if err != nil {
			if room > 1 || fleet.KindOf(err) != fleet.KindReadOnly || len(g.gw.writes) != 0 {
				t.Fatalf("room for %d: %v", room, err)
			}
			continue
		}
		g.pass(40 * time.Minute)
		c := g.change(id)
		access := g.r.Book().Access
		if c.State == actions.StateCommitted && room < 9 { // the third intent is the tenth write
			t.Fatalf("room for %d: it went through", room)
		}
		if c.State != actions.StateCommitted {
			if access.Write || !strings.Contains(access.Why.String(), "writing is disabled") {
				t.Fatalf("room for %d: %+v", room, access)
			}
			if c.State != actions.StateHeld {
				t.Fatalf("room for %d: %s: %s", room, c.State, c.Why)
			}
			wrote := len(g.gw.writes)
			g.knob(func() { g.tm.errors["b"] = 0.3 })
			g.pass(5 * time.Minute)
			c = g.change(id)
			if wrote > 0 && (c.State != actions.StateRolledBack || !g.gw.now().Equal(path[0])) {
				t.Fatalf("room for %d: watching did not go on: %s: %s", room, c.State, c.Why)
			}
			if wrote == 0 && len(g.gw.writes) != 0 {
				t.Fatalf("room for %d: written without a record", room)
			}
		}
		g.sound()
	}
}

func TestRoomAgain(t *testing.T) {
	g := newRig(t)
	d := newDisk(7, func() bool { return false })
	g.fresh(func(_ *Options, j *journal.Options) { j.Write = d.write })
	id := g.start()
	c := g.until(id, in(actions.StateHeld))
	if err := g.r.NextNow(id); fleet.KindOf(err) != fleet.KindReadOnly {
		t.Fatalf("%s: %v", c.Why, err)
	}
	d.room.Store(1 << 20)
	if err := g.r.Release(id); err != nil {
		t.Fatal(err)
	}
	g.until(id, in(actions.StateCommitted))
	g.sound()
}
