package plan

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
)

// Adding and removing members. A new one has weight 0, and one that goes gets nothing, so that neither moves traffic: S does.

func cloneMember(m *fleet.MemberEdit) *fleet.MemberEdit {
	if m == nil {
		return nil
	}
	c := *m
	return &c
}

// editAdd completes what is added from the member that it is like.
func editAdd(e *fleet.RouteEdit, r *fleet.Route, s *fleet.Snapshot) error {
	m := e.Member
	if m == nil {
		return errors.New("the intent says nothing of the member to add")
	}
	if m.Settings == "" {
		if err := likeMember(e, r); err != nil {
			return err
		}
	} else {
		m.Like = ""
	}
	if e.Target == "" || m.Like != "" {
		e.Target = fleet.TargetID(m.ID)
	}
	if err := errors.Join(checkID(m.ID), checkBase(m.APIBase), checkCredential(m.Credential)); err != nil {
		return err
	}
	if m.Model == "" || !fleet.IsClean(string(m.Model)) {
		return errors.New("a member needs a model of plain characters")
	}
	for i := range s.Routes {
		o := &s.Routes[i]
		if o.Spec.Gateway == r.Spec.Gateway && slices.ContainsFunc(o.Targets, func(t fleet.Target) bool {
			return t.Settings != nil && deploymentOf(&t) == m.ID // one that is declared and not held has none
		}) {
			return fmt.Errorf("%s is a member of %s already", fleet.Quote(string(m.ID)), fleet.Label(string(o.Spec.ID)))
		}
	}
	return weighed(r)
}

// likeMember takes over from the member that the new one is like.
func likeMember(e *fleet.RouteEdit, r *fleet.Route) error {
	m := e.Member
	t := r.Target(e.Target)
	if t == nil {
		return fmt.Errorf("%s has no target %s to be like", fleet.Label(string(r.Spec.ID)), fleet.Quote(string(e.Target)))
	}
	own, err := settingsOf(t)
	if err != nil {
		return fmt.Errorf("its settings cannot be copied: %w", err)
	}
	m.Like, m.Settings = t.Spec.ID, own.Text
	if m.Model == "" {
		m.Model = own.Model
	}
	if m.APIBase == "" {
		m.APIBase = own.APIBase
	}
	if m.Credential == "" {
		m.Credential = own.Credential
	}
	switch {
	case m.Model == own.Model && m.APIBase == own.APIBase:
		return fmt.Errorf("it would be the same as %s: another model or another address is needed", fleet.Label(string(t.Spec.ID)))
	case m.Credential == "":
		return fmt.Errorf("the gateway does not tell the credential of %s by name, and a key is neither read nor copied: name one that "+
			"the gateway keeps (--credential NAME), a variable of its own (--credential os.environ/NAME), or none", fleet.Label(string(t.Spec.ID)))
	}
	return nil
}

// weighed refuses where a weight of 0 would not keep a new member out.
func weighed(r *fleet.Route) error {
	if !r.Routing.Weighing.Decides() {
		return fmt.Errorf("the gateway does not go by weights on %s, or does not tell, so that a new member would get requests at once",
			fleet.Label(string(r.Spec.ID)))
	}
	sum := 0
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Settings == nil {
			continue // declared, and not on the gateway
		}
		if !t.Set.OK {
			return fmt.Errorf("%s has no weight, so that a new member with weight 0 may get requests all the same: set weights on all "+
				"members first", fleet.Label(string(t.Spec.ID)))
		}
		sum += t.Set.V
	}
	if sum == 0 {
		return fmt.Errorf("no member of %s has a weight, so that weight 0 would not keep a new one out", fleet.Label(string(r.Spec.ID)))
	}
	return nil
}

