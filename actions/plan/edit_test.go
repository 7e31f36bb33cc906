package plan

import (
	"slices"
	"strings"
	"testing"

	"pitwall/actions"
	"pitwall/fleet"
)

// edited is the demo with a gateway that keeps fallbacks, aliases and blocks.
func edited() *fleet.Snapshot {
	s := demo()
	all := []fleet.EditKind{fleet.EditFallbacks, fleet.EditAlias, fleet.EditBlock}
	s.Routes[0].Routing = fleet.Routing{Edits: all, Aliases: []fleet.RouteID{"gpt-4o"},
		Fallbacks: []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"batch"}}}}
	s.Routes[1].Spec.Gateway = "edge"
	s.Routes = append(s.Routes, fleet.Route{Spec: fleet.RouteSpec{ID: "spare", Gateway: "edge"}}, fleet.Route{Spec: fleet.RouteSpec{ID: "far", Gateway: "other"}})
	for i := range s.Routes[0].Targets {
		s.Routes[0].Targets[i].Blocked = fleet.Some(false)
	}
	return s
}

func editTo(e actions.EditIntent) actions.Intent {
	return actions.Intent{Kind: actions.KindEdit, Route: "chat", Edit: &e}
}

func TestAnEditIsPlannedWithWhatItReplaces(t *testing.T) {
	for text, e := range map[string]actions.EditIntent{
		"fallbacks (failure): batch -> batch, spare": {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"batch", "spare"}},
		"fallbacks (failure): batch -> none":         {Kind: fleet.EditFallbacks, Fallback: fleet.FallbackFailure},
		"fallbacks (context window): none -> spare":  {Kind: fleet.EditFallbacks, Fallback: fleet.FallbackContext, To: []fleet.RouteID{"spare"}},
		"alias gpt-5: none -> chat":                  {Kind: fleet.EditAlias, Alias: "gpt-5", To: []fleet.RouteID{"chat"}},
		"alias gpt-4o: chat -> spare":                {Kind: fleet.EditAlias, Alias: "gpt-4o", To: []fleet.RouteID{"spare"}},
		"alias gpt-4o: chat -> none":                 {Kind: fleet.EditAlias, Alias: "gpt-4o"},
		"block openai":                               {Kind: fleet.EditBlock, Target: "openai", Out: true},
	} {
		p, err := New(editTo(e), edited(), now)
		if err != nil || p.ErrandText().String() != text || len(p.Steps) != 1 || p.BeforeHash == p.AfterHash || len(p.Edit.Replicas) != 3 || p.Digest == "" {
			t.Errorf("%q: %q, %+v, %v", text, p.ErrandText(), p.Edit, err)
			continue
		}
		if p.Lock() != "chat" || !p.Errand() {
			t.Errorf("%q: locked as %q", text, p.Lock())
		}
		back, err := Undo(actions.Change{ID: "c-1", Step: 1, State: actions.StateCommitted, Plan: p}, actions.Actor{})
		if err != nil || back.Edit == nil || back.Undoes != "c-1" || !slices.Equal(back.Edit.To, p.Edit.Edit.Before) {
			t.Errorf("%q: its undo is %+v, %v", text, back.Edit, err)
		}
	}
}

func TestABlockIsPlannedAsTheLoadThatItMoves(t *testing.T) {
	p, err := New(editTo(actions.EditIntent{Kind: fleet.EditBlock, Target: "b200-a", Out: true}), edited(), now)
	if err != nil || p.Before["b200-a"] != 60 || p.After["b200-a"] != 0 || p.After["h100-b"] != 30 || len(p.Effects) != 3 {
		t.Errorf("%v -> %v, %d effects, %v", p.Before, p.After, len(p.Effects), err)
	}
	s := edited()
	for _, id := range []int{1, 2} {
		s.Routes[0].Targets[id].Blocked = fleet.Some(true)
	}
	if _, err := New(editTo(actions.EditIntent{Kind: fleet.EditBlock, Target: "b200-a", Out: true}), s, now); err == nil || !strings.Contains(err.Error(), "last member") {
		t.Errorf("the last one: %v", err)
	}
}

