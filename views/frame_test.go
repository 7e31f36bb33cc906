package views_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

var sizes = []views.Size{{W: 80, H: 24}, {W: 120, H: 40}, {W: 200, H: 60}}

// screens are the frames of this package that need no dialog.
var screens = map[string]func(views.Scene, views.Size) string{
	"overview": func(sc views.Scene, sz views.Size) string {
		return views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "b200-a"}}, sz)
	},
	"pools": func(sc views.Scene, sz views.Size) string {
		return views.Pools(sc, views.PoolsState{List: views.Table{Selected: "h100-b"}}, sz)
	},
	"pool": func(sc views.Scene, sz views.Size) string {
		return views.Pools(sc, views.PoolsState{Pool: "b200-a", Replicas: views.Table{Selected: "b200-a-r7"}}, sz)
	},
	"gpus": func(sc views.Scene, sz views.Size) string {
		return views.Pools(sc, views.PoolsState{Pool: "b200-a", Pane: "gpus",
			GPUs: views.Table{Selected: "GPU-b200-a-07-7"}}, sz)
	},
	"gpusamd": func(sc views.Scene, sz views.Size) string {
		ailing(sc)
		return views.Pools(sc, views.PoolsState{Pool: "h100-b", Pane: "gpus",
			GPUs: views.Table{Selected: "GPU-h100-b-01-0"}}, sz)
	},
	"sources": func(sc views.Scene, sz views.Size) string {
		return views.Sources(sc, views.SourcesState{List: views.Table{Selected: "openai-probe"}}, sz)
	},
	"cost": func(sc views.Scene, sz views.Size) string {
		return views.Cost(sc, views.CostState{Routes: views.Table{Selected: "llama-70b"}}, sz)
	},
	"costpools": func(sc views.Scene, sz views.Size) string {
		return views.Cost(sc, views.CostState{Pane: "costpools", Pools: views.Table{Selected: "h100-b", Sort: "idle"}}, sz)
	},
	"costbilled": func(sc views.Scene, sz views.Size) string { return views.Cost(billed(sc), views.CostState{}, sz) },
	"costbeside": func(sc views.Scene, sz views.Size) string {
		return views.Cost(billed(sc), views.CostState{Pane: "costbeside", Beside: views.Table{Selected: "chat-default\x00h100-b\x00openai"}}, sz)
	},
	"costhours": func(sc views.Scene, sz views.Size) string {
		return views.Cost(billed(sc), views.CostState{Pane: "costhours"}, sz)
	},
	"costdays": func(sc views.Scene, sz views.Size) string {
		return views.Cost(billed(sc), views.CostState{Pane: "costdays"}, sz)
	},
	"costtrends": func(sc views.Scene, sz views.Size) string {
		return views.Cost(billed(sc), views.CostState{Pane: "costtrends"}, sz)
	},
	"bills":           billsFrame(views.BillsState{Factors: views.Table{Selected: "openai\x00gpt-4o\x00"}}),
	"billparts":       billsFrame(views.BillsState{Pane: "billparts", Parts: views.Table{Selected: "team\x00search"}}),
	"billsources":     billsFrame(views.BillsState{Pane: "billsources", Sources: views.Table{Selected: "exports"}}),
	"billdays":        billsFrame(views.BillsState{Of: "anthropic\x00claude-sonnet-4-6\x00", Days: views.Table{Selected: "2026-11-20"}}),
	"billsnone":       func(sc views.Scene, sz views.Size) string { return views.Bills(sc, views.BillsState{}, sz) },
	"compute":         computeFrame(views.ComputeState{Machines: views.Table{Selected: views.MachineID("lambda", "i-0a12")}}),
	"computecapacity": computeFrame(views.ComputeState{Pane: "capacity", Capacity: views.Table{Selected: "h100-b"}}),
	"computeoffers":   computeFrame(views.ComputeState{Pane: "offers"}),
	"economics":       economicsFrame("inputs", "people"),
	"economicssplit":  economicsFrame("split", "5"),
	"economicsmonths": economicsFrame("months", "2"),
	"economicsswings": economicsFrame("sensitivity", "people"),
	"alerts":          alertsFrame,
	"silences":        silencesFrame,
	"statusfeed":      publishedFrame("status/openai"),
	"statusprovider":  publishedFrame("openai-probe"),
	"statuslost":      publishedFrame("status/anthropic"),
	"statusoverview":  publishedOverview,
	"connecting": func(sc views.Scene, sz views.Size) string {
		sc.Snap = nil
		return views.Overview(sc, views.OverviewState{}, sz)
	},
}

