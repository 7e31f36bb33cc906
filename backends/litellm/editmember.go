package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pitwall/fleet"
)

// Members are added with weight 0 under an id of the caller's choice, and removed where they get nothing. Keys stay where they
// are: a new member names a credential that LiteLLM keeps, or a variable of its environment, or has none.

// environment is how a variable of LiteLLM's own environment is named in a setting.
const environmentRef = "os.environ/"

// memberStanding is where one replica stands with the member that an edit adds or removes.
func (g *gateway) memberStanding(ctx context.Context, s edited, r fleet.RouteSpec, e fleet.RouteEdit) edited {
	if s.all, s.err = s.rep.api.models(ctx, nil); s.err != nil {
		return s
	}
	s.held = newHolding(s.rep.spec.ID, r, s.all, g.clock.Now(), nil)
	s.stand(e, memberNow(r, e.Member, s.all))
	return s
}

// The words of a member's standing.
const (
	memberAbsent = "no such member"
	memberThere  = "the member"
)

func memberNow(r fleet.RouteSpec, m *fleet.MemberEdit, all []deployment) string {
	other := memberAbsent
	for _, d := range all {
		switch {
		case d.id != m.ID:
		case d.route != r.ID:
			other = "a member of that id in the route " + fleet.Label(string(d.route)).String()
		case d.model != string(m.Model) || d.apiBase != m.APIBase:
			return "a member of that id with another model or address"
		default:
			return memberThere
		}
	}
	return other
}

// allowedMember refuses a member that cannot be made or put back, or whose coming or going would move traffic.
func (w *dbWriter) allowedMember(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	op := editOp(r, e)
	if e.Member == nil || e.Member.ID == "" {
		return unsupported(op, "the plan says nothing of the member")
	}
	if _, err := newMember(r, e); err != nil { // of what is removed: whether there is a way back
		return err
	}
	for _, s := range p.stands {
		if s.err != nil {
			continue
		}
		check := addable
		if e.Kind == fleet.EditRemove {
			check = removable
		}
		if err := check(op, r, e, s); err != nil {
			return err
		}
	}
	if e.Kind == fleet.EditRemove {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	live, err := p.rep.api.settings(ctx)
	if err != nil {
		return closedSettings(err)
	}
	if strategy := live.strategyOf(r.ID); strategy != simpleShuffle {
		return unsupported(op, fmt.Sprintf("the router picks by %s, which ignores weights, so that a new member would get requests at "+
			"once", fleet.Label(orNothing(strategy))))
	}
	return nil
}

// addable refuses where weight 0 would not keep the new one out, and a credential that nobody there uses.
func addable(op string, r fleet.RouteSpec, e fleet.RouteEdit, s edited) error {
	sum, named := 0.0, e.Member.Like == ""
	for _, d := range s.all {
		if d.settings != nil && d.settings.Credential == e.Member.Credential {
			named = true
		}
		if d.route != r.ID || d.id == e.Member.ID {
			continue
		}
		if !d.weight.OK {
			return unsupported(op, fmt.Sprintf("%s has no weight, so that LiteLLM may give a new member with weight 0 requests all the same; "+
				"set weights on all members first", fleet.Label(string(d.id))))
		}
		sum += d.weight.V
	}
	c := e.Member.Credential
	switch {
	case s.at == fleet.StandsAfter:
		return nil
	case sum == 0:
		return unsupported(op, "no member of the route has a weight, so that weight 0 would not keep a new one out")
	case !named && c != fleet.CredentialNone && !strings.HasPrefix(c, environmentRef):
		return unsupported(op, "no member of this gateway has a credential of that name, so that it may be none: use the name that "+
			"LiteLLM shows of another member, os.environ/NAME, or none")
	}
	return nil
}

// removable refuses a member that gets requests, or without which LiteLLM fares badly.
func removable(op string, r fleet.RouteSpec, e fleet.RouteEdit, s edited) error {
	others, stored := 0, 0
	var own *deployment
	for i := range s.all {
		d := &s.all[i]
		if d.fromDB {
			stored++
		}
		switch {
		case d.route != r.ID:
		case d.id == e.Member.ID:
			own = d
		default:
			others++
		}
	}
	switch {
	case own == nil:
		return nil
	case !own.fromDB:
		return unsupported(op, "the member comes from the config file, and LiteLLM's API only removes models that are kept in its database; "+
			"set its weight to 0 in the file instead")
	case !own.blocked.Or(false) && own.weight != fleet.Some(0.0):
		return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Next: "it is neither blocked nor has it weight 0, so that it may be in use; " +
			"nothing was written; shift it to 0 first"}
	case others == 0 || stored < 2:
		return unsupported(op, "it is the last one, and other replicas of LiteLLM do not notice when the last model goes")
	}
	return nil
}

// newModel is the body of POST /model/new.
type newModel struct {
	Name   string                     `json:"model_name"`
	Params map[string]json.RawMessage `json:"litellm_params"`
	Info   map[string]json.RawMessage `json:"model_info"`
}

