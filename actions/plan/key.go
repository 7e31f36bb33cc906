package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// leastPrefix is how much of a hash names a key.
const leastPrefix = 8

// period is how gateways write the period of a budget: 30s, 12h, 7d, 1mo.
var period = regexp.MustCompile(`^[1-9][0-9]{0,4}(s|m|h|d|w|mo)$`)

// FindKey says at which gateway a key or a team is, by what is read of spending, and gives its hash or ID where that tells it. A name
// that looks like a key itself is refused, and is in no error.
func FindKey(want actions.KeyIntent, s *fleet.Snapshot) (actions.KeyIntent, error) {
	if err := nameable(want.Of); err != nil {
		return want, err
	}
	if s == nil {
		return want, &fleet.Error{Kind: fleet.KindStale, Op: "plan", Err: errors.New("nothing has been read yet")}
	}
	if want.Of.ID == "" && !want.Of.Team && fleet.IsKeyHash(want.Of.Alias) {
		want.Of.ID, want.Of.Alias = strings.ToLower(want.Of.Alias), ""
	}
	var found []*fleet.KeyBurn
	for i := range s.Spend.Keys {
		if b := &s.Spend.Keys[i]; (want.Gateway == "" || want.Gateway == b.Gateway) && meant(b, want.Of) {
			found = append(found, b)
		}
	}
	switch {
	case len(found) == 1:
		want.Gateway = found[0].Gateway
		if want.Of.ID = found[0].Key; want.Of.Team {
			want.Of.ID = found[0].Team
		}
		return want, nil
	case len(found) > 1:
		return want, refuse(fmt.Errorf("%d %ss are called %s: name one by its hash or ID, or its gateway with --gateway", len(found),
			want.Of.Kind(), fleet.Quote(want.Of.Raw())))
	}
	return onlyGateway(want, s)
}

// nameable refuses what can be no name of a key.
func nameable(of fleet.KeyRef) error {
	switch {
	case fleet.LooksSecret(of.ID) || fleet.LooksSecret(of.Alias):
		return refuse(errors.New("what was typed looks like a key itself: name the key by its alias or its hash (64 hex digits); " +
			"what was typed was neither kept nor sent"))
	case of.Raw() == "" || !fleet.IsClean(of.ID) || !fleet.IsClean(of.Alias):
		return refuse(fmt.Errorf("name a %s by plain characters", of.Kind()))
	}
	return nil
}

// meant tells whether a key or a team is meant by a reference.
func meant(b *fleet.KeyBurn, of fleet.KeyRef) bool {
	if of.Team != (b.Key == "") {
		return false
	}
	if of.Team {
		return of.ID != "" && of.ID == b.Team || of.ID == "" && (of.Alias == b.TeamName || of.Alias == b.Team)
	}
	prefix := len(of.Alias) >= leastPrefix && strings.HasPrefix(b.Key, of.Alias)
	return of.ID != "" && of.ID == b.Key || of.ID == "" && (of.Alias == b.Alias || prefix)
}

// onlyGateway is where a key must be that spends nothing now.
func onlyGateway(want actions.KeyIntent, s *fleet.Snapshot) (actions.KeyIntent, error) {
	var ids []string
	for i := range s.Gateways {
		ids = append(ids, string(s.Gateways[i].Spec.ID))
	}
	switch {
	case want.Gateway != "" && !slices.Contains(ids, string(want.Gateway)):
		return want, refuse(fmt.Errorf("there is no gateway %s; there are %s", fleet.Quote(string(want.Gateway)), labels(ids)))
	case want.Gateway == "" && len(ids) == 1:
		want.Gateway = fleet.GatewayID(ids[0])
	case want.Gateway == "":
		return want, refuse(fmt.Errorf("no %s %s spends anything now, and there are %s: say which gateway has it, with --gateway",
			want.Of.Kind(), fleet.Quote(want.Of.Raw()), labels(ids)))
	}
	return want, nil
}

func labels(ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fleet.Label(id).String()
	}
	return list(out)
}

