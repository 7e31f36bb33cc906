package plain_test

import (
	"strings"
	"testing"

	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/viewtest"
)

func TestMachinesAreTold(t *testing.T) {
	s := viewtest.Machines(viewtest.Fleet())
	text := plain.Machines(s)
	for _, want := range []string{"ACCOUNTS 3", "lambda  lambda  $55.11/h", "without 1 machine: no price", "balance $610.00, ends 2026-",
		"spot interruption",
		"EUR 21.00", "runpod  runpod  $-/h", "it answered 503"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if text := plain.Offers(s); !strings.Contains(text, "OFFERS 3") || !strings.Contains(text, "$6.89") {
		t.Error(text)
	}
}

// What is not known is an empty cell, never a zero; what a spreadsheet would run is a text.
func TestMachinesAsCSV(t *testing.T) {
	s := viewtest.Machines(viewtest.Fleet())
	s.Accounts[0].Machines[0].Name = fleet.Label("=cmd()")
	lines := strings.Split(strings.TrimSpace(plain.MachinesCSV(s)), "\n")
	if len(lines) != 8 || !strings.Contains(lines[1], ",'=cmd(),") || !strings.Contains(lines[1],
		",31.92,USD,account,,0.710,h100-b-01,h100-b,,,2026-") {
		t.Errorf("%q", lines)
	}
	if want := "lambda,lambda,new,new,gpu_8x_h100_sxm5,H100,8,STARTING,on-demand,,,account,,,,,,,"; !strings.HasPrefix(lines[4], want) {
		t.Errorf("%q, want %q", lines[4], want)
	}
	if lines := strings.Split(strings.TrimSpace(plain.OffersCSV(s)), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[1],
		"lambda,gpu_8x_h100_sxm5,H100,8,31.92,USD,false,,2026-") {
		t.Errorf("%q", lines)
	}
}

func TestACapacityPlanIsTold(t *testing.T) {
	s := viewtest.Machines(viewtest.Fleet())
	terms := economics.DefaultTerms()
	terms.Growth = .3
	list := economics.FleetCapacity(s, terms)
	list = append(list, economics.PoolCapacity{Pool: "dark", Plan: economics.CapacityPlan{Why: fleet.Text("no rating")}})
	text := plain.CapacityPlan(list, terms)
	for _, want := range []string{"growth 30% in 12 months", "not known: no rating", "assumed",
		"a month on demand, busy or idle; without pools of which something is not known",
		"h100-b: chat-default 81% of its tokens"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if lines := strings.Split(strings.TrimSpace(plain.CapacityCSV(list)), "\n"); len(lines) != len(list)+1 ||
		lines[len(lines)-1] != "dark,,0,0,,,,,,,,,,,,,no rating" {
		t.Errorf("%q", lines)
	}
}