// A weight that pitwall cannot read is not 0: who blocks a member in an emergency is not told that it is the last one.
func TestAMemberIsBlockedBesideWeightsThatCannotBeRead(t *testing.T) {
	s := edited()
	for _, id := range []int{1, 2} {
		s.Routes[0].Targets[id].Set = fleet.None[int]()
	}
	p, err := New(editTo(actions.EditIntent{Kind: fleet.EditBlock, Target: "b200-a", Out: true}), s, now)
	if err != nil || p.After["b200-a"] != 0 || p.After["h100-b"] == 0 {
		t.Errorf("%v -> %v, %v", p.Before, p.After, err)
	}
}

func TestAnEditThatCannotBeIsRefusedWithItsReason(t *testing.T) {
	for says, x := range map[string]struct {
		e    actions.EditIntent
		edit func(*fleet.Snapshot)
	}{
		"so already":                {actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"batch"}}, nil},
		"its own fallback":          {actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"chat"}}, nil},
		"named twice":               {actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"spare", "spare"}}, nil},
		"edge has no route far; it": {actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"far"}}, nil},
		"a route of its own":        {actions.EditIntent{Kind: fleet.EditAlias, Alias: "batch", To: []fleet.RouteID{"chat"}}, nil},
		"plain characters":          {actions.EditIntent{Kind: fleet.EditAlias, Alias: "x\x1b[31m", To: []fleet.RouteID{"chat"}}, nil},
		"leads to one route":        {actions.EditIntent{Kind: fleet.EditAlias, Alias: "y", To: []fleet.RouteID{"chat", "spare"}}, nil},
		"alias none is so":          {actions.EditIntent{Kind: fleet.EditAlias, Alias: "none"}, nil},
		"no target gone":            {actions.EditIntent{Kind: fleet.EditBlock, Target: "gone", Out: true}, nil},
		"openai is so already":      {actions.EditIntent{Kind: fleet.EditBlock, Target: "openai"}, nil},
		"kept in a file": {actions.EditIntent{Kind: fleet.EditFallbacks}, func(s *fleet.Snapshot) {
			s.Routes[0].Routing.Edits, s.Routes[0].Routing.EditsWhy = nil, fleet.Text("kept in a file")
		}},
		"no such thing, or was not":  {actions.EditIntent{Kind: fleet.EditFallbacks}, func(s *fleet.Snapshot) { s.Routes[0].Routing.Edits = nil }},
		"gw-3 has other":             {actions.EditIntent{Kind: fleet.EditFallbacks}, func(s *fleet.Snapshot) { s.Routes[0].RoutingAs = fleet.Text("gw-3 has other fallbacks than gw-1") }},
		"whether openai is blocked":  {actions.EditIntent{Kind: fleet.EditBlock, Target: "openai", Out: true}, func(s *fleet.Snapshot) { s.Routes[0].Targets[2].Blocked = fleet.None[bool]() }},
		"\"shuffle\" is not known":   {actions.EditIntent{Kind: "shuffle"}, func(s *fleet.Snapshot) { s.Routes[0].Routing.Edits = []fleet.EditKind{"shuffle"} }},
		"at most 5 fallbacks are":    {actions.EditIntent{Kind: fleet.EditFallbacks, To: []fleet.RouteID{"a", "b", "c", "d", "e", "f"}}, sixRoutes},
		"no gateway replica of chat": {actions.EditIntent{Kind: fleet.EditFallbacks}, func(s *fleet.Snapshot) { s.Routes[0].Weights, s.Routes[0].Replicas = nil, nil }},
	} {
		s := edited()
		if x.edit != nil {
			x.edit(s)
		}
		if _, err := New(editTo(x.e), s, now); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	if _, err := New(actions.Intent{Kind: actions.KindEdit, Route: "chat"}, edited(), now); err == nil {
		t.Error("an edit of nothing was planned")
	}
}