// Key plans a change of a key or a team as its gateway tells it now.
func Key(in actions.Intent, h fleet.KeyHolder, s *fleet.Snapshot, now time.Time) (actions.Plan, error) {
	switch {
	case s == nil:
		return actions.Plan{}, &fleet.Error{Kind: fleet.KindStale, Op: "plan", Err: errors.New("nothing has been read yet")}
	case in.Key == nil:
		return actions.Plan{}, refuse(errors.New("the intent says nothing of a key"))
	}
	want := *in.Key
	want.Of = h.KeyRef
	in.Key = &want
	e := fleet.KeyEdit{Kind: want.Kind, Of: h.KeyRef, Before: h.State, After: h.State}
	if err := wantKey(&e, &want, &h); err != nil {
		return actions.Plan{}, refuse(err)
	}
	p := actions.Plan{Format: format, Created: now, Intent: in, Context: s.Context, Env: s.Env, Mode: s.Mode, Gateway: want.Gateway,
		SeenGen: s.Gen, SeenAt: s.At, Edit: &actions.EditPlan{Key: &actions.KeyPlan{Edit: e, Holder: h}}}
	measureKey(p.Edit.Key, want.Gateway, s)
	p.Edit.Replicas = answering(s, want.Gateway)
	p.Notes = keyNotes(p.Edit.Key)
	p.BeforeHash, p.AfterHash = keyHash(e, e.Before), keyHash(e, e.After)
	p.Steps = []actions.Step{{N: 1, BeforeHash: p.BeforeHash, AfterHash: p.AfterHash}}
	return seal(p)
}

// wantKey says what holds after an edit.
func wantKey(e *fleet.KeyEdit, want *actions.KeyIntent, h *fleet.KeyHolder) error {
	switch want.Kind {
	case fleet.KeyBlock:
		if e.After.Blocked = want.Out; e.After.Blocked == e.Before.Blocked {
			return fmt.Errorf("%s is %s already", h.Text(), e.Wording(e.Before))
		}
		return nil
	case fleet.KeyLimit:
	default:
		return fmt.Errorf("the kind of edit %s of a key is not known", fleet.Quote(string(want.Kind)))
	}
	if err := wantLimits(&e.After, want); err != nil {
		return err
	}
	switch {
	case !h.LimitsWhy.IsEmpty():
		return fmt.Errorf("the limits of %s cannot be changed here: %s", h.Text(), h.LimitsWhy)
	case e.StandsAt(e.Before) == fleet.StandsAfter:
		return fmt.Errorf("%s has these limits already: %s", h.Text(), e.Before.LimitText())
	case e.After.Per != "" && !e.After.Budget.OK && want.Per:
		return errors.New("a period without a budget limits nothing: give --budget too")
	}
	return nil
}

// wantLimits takes over what is wanted of the limits.
func wantLimits(to *fleet.KeyState, want *actions.KeyIntent) error {
	l := &want.Limit
	if err := checkLimits(l); err != nil {
		return err
	}
	if !want.Budget && !want.Per && !want.TPM && !want.RPM {
		return errors.New("say what is limited: a budget, its period, tokens or requests a minute")
	}
	if want.Budget {
		to.Budget = l.Budget
	}
	if want.Per {
		to.Per = l.Per
	}
	if want.TPM {
		to.TPM = l.TPM
	}
	if want.RPM {
		to.RPM = l.RPM
	}
	return nil
}

// checkLimits refuses what no gateway takes.
func checkLimits(l *fleet.KeyState) error {
	switch {
	case l.Budget.OK && (l.Budget.V.Currency() != fleet.USD || l.Budget.V.Amount().IsNegative()):
		return errors.New("a budget is an amount of US dollars, zero or more")
	case l.Per != "" && !period.MatchString(l.Per):
		return fmt.Errorf("%s is no period: 30s, 12h, 7d, 1mo", fleet.Quote(l.Per))
	case l.TPM.OK && l.TPM.V < 0 || l.RPM.OK && l.RPM.V < 0:
		return errors.New("a rate limit is zero or more")
	}
	return nil
}

// measureKey says what a key or a team spends now, and which part of its gateway's keys that is.
func measureKey(k *actions.KeyPlan, g fleet.GatewayID, s *fleet.Snapshot) {
	all, known := fleet.USDPerHour(0), false
	for i := range s.Spend.Keys {
		b := &s.Spend.Keys[i]
		if b.Gateway != g {
			continue
		}
		if b.Key != "" && b.Rate.OK {
			all, known = all+b.Rate.V, true
		}
		of := k.Edit.Of
		if of.Team && b.Key == "" && b.Team == of.ID || !of.Team && b.Key == of.ID && of.ID != "" {
			k.Rate, k.Runaway = b.Rate, !b.Runaway.IsZero()
		}
	}
	if k.Rate.OK && known && all > 0 {
		k.Share = fleet.Some(min(fleet.Ratio(k.Rate.V/all), 1))
	}
}

