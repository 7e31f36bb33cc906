package kuberay

import (
	"time"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/owner"
	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/serveconfig"
	"pitwall/fleet"
)

// tell says all but the phase. Its replicas are the workers, which are what asks for GPUs and what can be counted: how many
// replicas Ray Serve has in them, KubeRay does not say.
func (s *scene) tell() fleet.Rollout {
	o := &s.o
	main := s.serving()
	spec := &main.template.Pod().Spec
	r := fleet.Rollout{Object: s.ref, API: kind, System: s.system(), UID: string(o.UID), Holder: owner.Holder(s.ref, &o.ObjectMeta),
		GitOps: owner.GitOps(&o.ObjectMeta), Frozen: o.frozen(), At: s.now, Unit: fleet.Text("workers"), Desired: s.desired(),
		GPUsEach: podspec.GPUs(spec), Product: podspec.Product(spec), Surge: s.surge(), Traffic: s.traffic(), Scaler: s.scaler(),
		Shutdown: main.template.Shutdown(), Deadline: initializing(o.Annotations[timeoutMark])}
	fresh := s.newest().workers()
	if s.pending != nil {
		old := s.active.workers()
		child.CountPods(&r, fresh, old)
		r.Total, r.Ready = len(fresh)+len(old), child.Ready(fresh)+child.Ready(old)
	} else {
		child.CountPods(&r, fresh, nil)
		r.Total, r.Ready = len(fresh), child.Ready(fresh)
	}
	r.Updated, r.Available = len(fresh), r.Ready
	r.Now = s.version()
	if s.pending != nil && s.active != nil {
		r.Old = s.older()
	}
	return r
}

func (s *scene) system() fleet.Safe {
	switch t := s.o.Spec.Strategy.Type; t {
	case "", "NewCluster":
		return fleet.Text("RayService, a new cluster for each change of it")
	case incremental:
		return fleet.Text("RayService, incremental upgrade")
	case noUpgrade:
		return fleet.Text("RayService, changes of the cluster ignored (None)")
	default:
		return fleet.Textf("RayService, strategy %s", fleet.Quote(t))
	}
}

// version is what it asks for: the image of its workers, and the model where its configuration names one.
func (s *scene) version() fleet.Version {
	v := s.serving().template.Version()
	v.Weights, v.Served, v.At = fleet.Safe{}, nil, s.o.changed() // what Ray's own command line says is no model
	models := serveconfig.Models(s.apps)
	if len(models) == 0 {
		return v
	}
	m := models[0].Version()
	v.Weights, v.Revision, v.Served, v.Engine, v.Quant, v.Template = m.Weights, m.Revision, m.Served, m.Engine, m.Quant, m.Template
	if len(models) > 1 {
		v.Weights = fleet.Textf("%s and %s more", v.Weights, fleet.Int(len(models)-1))
		v.Revision = fleet.Safe{}
	}
	for _, other := range models[1:] {
		v.Served = append(v.Served, other.Version().Served...)
	}
	return v
}

// older is what the cluster that serves runs while another one comes. Its configuration of Ray Serve is kept nowhere.
func (s *scene) older() fleet.Version {
	v := fleet.Version{Name: fleet.Textf("cluster %s", fleet.Quote(s.active.Name)), At: child.Oldest(s.active.pods)}
	if list := s.active.workers(); len(list) > 0 {
		v.Image = podspec.OfPod(list[0]).Version().Image
	}
	return v
}

// surge is what a change of the cluster takes: a second one, or as much of it as an incremental upgrade starts at once.
func (s *scene) surge() fleet.Surge {
	n := s.desired()
	if p := s.o.Spec.Strategy.Options.Surge; s.o.byParts() && p != nil && *p < 100 {
		return fleet.Surge{Extra: (n*max(*p, 0) + 99) / 100}
	}
	return fleet.Surge{Extra: n, Whole: true}
}

// traffic is seen only: KubeRay writes the route anew all the time.
func (s *scene) traffic() fleet.Traffic {
	if !s.o.byParts() {
		return fleet.Traffic{}
	}
	t := fleet.Traffic{Kind: fleet.TrafficOwned}
	for _, k := range []*cluster{s.active, s.pending} {
		if k != nil {
			m := fleet.TrafficMember{Name: fleet.Quote(k.Name), ID: k.Name, Ready: k.runs()}
			if k.Share != nil {
				m.Weight = *k.Share
			}
			t.Members = append(t.Members, m)
		}
	}
	return t
}

// scaler is Ray's own, where it decides by load how many replicas the deployment that serves has.
func (s *scene) scaler() fleet.Scaler {
	d := serveconfig.Serving(serveconfig.Deployments(s.apps))
	if d == nil || !d.Auto {
		return fleet.Scaler{}
	}
	out := fleet.Scaler{Object: s.ref, API: kind, Min: d.Min.Or(1), Max: d.Max.Or(0)}
	if d.Min.OK && d.Min == d.Max {
		out.Held = fleet.Textf("min = max = %s", fleet.Int(d.Max.V))
	}
	return out
}

// initializing is how long KubeRay waits for a first start: a duration, or seconds.
func initializing(text string) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		return 0
	}
	return d
}
