package azureml

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Orchestrator knows online endpoints and deployments.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind {
	return []fleet.ObjectKind{endpointKind, deploymentKind}
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, k fleet.ObjectKind, o fleet.ObjectRef) (fleet.Rollout, error) {
	if k.Resource == deploymentKind.Resource {
		s, err := readDeployment(ctx, c, o)
		if err != nil {
			return fleet.Rollout{}, err
		}
		return s.rollout(ctx, a), nil
	}
	s, err := readEndpoint(ctx, c, o, a)
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(ctx), nil
}

// unit is a deployment as it was read.
type unit struct {
	c   fleet.Objects
	ref fleet.ObjectRef
	doc any
	d   deployment
}

func readDeployment(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef) (*unit, error) {
	ref.Kind = deploymentKind.Kind
	body, err := c.Get(ctx, deploymentKind, ref)
	if err != nil {
		return nil, err
	}
	return newUnit(c, ref, body)
}

func newUnit(c fleet.Objects, ref fleet.ObjectRef, body fleet.JSON) (*unit, error) {
	doc, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	s := &unit{c: c, ref: ref, doc: doc}
	return s, jsonptr.Into(doc, &s.d)
}

func (s *unit) uid() string { return identity(s.d.ID, s.d.System) }

var ownersUnread = fleet.Text("Azure does not say what else applies it: a template, Terraform, a pipeline")

func (s *unit) rollout(ctx context.Context, a *Orchestrator) fleet.Rollout {
	now := a.clock.Now()
	r := fleet.Rollout{Object: s.ref, API: deploymentKind, UID: s.uid(), At: now, Unit: fleet.Text("instances"), Desired: s.d.instances(),
		Gaps: gaps, OwnersUnread: ownersUnread, Now: s.version(ctx), Surge: fleet.Surge{Missing: 1}}
	r.System = fleet.Concat(fleet.Text("Azure ML online deployment"), kindOf(&s.d))
	if s.d.scales() {
		r.Scaler = fleet.Scaler{Object: s.ref, API: deploymentKind, Min: s.d.Properties.Scale.Min, Max: s.d.Properties.Scale.Max,
			Wants: r.Desired}
	} else {
		r.Scaler.Unread = fleet.Text("the autoscale settings of Azure Monitor are not read")
	}
	v := s.d.stands(now)
	r.Phase, r.Why, r.Never, r.Since = v.phase, v.why, v.never, v.since
	return r
}

func kindOf(d *deployment) fleet.Safe {
	var parts []fleet.Safe
	if d.Properties.Compute == "Kubernetes" {
		parts = append(parts, fleet.Text(" on Kubernetes"))
	}
	if d.Properties.Instance != "" {
		parts = append(parts, fleet.Concat(fleet.Text(" of "), fleet.Quote(d.Properties.Instance)))
	}
	return fleet.Concat(parts...)
}

// version is what a deployment runs. Its image is that of its environment, where the workspace keeps it.
func (s *unit) version(ctx context.Context) fleet.Version {
	p := &s.d.Properties
	v := fleet.Version{Name: fleet.Quote(cmp.Or(asset(p.Model), asset(p.Environment))), At: s.d.System.Modified.UTC()}
	if p.Model != "" {
		v.Weights = fleet.Quote(asset(p.Model))
		if _, version, ok := strings.Cut(asset(p.Model), ":"); ok {
			v.Revision = fleet.Quote(version)
		}
	}
	if p.Environment == "" {
		return v
	}
	v.Image = fleet.Quote(asset(p.Environment))
	if !strings.Contains(p.Environment, "/workspaces/") {
		return v // of a registry
	}
	body, err := s.c.Get(ctx, environmentKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: environmentKind.Kind, Name: asset(p.Environment)})
	if err != nil {
		return v // its name says enough where it may not be read
	}
	var e struct {
		Properties struct {
			Image string `json:"image"`
		} `json:"properties"`
	}
	if jsonptr.Typed(body, &e) == nil && e.Properties.Image != "" {
		v.Image = fleet.Quote(e.Properties.Image)
	}
	return v
}

// scene is an endpoint as it was read, with its deployments.
type scene struct {
	gathered
	c     fleet.Objects
	ref   fleet.ObjectRef
	doc   any
	units []*unit // by name
}

func readEndpoint(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, a *Orchestrator) (*scene, error) {
	ref.Kind, ref.Namespace = endpointKind.Kind, ""
	body, err := c.Get(ctx, endpointKind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref}
	s.now = a.clock.Now()
	if s.doc, err = jsonptr.Decode(body); err != nil {
		return nil, err
	}
	if err := jsonptr.Into(s.doc, &s.endpoint); err != nil {
		return nil, err
	}
	bodies, err := c.List(ctx, deploymentKind, ref.Name, "")
	if err != nil {
		return nil, err
	}
	for _, body := range bodies {
		u, err := newUnit(c, fleet.ObjectRef{Cluster: ref.Cluster, Kind: deploymentKind.Kind, Namespace: ref.Name}, body)
		if err != nil {
			return nil, err
		}
		u.ref.Name = u.d.Name
		s.units = append(s.units, u)
	}
	slices.SortFunc(s.units, func(a, b *unit) int { return strings.Compare(a.ref.Name, b.ref.Name) })
	for _, u := range s.units {
		s.deployments = append(s.deployments, u.d)
	}
	return s, nil
}

func (s *scene) uid() string { return identity(s.endpoint.ID, s.endpoint.System) }

func (s *scene) unit(name string) *unit {
	for _, u := range s.units {
		if u.ref.Name == name {
			return u
		}
	}
	return nil
}

func (s *scene) rollout(ctx context.Context) fleet.Rollout {
	r := fleet.Rollout{Object: s.ref, API: endpointKind, System: fleet.Text("Azure ML online endpoint"), UID: s.uid(), At: s.now,
		Unit: fleet.Text("instances"), Desired: s.instances(), Gaps: gaps, OwnersUnread: ownersUnread, Traffic: s.traffic()}
	r.Scaler.Unread = fleet.Text("the autoscale settings of Azure Monitor are not read")
	if d := s.serving(); d != nil {
		r.Now = s.unit(d.Name).version(ctx)
	}
	v := s.stands()
	r.Phase, r.Why, r.Never, r.Since = v.phase, v.why, v.never, v.since
	return r
}

// traffic is the split over all deployments, those without requests too.
func (s *scene) traffic() fleet.Traffic {
	t := fleet.Traffic{Kind: fleet.TrafficPercent}
	for _, u := range s.units {
		name := fleet.Quote(u.ref.Name + " " + asset(u.d.Properties.Model))
		if n := s.endpoint.Properties.Mirrored[u.ref.Name]; n > 0 {
			name = fleet.Textf("%s, mirrors %s %%", name, fleet.Int(n))
		}
		t.Members = append(t.Members, fleet.TrafficMember{Name: name, ID: u.ref.Name, Weight: s.endpoint.Properties.Traffic[u.ref.Name],
			Ready: u.d.Properties.State == "Succeeded"})
	}
	return t
}