// newMember composes a member from its settings. A price or a limit of another model is not copied.
func newMember(r fleet.RouteSpec, e fleet.RouteEdit) (newModel, error) {
	m := e.Member
	var row memberRow
	if err := json.Unmarshal([]byte(m.Settings), &row); err != nil {
		return newModel{}, unsupported(editOp(r, e), "the settings of the member are not known, so that it could not be made")
	}
	body := newModel{Name: string(r.ID), Params: map[string]json.RawMessage{}, Info: map[string]json.RawMessage{}}
	for key, value := range row.Params {
		if slices.Contains(keptParams(), key) && plainValue(value) && (m.Like == "" || !strings.Contains(key, "_cost")) {
			body.Params[key] = value
		}
	}
	for key, value := range row.Info {
		if m.Like == "" || key == "tier" || key == "access_groups" { // a mode can change the members beside it (#38584)
			body.Info[key] = value
		}
	}
	set(body.Params, keyModel, m.Model)
	if m.APIBase != "" {
		set(body.Params, keyBase, m.APIBase)
	}
	set(body.Params, keyWeight, 0)
	switch c := m.Credential; {
	case c == fleet.CredentialNone:
	case strings.HasPrefix(c, environmentRef):
		set(body.Params, keyAPIKey, c)
	case c == "":
		return newModel{}, unsupported(editOp(r, e), "nothing says which credential it has; LiteLLM never tells a key of its own")
	default:
		set(body.Params, keyCredential, c)
	}
	set(body.Info, "id", m.ID)
	return body, nil
}

func set(to map[string]json.RawMessage, key string, value any) {
	if raw, err := json.Marshal(value); err == nil {
		to[key] = raw
	}
}

// editMember makes the call, and looks whether every other member is still there: LiteLLM has dropped members from its router on
// a write without saying so (#40761).
func (w *dbWriter) editMember(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	before := map[fleet.GatewayReplicaID][]deployment{}
	for _, s := range p.stands {
		before[s.rep.spec.ID] = s.all
	}
	call := func(ctx context.Context, a *api) error { return a.deleteModel(ctx, e.Member.ID) }
	if e.Kind == fleet.EditAdd {
		body, err := newMember(r, e)
		if err != nil {
			return err
		}
		call = func(ctx context.Context, a *api) error { return a.newModel(ctx, body) }
	} else if err := w.canComeBack(ctx, r, e, p); err != nil {
		return err
	}
	rep, _, err := w.firstTaker(ctx, p, func(ctx context.Context, a *api) (bool, error) {
		err := call(ctx, a)
		if err != nil && w.standing(ctx, replica{api: a}, r, e).at == fleet.StandsAfter {
			return false, nil // an earlier try, whose end was not seen, or a failure after the write
		}
		return false, err
	})
	if err != nil {
		return failedEdit(r, e, err)
	}
	now := w.standing(ctx, rep, r, e)
	if now.err == nil && e.Kind == fleet.EditAdd && now.at != fleet.StandsAfter { // #35577
		return &fleet.Error{Kind: fleet.KindServer, Op: editOp(r, e), Source: fleet.SourceID(rep.spec.ID), Next: "LiteLLM accepted it and " +
			"did not load it; its row may be stored all the same, and come up later, with weight 0"}
	}
	if err := mustStand(r, e, now); err != nil {
		return err
	}
	if lost := gone(before[rep.spec.ID], now.all, e.Member.ID); len(lost) > 0 {
		return &fleet.Error{Kind: fleet.KindServer, Op: editOp(r, e), Source: fleet.SourceID(rep.spec.ID),
			Next: fmt.Sprintf("it was made, and with it LiteLLM dropped %d other members from the router of %s (%s), which nobody asked for: "+
				"resync that replica, and look at it before anything else", len(lost), rep.spec.ID, names(lost))}
	}
	return nil
}

// gone lists the members that were there and are not, but for one.
func gone(before, now []deployment, but fleet.DeploymentID) []string {
	var lost []string
	for _, d := range before {
		if d.id != but && !slices.ContainsFunc(now, func(o deployment) bool { return o.id == d.id && o.route == d.route }) {
			lost = append(lost, string(d.id))
		}
	}
	return lost
}

// canComeBack looks at which fields are stored: what LiteLLM tells leaves keys out, the stored row has them, encrypted. A write
// of nothing answers the row; it changes no value.
func (w *dbWriter) canComeBack(ctx context.Context, r fleet.RouteSpec, e fleet.RouteEdit, p prepared) error {
	var stored []string
	_, _, err := w.firstTaker(ctx, p, func(ctx context.Context, a *api) (bool, error) {
		row, err := a.patch(ctx, "look at the stored row", e.Member.ID, patchBody{Params: map[string]any{}})
		stored = row.fields()
		return false, err
	})
	if err != nil {
		return failedEdit(r, e, err)
	}
	if len(stored) == 0 {
		return unsupported(editOp(r, e), "LiteLLM does not show which fields are stored of it, so that a key of its own could be lost; "+
			"block it instead")
	}
	for _, key := range stored {
		if slices.Contains(keptParams(), key) || key == keyAPIKey && strings.HasPrefix(e.Member.Credential, environmentRef) {
			continue
		}
		return unsupported(editOp(r, e), fmt.Sprintf("its stored row holds %s, encrypted, which LiteLLM never tells and which is never kept "+
			"here: it could not be put back; block it instead", fleet.Label(key)))
	}
	return nil
}

// fields are the names of the fields of a stored row that hold something.
func (r row) fields() []string {
	var all map[string]json.RawMessage
	if json.Unmarshal(r.Params.raw, &all) != nil {
		return nil
	}
	var list []string
	for key, value := range all {
		if !emptyValue(value) {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	return list
}

func (a *api) newModel(ctx context.Context, body newModel) error {
	reply, err := a.client.Do(ctx, http.MethodPost, "/model/new", body)
	if err != nil {
		return a.refusal("add a member", reply, err)
	}
	return nil
}

func (a *api) deleteModel(ctx context.Context, id fleet.DeploymentID) error {
	reply, err := a.client.Do(ctx, http.MethodPost, "/model/delete", map[string]string{"id": string(id)})
	if err != nil {
		return a.refusal("remove a member", reply, err)
	}
	return nil
}
