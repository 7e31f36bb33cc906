package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// ailing makes the first machine of a pool one of AMD boards: one unhealthy with a RAS event, the others frozen.
func ailing(sc views.Scene) {
	n := &sc.Snap.Pool("h100-b").Nodes[0]
	n.State, n.Why = fleet.StateCrit, fleet.Text("GPU 0 the exporter calls it unhealthy: AFID 30 fatal")
	for i := range n.GPUs {
		g := &n.GPUs[i]
		g.Frozen, g.State = true, fleet.StateStale
		g.Why = fleet.Text("frozen: no figure of its page changed for 3m under load")
		g.Reading.Healthy, g.Reading.LastXid = fleet.Some(true), fleet.None[int]()
	}
	g := &n.GPUs[0]
	g.State, g.Why = fleet.StateCrit, fleet.Text("the exporter calls it unhealthy: AFID 30 fatal")
	g.Reading.Healthy = fleet.Some(false)
	g.Reading.AFIDs = []fleet.AFID{{Code: 30, Severity: fleet.AFIDFatal}, {Code: 25, Severity: fleet.AFIDUncorrected}}
}

// detailOf draws the GPUs of a pool with one changed device selected, on a screen with room for all of its facts.
func detailOf(t *testing.T, change func(*fleet.GPU, time.Time)) string {
	t.Helper()
	sc := scene(true, themes.Mono)
	n := &sc.Snap.Pool("h100-b").Nodes[0]
	change(&n.GPUs[0], sc.Now)
	return plain(views.Pools(sc, views.PoolsState{Pool: "h100-b", Pane: "gpus",
		GPUs: views.Table{Selected: views.GPUKey(*n, n.GPUs[0])}}, views.Size{W: 120, H: 40}))
}

func TestXidTimesSayWhatIsKnown(t *testing.T) {
	hour := func(now time.Time, n int) fleet.Maybe[time.Time] {
		return fleet.Some(now.Add(-time.Duration(n) * time.Hour))
	}
	for want, of := range map[string]func(now time.Time) fleet.XidSeen{
		"Xid 31: there from the start, age unknown": func(time.Time) fleet.XidSeen { return fleet.XidSeen{Code: 31} },
		"Xid 31: last 2h ago; first 5h ago; 7 times": func(now time.Time) fleet.XidSeen {
			return fleet.XidSeen{Code: 31, First: hour(now, 5), Last: hour(now, 2), Count: fleet.Some(fleet.Count(7))}
		},
		"Xid 31: last 3h ago; once; reset since": func(now time.Time) fleet.XidSeen {
			return fleet.XidSeen{Code: 31, First: hour(now, 3), Last: hour(now, 3), Count: fleet.Some(fleet.Count(1)), Settled: true}
		},
		"Xid 31: since 4h ago; 2 times lately": func(now time.Time) fleet.XidSeen {
			return fleet.XidSeen{Code: 31, First: hour(now, 4), Recent: fleet.Some(fleet.Count(2))}
		},
		"others differ: gpud: fatal": func(time.Time) fleet.XidSeen {
			return fleet.XidSeen{Code: 31, Dispute: fleet.Text("gpud: fatal")}
		},
	} {
		frame := detailOf(t, func(g *fleet.GPU, now time.Time) { g.XidHistory = []fleet.XidSeen{of(now)} })
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not in\n%s", want, frame)
		}
	}
}

// TestWhatDecidesTheStateStandsBeforeAnXid: a harmless code must not hide that the driver asks for a reboot.
func TestWhatDecidesTheStateStandsBeforeAnXid(t *testing.T) {
	frame := detailOf(t, func(g *fleet.GPU, _ time.Time) {
		g.State, g.Why, g.Asks = fleet.StateCrit, fleet.Text("the driver asks for a node reboot"), fleet.Text("a node reboot")
		g.Xid = fleet.Some(fleet.XidSeen{Code: 13, Meaning: fleet.Text("engine exception")})
	})
	for _, want := range []string{"Xid 13: the driver asks for a node reboot; age unknown: engine exception",
		"recovery action: the driver asks for a node reboot"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is not in\n%s", want, frame)
		}
	}
}

func TestHostileSeveritiesAreDrawnSafely(t *testing.T) {
	frame := detailOf(t, func(g *fleet.GPU, _ time.Time) {
		g.Reading.AFIDs = []fleet.AFID{{Code: 30, Severity: "\x1b[2Jfatal\n"}}
	})
	if strings.Contains(frame, "\x1b") || !strings.Contains(frame, "AFID 30") {
		t.Errorf("%q", frame)
	}
}