func sixRoutes(s *fleet.Snapshot) {
	for _, id := range []fleet.RouteID{"a", "b", "c", "d", "e", "f"} {
		s.Routes = append(s.Routes, fleet.Route{Spec: fleet.RouteSpec{ID: id, Gateway: "edge"}})
	}
}

func TestAnEditIsTheSameAsACommandLine(t *testing.T) {
	for want, e := range map[string]actions.EditIntent{
		"pitwall edit chat --fallbacks 'a,b' --dry-run":                      {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"a", "b"}},
		"pitwall edit chat --fallbacks none --on 'context window' --dry-run": {Kind: fleet.EditFallbacks, Fallback: fleet.FallbackContext},
		"pitwall edit chat --alias x --dry-run":                              {Kind: fleet.EditAlias, Alias: "x", To: []fleet.RouteID{"chat"}},
		"pitwall edit chat --no-alias x --dry-run":                           {Kind: fleet.EditAlias, Alias: "x"},
		"pitwall edit chat --block t --dry-run":                              {Kind: fleet.EditBlock, Target: "t", Out: true},
		"pitwall edit chat --unblock t --dry-run":                            {Kind: fleet.EditBlock, Target: "t"},
	} {
		if got := Twin(editTo(e), nil); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}

// A gateway knows its routes by their names there: an edit has these, whichever of both was typed.
func TestAnEditNamesRoutesAsTheGatewayDoes(t *testing.T) {
	s := edited()
	s.Routes[0].Spec.ID, s.Routes[0].Spec.Name = "chat-edge", "chat"
	s.Routes[2].Spec.ID, s.Routes[2].Spec.Name = "spare-edge", "spare"
	s.Routes[3].Spec.ID, s.Routes[3].Spec.Name = "spare-other", "spare"
	s.Routes = append(s.Routes, fleet.Route{Spec: fleet.RouteSpec{ID: "chat", Name: "llm", Gateway: "edge"}})
	for text, e := range map[string]actions.EditIntent{
		"fallbacks (failure): batch -> spare": {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"spare-edge"}},
		"fallbacks (failure): batch -> llm":   {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"llm"}},
		"alias gpt-5: none -> chat":           {Kind: fleet.EditAlias, Alias: "gpt-5", To: []fleet.RouteID{"chat-edge"}},
		"alias gpt-4o: chat -> spare":         {Kind: fleet.EditAlias, Alias: "gpt-4o", To: []fleet.RouteID{"spare-edge"}},
	} {
		in := editTo(e)
		in.Route = "chat-edge"
		p, err := New(in, s, now)
		if err != nil || p.ErrandText().String() != text {
			t.Errorf("%q: %q, %v", text, p.ErrandText(), err)
		}
	}
	for why, e := range map[string]actions.EditIntent{
		"cannot be its own fallback": {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"chat-edge"}},
		"edge has no route":          {Kind: fleet.EditFallbacks, To: []fleet.RouteID{"spare-other"}},
		"a route of its own":         {Kind: fleet.EditAlias, Alias: "spare", To: []fleet.RouteID{"chat-edge"}},
	} {
		in := editTo(e)
		in.Route = "chat-edge"
		if _, err := New(in, s, now); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v", why, err)
		}
	}
	// its undo says what the gateway said, though that is the ID of another route
	in := actions.Intent{Kind: actions.KindEdit, Route: "chat-edge", Undoes: "c-1", Edit: &actions.EditIntent{Kind: fleet.EditAlias, Alias: "gpt-5",
		To: []fleet.RouteID{"chat"}}}
	if p, err := New(in, s, now); err != nil || p.ErrandText().String() != "alias gpt-5: none -> chat" {
		t.Errorf("%q, %v", p.ErrandText(), err)
	}
}
