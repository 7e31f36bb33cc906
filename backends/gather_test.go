package backends

import (
	"testing"
	"time"

	"pitwall/fleet"
)

func TestSnapshotsAreGatheredWhereNobodyLooks(t *testing.T) {
	b := newBench(t, map[fleet.SourceID]func(time.Time) (fleet.Partial, error){"r1": steady(1000, 10), "r2": steady(500, 5)})
	made := func() uint64 {
		before := b.hub.Latest().Gen
		for range 40 { // something new every quarter of a second
			b.hub.Note(fleet.Event{At: b.clock.Now(), Text: fleet.Text("news")})
			b.after(quiet)
		}
		return b.hub.Latest().Gen - before
	}
	if n := made(); n < 35 {
		t.Errorf("%d snapshots in 10 s of news", n)
	}
	b.hub.Gather(time.Second)
	if n := made(); n < 9 || n > 12 {
		t.Errorf("%d snapshots in 10 s of news where one a second is enough", n)
	}
	b.hub.Gather(0)
	if n := made(); n < 35 {
		t.Errorf("%d snapshots once somebody looks again", n)
	}
}