func TestGolden(t *testing.T) {
	for name, draw := range screens {
		for _, sz := range sizes {
			for _, set := range []string{"ascii", "utf8"} {
				t.Run(name+"/"+strconv.Itoa(sz.W)+"x"+strconv.Itoa(sz.H)+"/"+set, func(t *testing.T) {
					frame := draw(scene(set == "ascii", themes.Mono), sz)
					exact(t, frame, sz)
					golden.RequireEqual(t, plain(frame))
				})
			}
		}
		t.Run(name+"/16colours", func(t *testing.T) {
			frame := draw(scene(true, themes.ANSI16), sizes[0])
			golden.RequireEqual(t, frame)
			if got, want := plain(frame), plain(draw(scene(true, themes.Mono), sizes[0])); got != want {
				t.Errorf("colour changes the text:\n%s", got)
			}
		})
	}
}

// plain is the text of a frame without looks and without spaces at line ends, so that goldens survive editors.
func plain(frame string) string {
	lines := strings.Split(ansi.Strip(frame), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func exact(t interface{ Fatalf(string, ...any) }, frame string, sz views.Size) {
	lines := strings.Split(frame, "\n")
	if len(lines) != sz.H {
		t.Fatalf("%d lines, want %d", len(lines), sz.H)
	}
	for i, l := range lines {
		if w := ansi.StringWidth(l); w != sz.W {
			t.Fatalf("line %d is %d cells wide, want %d: %q", i, w, sz.W, l)
		}
	}
}

func TestASCIIFramesAreASCII(t *testing.T) {
	for name, draw := range screens {
		for _, r := range ansi.Strip(draw(scene(true, themes.TrueColor), sizes[2])) {
			if r > '~' {
				t.Errorf("%s draws %q", name, r)
			}
		}
	}
}

func TestTooSmall(t *testing.T) {
	for _, sz := range []views.Size{{W: 59, H: 24}, {W: 80, H: 15}, {W: 10, H: 3}, {W: 1, H: 1}} {
		frame := views.Overview(scene(true, themes.Mono), views.OverviewState{}, sz)
		exact(t, frame, sz)
		if sz.W == 59 && !strings.HasPrefix(frame, "need 60x16, have 59x24  alerts 3") {
			t.Errorf("got %q", strings.SplitN(frame, "\n", 2)[0])
		}
	}
}

func TestUnknownIsNeverZero(t *testing.T) {
	sc := scene(true, themes.Mono)
	s := viewtest.Fleet()
	s.Pools[1].Load = fleet.Load{At: viewtest.Now()}
	s.Pools[1].GPUUtil, s.Pools[1].Burn = fleet.None[fleet.Ratio](), fleet.None[fleet.USDPerHour]()
	s.Totals = fleet.Totals{}
	sc.Snap = s
	frame := plain(views.Overview(sc, views.OverviewState{}, sizes[0]))
	row := ""
	for l := range strings.Lines(frame) {
		if strings.HasPrefix(l, "  h100-b ") {
			row = l
		}
	}
	if row == "" || strings.ContainsAny(row[30:], "0123456789") {
		t.Errorf("row of a pool that says nothing: %q", row)
	}
	if !strings.Contains(frame, "req -  err -  ttft95 -  itl95 -  queue -  gpu -  kv -  $-/h") {
		t.Errorf("signals:\n%s", frame)
	}
}

func TestStaleSaysItsAge(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap.Pools[1].State, sc.Snap.Pools[1].Load.At = fleet.StateStale, viewtest.Now().Add(-12*60e9)
	if frame := views.Overview(sc, views.OverviewState{}, sizes[0]); !strings.Contains(ansi.Strip(frame),
		"STALE12m") {
		t.Errorf("no age:\n%s", plain(frame))
	}
}

func TestWorstRowsStay(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap = viewtest.Large(64, 8)
	frame := plain(views.Overview(sc, views.OverviewState{}, views.Size{W: 60, H: 16}))
	if !strings.Contains(frame, "pool-4 ") || !strings.Contains(frame, "CRIT") || !strings.Contains(frame, " of 66") {
		t.Errorf("the worst pool is not shown:\n%s", frame)
	}
}

func TestOldHistoryEndsInAGap(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap.Pools[0].Trends.Requests.End = viewtest.Now().Add(-8 * 60e9)
	frame := plain(views.Overview(sc, views.OverviewState{}, sizes[1]))
	for l := range strings.Lines(frame) {
		if strings.HasPrefix(l, "  b200-a ") {
			if !strings.Contains(l, "412  --==     ") {
				t.Errorf("a line that ended 8 minutes ago looks new: %q", l)
			}
			return
		}
	}
	t.Error("no such row")
}

func TestAccountsAndGatewaysBehindSources(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Snap.Gateways[0].Writable = fleet.Some(false)
	sc.Snap.Gateways[0].WritableWhy = fleet.Text("models are in the file and no reload command is configured")
	sc.Snap.Providers[0].Limits = append(sc.Snap.Providers[0].Limits,
		fleet.Limit{Kind: fleet.LimitCredit, Max: fleet.Some(100.0), Remaining: fleet.Some(12.5), At: sc.Snap.Providers[0].Limits[0].At})
	sc.Snap.Providers[0].Regions = map[fleet.ModelName][]string{"gpt-x": {"eu-central-1", "us-east-1"}}
	for id, want := range map[fleet.SourceID][]string{
		"openai-probe": {"key      accepted   probe took 512ms", "limit    tpm 1.18M of 2.00M left (59%), 8s ago",
			"limit    credit $12.50 of $100.00 left (12%), 8s ago", "place    gpt-x: eu-central-1, us-east-1",
			"burn     ~$29/h"},
		"gw-3":        {"replica  DRIFT: weights 70/20/10", "writes   not possible: models are in the file"},
		"b200-a-dcgm": {"node     OK", "GPUs     8 of pool b200-a"},
		"b200-a-01":   {"replica  OK", "progress moving 2s", "clock skew -61m", "TLS is not verified"},
	} {
		frame := plain(views.Sources(sc, views.SourcesState{Open: id}, sizes[0]))
		for _, w := range want {
			if !strings.Contains(frame, w) {
				t.Errorf("%s does not say %q:\n%s", id, w, frame)
			}
		}
	}
}

func TestChangeWithoutGuardIsLoud(t *testing.T) {
	sc := scene(true, themes.Mono)
	sc.Book.Changes[0].Guard = actions.Guardian{PID: 77, Alive: fleet.Some(false)}
	if frame := plain(views.Overview(sc, views.OverviewState{}, sizes[0])); !strings.Contains(frame,
		"NOBODY CARRIES IT") {
		t.Errorf("an abandoned change looks like a running one:\n%s", frame)
	}
	sc.Book.Changes[0].Guard = actions.Guardian{PID: 77, Alive: fleet.Some(true), Detached: true}
	if frame := plain(views.Overview(sc, views.OverviewState{}, sizes[1])); !strings.Contains(frame,
		"without a screen, pid 77") {
		t.Errorf("a detached guard is not named:\n%s", frame)
	}
}
