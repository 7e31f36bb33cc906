package plain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/viewtest"
)

func checks() []actions.Check {
	return []actions.Check{
		{ID: "IL-01", Title: fleet.Text("weights sum to 100"), Formula: fleet.Text("30 + 60 + 10 = 100")},
		{ID: "IL-04", Title: fleet.Text("capacity of the targets that receive"), Severity: actions.SeverityOVR,
			Target: "h100-b", Formula: fleet.Text("0.91 = (5,200 + 3,900) / 10,000 tok/s > 0.85"),
			Fix: fleet.Text("move at most 20 points, or bring h200-dr up first")},
		{ID: "IL-30", Title: fleet.Text("no shared power feed"), Severity: actions.SeverityWarn, Missing: true,
			Formula: fleet.Text("h100-b and b200-a share power feed F2")},
	}
}

// running is the shift of the fixtures with one step proved and one that a replica does not hold.
func running() actions.Change {
	c := viewtest.Book().Changes[0]
	at := viewtest.Now().Add(-time.Minute)
	one, two := c.Plan.Steps[0].After, c.Plan.Steps[1].After
	c.Steps = []actions.StepResult{
		{N: 1, Weights: one, Sent: at, Verified: at.Add(4 * time.Second),
			ReadBack: []actions.ReplicaBack{{Replica: "gw-1", Weights: one, OK: true, At: at}},
			Seen:     map[fleet.TargetID]fleet.Maybe[fleet.Ratio]{"b200-a": fleet.Some(fleet.Ratio(0.501))},
			SeenN:    900, SeenOK: fleet.Some(false)},
		{N: 2, Weights: two, Sent: at.Add(30 * time.Second), ReadBack: []actions.ReplicaBack{
			{Replica: "gw-1", Weights: two, OK: true, At: at}, {Replica: "gw-3", Weights: one, At: at}, {Replica: "gw-2",
				Err: fleet.Text("no answer within 5s")}}},
	}
	c.Limits = []actions.LimitNow{{Name: fleet.Text("ttft95"), Target: "h100-b", Before: fleet.Text("720ms"),
		Now: fleet.Text("1.6s"), Limit: fleet.Text("1.5s"), Verdict: "FAIL", Broken: 20 * time.Second}}
	c.Checks, c.Approval.Reason, c.Approval.Overrides = checks(), "INC-4821 Xid 119", []string{"IL-04"}
	return c
}

func planned() actions.Plan {
	p := viewtest.Book().Changes[0].Plan
	p.Effects = []actions.Effect{{Target: "b200-a", Now: 60, New: 30, ShareNow: fleet.Some(fleet.Ratio(0.6)),
		ShareNew: fleet.Some(fleet.Ratio(0.3)), RequestsNow: fleet.Some(fleet.Rate(412)),
		UseNow: fleet.Some(fleet.Ratio(0.99)), UseOf: fleet.Text("decode"), TTFT95Now: fleet.Some(fleet.Seconds(2.1))}}
	p.Notes = []fleet.Safe{fleet.Text("h200-dr stays on standby")}
	return p
}

func TestTable(t *testing.T) { golden.RequireEqual(t, plain.Table(viewtest.Fleet())) }

func TestPlan(t *testing.T) { golden.RequireEqual(t, plain.Plan(planned(), checks())) }

func TestChange(t *testing.T) { golden.RequireEqual(t, plain.Change(running(), nil, viewtest.Now())) }

func TestJournal(t *testing.T) {
	b := viewtest.Book()
	b.Changes[0].Guard = actions.Guardian{PID: 77, Host: "bastion-1", Alive: fleet.Some(false)}
	b.LockScope = fleet.Text("this user only")
	golden.RequireEqual(t, plain.Journal(b, viewtest.Now()))
}

func TestDoctor(t *testing.T) {
	s := viewtest.Fleet()
	s.Gateways[0].Writable = fleet.Some(true)
	refused, silent := s.Sources[1], s.Sources[2]
	refused.ID, refused.ErrKind, refused.Failing = "billing", fleet.KindAuth, 3
	refused.Err = fleet.Text("billing answered HTTP 401")
	silent.ID, silent.ErrKind, silent.Failing, silent.LastGood = "gw-4", fleet.KindUnreachable, 9, time.Time{}
	s.Sources = append(s.Sources, refused, silent, fleet.SourceStatus{ID: "new", Kind: "vllm"})
	golden.RequireEqual(t, plain.Doctor(s))
}

func TestDoctorHasAFixForEveryFailure(t *testing.T) {
	kinds := []fleet.Kind{fleet.KindUnreachable, fleet.KindTimeout, fleet.KindAuth, fleet.KindRateLimited,
		fleet.KindInvalid,
		fleet.KindNotFound, fleet.KindStale, fleet.KindUnsupported, fleet.KindServer, fleet.KindInternal}
	said := map[string]fleet.Kind{}
	for _, kind := range kinds {
		s := &fleet.Snapshot{Sources: []fleet.SourceStatus{{ID: "x", ErrKind: kind, Failing: 1, LastTry: viewtest.Now()}}}
		_, fix, found := strings.Cut(plain.Doctor(s), "    fix  ")
		if !found || said[fix] != "" {
			t.Errorf("%s: %q, the same as for %s", kind, fix, said[fix])
		}
		said[fix] = kind
	}
	well := &fleet.Snapshot{Sources: []fleet.SourceStatus{{ID: "x", LastTry: viewtest.Now(), LastGood: viewtest.Now(),
		Reads: 3}}}
	if text := plain.Doctor(well); !strings.Contains(text, "nothing to fix") {
		t.Errorf("a healthy source needs nothing:\n%s", text)
	}
}