// answering are the replicas of a gateway that are read now.
func answering(s *fleet.Snapshot, id fleet.GatewayID) []fleet.GatewayReplicaID {
	var out []fleet.GatewayReplicaID
	if g := s.Gateway(id); g != nil {
		for i := range g.Replicas {
			if g.Replicas[i].State != fleet.StateStale {
				out = append(out, g.Replicas[i].ID)
			}
		}
	}
	return out
}

// keyNotes say what a person should know before the confirmation.
func keyNotes(k *actions.KeyPlan) []fleet.Safe {
	h := &k.Holder
	var notes []fleet.Safe
	if h.Spent.OK {
		n := fleet.Concat(fleet.Text("spent "), h.Spent.V.Text(), fleet.Text(" by its gateway's count, limits now: "), h.State.LimitText())
		if h.Resets.OK && h.State.Budget.OK {
			n = fleet.Concat(n, fleet.Text("; the budget begins anew "), fleet.Stamp(h.Resets.V))
		}
		notes = append(notes, n)
	}
	if len(h.Routes) > 0 {
		names := make([]fleet.Safe, len(h.Routes))
		for i, r := range h.Routes {
			names[i] = fleet.Label(string(r))
		}
		notes = append(notes, fleet.Concat(fleet.Text("it may call "), fleet.Join(names, fleet.Text(", "))))
	} else {
		notes = append(notes, fleet.Text("it may call every route of the gateway"))
	}
	if n := h.Keys; n.OK {
		notes = append(notes, fleet.Concat(fleet.Text("the team has "), fleet.Many(n.V, "key")))
	}
	if e := &k.Edit; e.Kind == fleet.KeyLimit && (e.Before.Per != e.After.Per) && e.After.Budget.OK {
		notes = append(notes, fleet.Text("with another period its gateway works out anew when the budget begins again; what was spent stays "+
			"counted until then"))
	}
	return append(notes, fleet.Concat(fleet.Text("each replica is told; one that is not, or a further worker of one, may go by what it had "+
		"cached for "), fleet.Age(h.Cached), fleet.Text(" more")))
}

// keyHash identifies a state as far as an edit changes it.
func keyHash(e fleet.KeyEdit, s fleet.KeyState) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q %q %v %q", e.Kind, e.Of.ID, e.Of.Team, e.Wording(s))))
	return hex.EncodeToString(sum[:])
}

// undoKey is the intent that sets back what an edit of a key found.
func undoKey(c actions.Change, actor actions.Actor) actions.Intent {
	back := c.Plan.Edit.Key.Edit.Inverse()
	want := &actions.KeyIntent{Gateway: c.Plan.Gateway, Of: back.Of, Kind: back.Kind}
	if back.Kind == fleet.KeyBlock {
		want.Out = back.After.Blocked
	} else {
		want.Limit, want.Budget, want.Per, want.TPM, want.RPM = back.After, true, true, true, true
		want.Limit.Blocked = false
	}
	return actions.Intent{Kind: actions.KindKey, Undoes: c.ID, Actor: actor, Reason: "undo " + string(c.ID), Key: want}
}

// twinKey is an edit of a key as a command line.
func twinKey(in actions.Intent) string {
	k := in.Key
	verb := "unblock"
	if k.Kind == fleet.KeyLimit {
		verb = "limit"
	} else if k.Out {
		verb = "block"
	}
	parts := []string{"pitwall", k.Of.Kind(), verb, quote(k.Of.Raw())}
	flag := func(set bool, name, value string) {
		if set {
			parts = append(parts, name, quote(value))
		}
	}
	money, whole := "none", func(v fleet.Maybe[int64]) string {
		if !v.OK {
			return "none"
		}
		return fmt.Sprint(v.V)
	}
	if k.Limit.Budget.OK {
		money = k.Limit.Budget.V.Amount().String()
	}
	per := k.Limit.Per
	if per == "" {
		per = "none"
	}
	flag(k.Budget, "--budget", money)
	flag(k.Per && k.Limit.Budget.OK, "--per", per)
	flag(k.TPM, "--tpm", whole(k.Limit.TPM))
	flag(k.RPM, "--rpm", whole(k.Limit.RPM))
	flag(k.Gateway != "", "--gateway", string(k.Gateway))
	return strings.Join(append(parts, "--dry-run"), " ")
}
