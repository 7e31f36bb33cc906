package views_test

import (
	"strings"
	"testing"

	"pitwall/fleet"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func computeFrame(u views.ComputeState) func(sc views.Scene, sz views.Size) string {
	return func(sc views.Scene, sz views.Size) string {
		viewtest.Machines(sc.Snap)
		return views.Compute(sc, u, sz)
	}
}

// Trouble comes first, what is not known is drawn as such, and each pane has its rows in order.
func TestComputeOrder(t *testing.T) {
	sc := scene(true, 0)
	viewtest.Machines(sc.Snap)
	order := views.ComputeOrder(sc, views.ComputeState{})
	if got := order["machines"]; len(got) != 7 || got[0] != views.MachineID("lambda", "i-0a12") {
		t.Errorf("%q", got)
	}
	if got := order["offers"]; len(got) != 3 || !strings.HasPrefix(got[0], "lambda\x00gpu_1x_h100") || !strings.HasPrefix(got[2],
		"lambda\x00gpu_8x_h100") {
		t.Errorf("%q", got)
	}
	if got := order["capacity"]; len(got) != len(sc.Snap.Pools) {
		t.Errorf("%q", got)
	}
	byPrice := views.ComputeOrder(sc, views.ComputeState{Machines: views.Table{Sort: "cost"}})["machines"]
	if byPrice[0] != views.MachineID("lambda", "i-0a11") || byPrice[len(byPrice)-1] != views.MachineID("lambda", "new") {
		t.Errorf("%q", byPrice)
	}
	frame := plain(views.Compute(sc, views.ComputeState{Machines: views.Table{Selected: views.MachineID("lambda", "i-0a12")}},
		views.Size{W: 120, H: 40}))
	for _, want := range []string{"1 leaving", "leaves in 95s: spot", "idle for 2h", "EUR 21.00", "without 1 machine: no price",
		"last read -; it answered 503",
		"the machine stops", "they come by e-mail"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is missing:\n%s", want, frame)
		}
	}
	if got := views.ComputeOrder(views.Scene{}, views.ComputeState{}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestComputeWithoutAccounts(t *testing.T) {
	sc := scene(true, 0)
	sc.Snap.Accounts = nil
	if frame := plain(views.Compute(sc, views.ComputeState{}, views.Size{W: 80, H: 24})); !strings.Contains(frame,
		"compute: in the config") || !strings.Contains(frame, "CAPACITY") {
		t.Error(frame)
	}
	sc.Snap.Accounts = []fleet.Account{{Spec: fleet.AccountSpec{ID: "x"}}}
	if frame := plain(views.Compute(sc, views.ComputeState{}, views.Size{W: 80, H: 24})); !strings.Contains(frame,
		"no account names a machine") {
		t.Error(frame)
	}
}

func TestASourceOfMachinesSaysWhatTheyComeTo(t *testing.T) {
	sc := scene(true, 0)
	viewtest.Machines(sc.Snap)
	sc.Snap.Sources = append(sc.Snap.Sources, fleet.SourceStatus{ID: "own", Kind: "onprem", Subject: fleet.Subject{Account: "own"}, LastGood: sc.Now})
	sc.Snap.Accounts[1].PricesAsOf = sc.Now.AddDate(0, 0, -21)
	frame := plain(views.Sources(sc, views.SourcesState{Open: "own"}, views.Size{W: 120, H: 40}))
	for _, want := range []string{"3 machines, ~$53/h, GPU use 93%", "without 1 machine: not in dollars", "21d old", "a price file tells no state"} {
		if !strings.Contains(frame, want) {
			t.Errorf("%q is missing:\n%s", want, frame)
		}
	}
}