func TestPlanSaysWhatAConfirmationAsks(t *testing.T) {
	p := planned()
	block := append(checks(), actions.Check{ID: "IL-09", Severity: actions.SeverityHard,
		Title: fleet.Text("one target stays"),
		Fix:   fleet.Text("leave one")})
	cases := []struct {
		name   string
		env    fleet.Env
		checks []actions.Check
		want   string
	}{
		{"production", fleet.EnvProd, checks()[:1], "asks for the name chat-default, a reason\n"},
		{"override", fleet.EnvDev, checks(), "asks for the name chat-default, a reason, the override IL-04\n"},
		{"plain", fleet.EnvDev, checks()[:1], "asks for a yes\n"},
		{"refused", fleet.EnvDev, block, "REFUSED  IL-09 HARD: one target stays; leave one\n"},
		{"unchecked", fleet.EnvDev, nil, "REFUSED  no check has run\n"},
	}
	for _, c := range cases {
		p.Env = c.env
		if text := plain.Plan(p, c.checks); !strings.Contains(text, c.want) || !strings.HasSuffix(text,
			"nothing was sent\n") {
			t.Errorf("%s: no %q in\n%s", c.name, c.want, text)
		}
	}
}

func TestNothingIsKnownIsSaid(t *testing.T) {
	if got := plain.Table(nil); got != "no snapshot yet\n" {
		t.Errorf("%q", got)
	}
	if got := plain.Doctor(nil); !strings.Contains(got, "no source is configured") {
		t.Errorf("%q", got)
	}
	if got := plain.Table(&fleet.Snapshot{}); strings.Count(got, "  none\n") != 6 {
		t.Errorf("empty sections say so:\n%s", got)
	}
	if got := plain.Journal(actions.Book{}, viewtest.Now()); strings.Count(got, "  none\n") != 2 {
		t.Errorf("an empty journal says so:\n%s", got)
	}
}

// TestHostileTextStaysInItsLine asks that no outside text adds a line or a control character to any report.
func TestHostileTextStaysInItsLine(t *testing.T) {
	calm, hostile := viewtest.Fleet(), viewtest.Hostile()
	same(t, "table", plain.Table(calm), plain.Table(hostile))
	same(t, "doctor", plain.Doctor(calm), plain.Doctor(hostile))
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.OneOf(rapid.String(), rapid.SampledFrom(viewtest.HostileNames()))
		c, p := running(), planned()
		for _, plan := range []*actions.Plan{&c.Plan, &p} {
			plan.Intent.Route, plan.Intent.Reason = fleet.RouteID(name.Draw(rt, "route")), "r"+name.Draw(rt, "reason")
			plan.Intent.Actor.Name, plan.Context = "a"+name.Draw(rt, "actor"), name.Draw(rt, "context")
			plan.Order = []fleet.TargetID{fleet.TargetID(name.Draw(rt, "target")), "h100-b"}
		}
		c.Approval.Reason, c.Guard.Host, c.ID = "r"+name.Draw(rt, "why"), name.Draw(rt, "host"),
			fleet.ChangeID("c"+name.Draw(rt, "id"))
		c.Checks[0].Severity = actions.Severity(rapid.IntRange(-3, 12).Draw(rt, "severity"))
		calm := running()
		calm.Checks[0].Severity = c.Checks[0].Severity
		same(rt, "change", plain.Change(calm, nil, viewtest.Now()), plain.Change(c, nil, viewtest.Now()))
		same(rt, "plan", plain.Plan(planned(), checks()), plain.Plan(p, checks()))
		b := viewtest.Book()
		want := plain.Journal(b, viewtest.Now())
		b.Changes[0], b.Locks[0].Holder = c, c.Plan.Intent.Actor
		same(rt, "journal", want, plain.Journal(b, viewtest.Now()))
	})
}

func same(t interface{ Errorf(string, ...any) }, what, calm, hostile string) {
	if a, b := strings.Count(calm, "\n"), strings.Count(hostile, "\n"); a != b {
		t.Errorf("%s has %d lines, hostile text makes %d:\n%s", what, a, b, hostile)
	}
	for _, r := range hostile {
		if r != '\n' && (r < 0x20 || r >= 0x7f && r <= 0x9f || r == 0x202e) {
			t.Errorf("%s holds %U", what, r)
		}
	}
}

// What is open on another machine is told apart from what nobody guards here.
func TestJournalOfSeveralMachines(t *testing.T) {
	alive, gone, unknown := fleet.Some(true), fleet.Some(false), fleet.None[bool]()
	elsewhere := &actions.Copy{Elsewhere: true}
	for _, x := range []struct {
		alive fleet.Maybe[bool]
		copy  *actions.Copy
		want  string
	}{
		{alive, elsewhere, "carried elsewhere, by process 77 on bastion-2"},
		{unknown, elsewhere, "whether process 77 on bastion-2 still carries it is not known yet"},
		{gone, elsewhere, "NOBODY GUARDS IT: resume or undo it; begun elsewhere; process 77 on bastion-2 does not renew its lock"},
		{gone, &actions.Copy{Elsewhere: true, Summary: true, Problem: fleet.Text("only bastion-2 can carry it on")},
			"does not renew its lock; only bastion-2 can carry it on"},
		{alive, &actions.Copy{Problem: fleet.Text("its copy in the cluster is behind")}, "its copy in the cluster is behind"},
	} {
		b := viewtest.Book()
		c := &b.Changes[0]
		c.Guard, c.Copy = actions.Guardian{PID: 77, Host: "bastion-2", Alive: x.alive}, x.copy
		if text := plain.Journal(b, viewtest.Now()); !strings.Contains(text, x.want) {
			t.Errorf("nothing says %q in\n%s", x.want, text)
		}
	}
}
