package plan

import (
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// membered is the demo with a gateway that tells how its members are made.
func membered() *fleet.Snapshot {
	s := edited()
	r := &s.Routes[0]
	r.Routing.Edits = []fleet.EditKind{fleet.EditAdd, fleet.EditRemove}
	r.Routing.Weighing = fleet.WeighingShares
	for i := range r.Targets {
		r.Targets[i].Settings = &fleet.MemberSettings{Model: "openai/m", APIBase: "http://h/v1", Credential: "east", Text: `{"params":{}}`}
	}
	return s
}

func addTo(like fleet.TargetID, m fleet.MemberEdit) actions.EditIntent {
	return actions.EditIntent{Kind: fleet.EditAdd, Target: like, Member: &m}
}

func TestAMemberIsPlannedLikeAnother(t *testing.T) {
	p, err := New(editTo(addTo("b200-a", fleet.MemberEdit{ID: "v2", Model: "openai/m2"})), membered(), now)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.ErrandText().String(); got != "add v2 with weight 0: openai/m2 at http://h/v1, else like b200-a, credential east" {
		t.Error(got)
	}
	m := p.Edit.Edit.Member
	if p.Edit.Edit.Target != "v2" || m.Settings != `{"params":{}}` || p.Before != nil || p.BeforeHash == p.AfterHash || len(p.Edit.Replicas) != 3 {
		t.Errorf("%+v of %+v", m, p.Edit)
	}
	back, err := Undo(actions.Change{ID: "c-1", Step: 1, State: actions.StateCommitted, Plan: p}, actions.Actor{})
	if err != nil || back.Edit.Kind != fleet.EditRemove || back.Edit.Target != "v2" || back.Edit.Member == m {
		t.Fatalf("its undo is %+v, %v", back.Edit, err)
	}
	s := membered()
	s.Routes[0].Targets = append(s.Routes[0].Targets, fleet.Target{Spec: fleet.TargetSpec{ID: "v2", Deployment: "v2"}, Set: fleet.Some(0),
		Settings: &fleet.MemberSettings{Model: "openai/m2", APIBase: "http://h/v1", Text: `{"params":{}}`}})
	if p, err = New(back, s, now); err != nil || p.Edit.Edit.Member.Credential != "east" {
		t.Errorf("the undo is planned as %+v, %v", p.Edit, err)
	}
}

func TestAMemberIsRememberedBeforeItGoes(t *testing.T) {
	s := membered()
	s.Routes[0].Targets[2].Set = fleet.Some(0)
	s.Routes[0].Targets[2].Spec.Deployment = "dep-o"
	p, err := New(editTo(actions.EditIntent{Kind: fleet.EditRemove, Target: "openai"}), s, now)
	if err != nil || p.ErrandText().String() != "remove dep-o: openai/m at http://h/v1, credential east" {
		t.Fatalf("%s, %v", p.ErrandText(), err)
	}
	back, err := Undo(actions.Change{ID: "c-1", Step: 1, State: actions.StateCommitted, Plan: p}, actions.Actor{})
	if err != nil {
		t.Fatal(err)
	}
	s.Routes[0].Targets[2].Settings, s.Routes[0].Targets[2].Set = nil, fleet.None[int]() // declared, and gone
	if p, err = New(back, s, now); err != nil || p.Edit.Edit.Kind != fleet.EditAdd || p.Edit.Edit.Target != "openai" ||
		p.Edit.Edit.Member.ID != "dep-o" || p.Edit.Edit.Member.Like != "" || p.Edit.Edit.Member.Settings == "" {
		t.Errorf("the undo is planned as %+v, %v", p.Edit, err)
	}
}

func TestMembersThatCannotBePlanned(t *testing.T) {
	const key = "sk-proj-0123456789abcdef"
	v2 := func(edit func(*fleet.MemberEdit)) actions.EditIntent {
		m := fleet.MemberEdit{ID: "v2", Model: "openai/m2"}
		if edit != nil {
			edit(&m)
		}
		return addTo("b200-a", m)
	}
	remove := func(credential string) actions.EditIntent {
		return actions.EditIntent{Kind: fleet.EditRemove, Target: "openai", Member: &fleet.MemberEdit{Credential: credential}}
	}
	target := func(edit func(*fleet.Target)) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { edit(&s.Routes[0].Targets[2]) }
	}
	first := func(edit func(*fleet.Target)) func(*fleet.Snapshot) {
		return func(s *fleet.Snapshot) { edit(&s.Routes[0].Targets[0]) }
	}
	for says, x := range map[string]struct {
		e    actions.EditIntent
		edit func(*fleet.Snapshot)
	}{
		"the same as b200-a":          {v2(func(m *fleet.MemberEdit) { m.Model = "openai/m" }), nil},
		"is a member of chat already": {v2(func(m *fleet.MemberEdit) { m.ID = "openai" }), nil},
		"without spaces":              {v2(func(m *fleet.MemberEdit) { m.ID = "v 2" }), nil},
		"without a user":              {v2(func(m *fleet.MemberEdit) { m.APIBase = "https://u:" + key + "@h/v1" }), nil},
		"a key itself is never":       {v2(func(m *fleet.MemberEdit) { m.Credential = key }), nil},
		"what was given is not kept":  {v2(func(m *fleet.MemberEdit) { m.Credential = "0123456789abcdef0123456789abcdef" }), nil},
		"has no target nobody":        {addTo("nobody", fleet.MemberEdit{ID: "v2"}), nil},
		"does not go by weights":      {v2(nil), func(s *fleet.Snapshot) { s.Routes[0].Routing.Weighing = fleet.WeighingIgnored }},
		"b200-a has no weight, so":    {v2(nil), first(func(t *fleet.Target) { t.Set = fleet.None[int]() })},
		"not tell the credential of":  {v2(nil), first(func(t *fleet.Target) { t.Settings.Credential = "" })},
		"has the setting x":           {v2(nil), first(func(t *fleet.Target) { t.Settings = &fleet.MemberSettings{Why: fleet.Text("has the setting x")} })},
		"does not tell how b200-a":    {v2(nil), first(func(t *fleet.Target) { t.Settings = nil })},
		"shift it to 0 first":         {remove(""), target(func(t *fleet.Target) { t.Set = fleet.Some(10) })},
		"the weight of openai is not": {remove(""), target(func(t *fleet.Target) { t.Set = fleet.None[int]() })},
		"be put back; block it":       {remove(""), target(func(t *fleet.Target) { t.Set, t.Settings.Credential = fleet.Some(0), "" })},
		"a key itself is never taken": {remove(key), target(func(t *fleet.Target) { t.Set, t.Settings.Credential = fleet.Some(0), "" })},
		"is the only member": {remove(""), func(s *fleet.Snapshot) {
			s.Routes[0].Targets[2].Set = fleet.Some(0)
			s.Routes[0].Targets[0].Settings, s.Routes[0].Targets[1].Settings = nil, nil
		}},
	} {
		s := membered()
		if x.edit != nil {
			x.edit(s)
		}
		if _, err := New(editTo(x.e), s, now); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), key) {
			t.Errorf("%q: %v", says, err)
		}
	}
	for _, c := range []string{"os.environ/OPENAI_API_KEY", "openai-east", "azure east 2", "none"} {
		if _, err := New(editTo(v2(func(m *fleet.MemberEdit) { m.Credential = c })), membered(), now); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}

func TestAMemberIsTheSameAsACommandLine(t *testing.T) {
	for want, e := range map[string]actions.EditIntent{
		"pitwall edit chat --add v2 --like a --model m --api-base http://h/v1 --credential none --dry-run": addTo("a", fleet.MemberEdit{
			ID: "v2", Model: "m", APIBase: "http://h/v1", Credential: "none"}),
		"pitwall edit chat --remove a --dry-run": {Kind: fleet.EditRemove, Target: "a"},
	} {
		if got := Twin(editTo(e), nil); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