// editRemove remembers the member, so that there is a way back.
func editRemove(e *fleet.RouteEdit, r *fleet.Route) error {
	t := leaving(e, r)
	if t == nil {
		return fmt.Errorf("%s has no target %s", fleet.Label(string(r.Spec.ID)), fleet.Quote(string(e.Target)))
	}
	name := fleet.Label(string(t.Spec.ID))
	blocked := t.Blocked.OK && t.Blocked.V
	switch {
	case !blocked && !t.Set.OK:
		return fmt.Errorf("the weight of %s is not known: only a member with weight 0, or a blocked one, is removed", name)
	case !blocked && t.Set.V != 0:
		return fmt.Errorf("%s has weight %d: shift it to 0 first, or block it", name, t.Set.V)
	case held(r) < 2:
		return fmt.Errorf("%s is the only member of its route", name)
	}
	own, err := settingsOf(t)
	if err != nil {
		return fmt.Errorf("%w: it could not be put back; block it instead", err)
	}
	m := &fleet.MemberEdit{ID: deploymentOf(t), Model: own.Model, APIBase: own.APIBase, Credential: own.Credential, Settings: own.Text}
	if m.Credential == "" && e.Member != nil {
		m.Credential = e.Member.Credential
	}
	if m.Credential == "" {
		return fmt.Errorf("the gateway does not tell the credential of %s by name, and a key of its own is never read: it could not be put "+
			"back; block it instead, or say what it is for the way back: --credential os.environ/NAME, or none", name)
	}
	e.Target, e.Member = t.Spec.ID, m
	return checkCredential(m.Credential)
}

// leaving is the member that goes; one that was added is known by the gateway's name for it.
func leaving(e *fleet.RouteEdit, r *fleet.Route) *fleet.Target {
	if t := r.Target(e.Target); t != nil || e.Member == nil {
		return t
	}
	for i := range r.Targets {
		if deploymentOf(&r.Targets[i]) == e.Member.ID {
			return &r.Targets[i]
		}
	}
	return nil
}

// held counts the members that the gateway has.
func held(r *fleet.Route) int {
	n := 0
	for i := range r.Targets {
		if r.Targets[i].Settings != nil {
			n++
		}
	}
	return n
}

// settingsOf is how a member is made again.
func settingsOf(t *fleet.Target) (*fleet.MemberSettings, error) {
	switch {
	case t.Settings == nil:
		return nil, fmt.Errorf("the gateway does not tell how %s is configured", fleet.Label(string(t.Spec.ID)))
	case !t.Settings.Why.IsEmpty():
		return nil, errors.New(t.Settings.Why.String())
	}
	return t.Settings, nil
}

// deploymentOf is the gateway's own name of a target.
func deploymentOf(t *fleet.Target) fleet.DeploymentID {
	if t.Spec.Deployment != "" {
		return t.Spec.Deployment
	}
	return fleet.DeploymentID(t.Spec.ID)
}

const mostMemberID = 128

func checkID(id fleet.DeploymentID) error {
	if id == "" || len(id) > mostMemberID || !fleet.IsClean(string(id)) || strings.ContainsAny(string(id), " \t\"'`") {
		return fmt.Errorf("a member needs a name of at most %d plain characters, without spaces", mostMemberID)
	}
	return nil
}

// checkBase refuses what is no plain address: a user or a query in one may be a secret.
func checkBase(base string) error {
	if base == "" {
		return nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the address must be http://HOST/PATH or https://HOST/PATH, without a user, a query or a fragment")
	}
	return nil
}

var (
	fromEnvironment = regexp.MustCompile(`^os\.environ/[A-Za-z_][A-Za-z0-9_]{0,127}$`)
	credentialName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._ -]{0,62}$`)
	keyLike         = regexp.MustCompile(`(?i)^(sk|pk|rk|key|hf|gsk|xai|nvapi|AIza)[-_a-z0-9]*[-_][A-Za-z0-9_-]{8,}$|^AIza|[A-Za-z0-9_-]{32,}`)
)

// checkCredential takes references alone. What it refuses is not repeated: it may be a key.
func checkCredential(c string) error {
	if c == fleet.CredentialNone || fromEnvironment.MatchString(c) || credentialName.MatchString(c) && !keyLike.MatchString(c) {
		return nil
	}
	return errors.New("the credential must be the name of one that the gateway keeps, os.environ/NAME, or none; a key itself is never " +
		"taken, and what was given is not kept")
}

// twinMember is an added or removed member as flags.
func twinMember(e *actions.EditIntent) []string {
	var m fleet.MemberEdit
	if e.Member != nil {
		m = *e.Member
	}
	var parts []string
	if e.Kind == fleet.EditRemove {
		parts = []string{"--remove", quote(string(e.Target))}
	} else {
		parts = []string{"--add", quote(string(m.ID)), "--like", quote(string(e.Target))}
		if m.Model != "" {
			parts = append(parts, "--model", quote(string(m.Model)))
		}
		if m.APIBase != "" {
			parts = append(parts, "--api-base", quote(m.APIBase))
		}
	}
	if m.Credential != "" {
		parts = append(parts, "--credential", quote(m.Credential))
	}
	return parts
}
