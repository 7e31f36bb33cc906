package rayapi

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/serveconfig"
	"pitwall/fleet"
)

// Orchestrator knows applications of Ray Serve.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// scene is one application as it was read.
type scene struct {
	ref  fleet.ObjectRef
	doc  any
	d    document
	o    app
	conf serveconfig.App
	has  bool // a configuration
	now  time.Time
}

func (a *Orchestrator) read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef) (*scene, error) {
	ref.Kind = kind.Kind
	doc, err := child.Document(ctx, c, kind, ref)
	if err != nil {
		return nil, err
	}
	s := &scene{ref: ref, doc: doc, now: a.clock.Now()}
	if err := jsonptr.Into(doc, &s.d); err != nil {
		return nil, err
	}
	if err := jsonptr.Typed(fleet.JSON(s.d.Told), &s.o); err != nil {
		return nil, err
	}
	if !s.d.Serve.At.IsZero() {
		s.now = s.d.Serve.At
	}
	var conf any
	conf, s.has = jsonptr.Find(doc, configAt)
	s.conf = serveconfig.One(ref.Name, configAt, conf)
	return s, nil
}

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := a.read(ctx, c, ref)
	if err != nil {
		return fleet.Rollout{}, err
	}
	r := s.tell(a.clock.Now())
	v := s.o.stands(s.now)
	r.Phase, r.Why, r.Never, r.Since = v.phase, v.why, v.never, v.since
	return r, nil
}

// tell says all but the phase. What is counted is the deployment that does the work.
func (s *scene) tell(now time.Time) fleet.Rollout {
	main := s.o.Deployments[s.o.main()]
	r := fleet.Rollout{Object: s.ref, API: kind, UID: s.d.UID, System: s.system(), At: now,
		Unit: fleet.Text("replicas"), Desired: main.target(),
		Ready: main.runs(), Available: main.runs(), Total: len(main.Replicas), Updated: s.o.updated(&main),
		GPUsEach: int(math.Ceil(main.gpus())), Scaler: s.scaler(), Frozen: fleet.Label(s.d.Serve.Keeper),
		Shutdown: main.shutdown(), Startup: fleet.Some(time.Duration(0))} // Ray lets a replica load for as long as it takes
	r.UpdatedReady = main.runs()
	if s.o.Status != running {
		_, r.UpdatedReady = main.since(s.o.Deployed)
	}
	r.Surge = fleet.Surge{Missing: max(main.target()/5, 1)}
	if models := serveconfig.Models([]serveconfig.App{s.conf}); len(models) > 0 {
		r.Now = models[0].Version()
		for _, other := range models[1:] {
			r.Now.Served = append(r.Now.Served, other.Version().Served...)
		}
	}
	r.Now.At = instant(s.o.Deployed)
	return r
}

func (s *scene) system() fleet.Safe {
	if !s.has {
		return fleet.Text("Ray Serve application, deployed by code")
	}
	if s.o.External {
		return fleet.Text("Ray Serve application, scaled from outside")
	}
	return fleet.Text("Ray Serve application")
}

// scaler is Ray's own, where it decides by load how many replicas the deployment that does the work has.
func (s *scene) scaler() fleet.Scaler {
	main := s.o.Deployments[s.o.main()]
	auto := main.Config.Auto
	if auto == nil {
		return fleet.Scaler{}
	}
	out := fleet.Scaler{Object: s.ref, API: kind, Min: auto.Min, Max: auto.Max, Wants: main.target()}
	if auto.Min == auto.Max {
		out.Held = fleet.Textf("min = max = %s", fleet.Int(auto.Max))
	}
	return out
}

func number(n int) json.Number { return json.Number(fleet.Int(n).String()) }
