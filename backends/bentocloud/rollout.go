package bentocloud

import (
	"cmp"
	"context"
	"slices"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/split"
	"pitwall/fleet"
)

// Statuses of a deployment.
const (
	running     = "running"
	scaledAway  = "scaled-to-zero"
	deploying   = "deploying"
	building    = "image-building"
	built       = "image-build-succeeded"
	buildFailed = "image-build-failed"
	unhealthy   = "unhealthy"
	failed      = "failed"
	terminating = "terminating"
	terminated  = "terminated"
	nonDeployed = "non-deployed"
)

// Orchestrator knows the deployments of BentoCloud.
type Orchestrator struct{ clock fleet.Clock }

// New makes an orchestrator that tells ages by a clock.
func New(clock fleet.Clock) *Orchestrator { return &Orchestrator{clock} }

// Kinds implements fleet.Orchestrator.
func (*Orchestrator) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// scene is a deployment as it was read.
type scene struct {
	c    fleet.Objects
	ref  fleet.ObjectRef
	doc  any
	spec map[string]any // nil where it does not say what it is made of
	now  time.Time
}

func read(ctx context.Context, c fleet.Objects, ref fleet.ObjectRef, now time.Time) (*scene, error) {
	ref.Kind = kind.Kind
	body, err := c.Get(ctx, kind, ref)
	if err != nil {
		return nil, err
	}
	doc, err := jsonptr.Decode(body)
	if err != nil {
		return nil, err
	}
	s := &scene{c: c, ref: ref, doc: doc, now: now}
	if ref.Namespace == "" {
		s.ref.Namespace = s.text("/cluster")
	}
	spec, _ := jsonptr.Find(doc, "/spec")
	s.spec, _ = spec.(map[string]any)
	return s, nil
}

func (s *scene) text(path string) string { return jsonptr.Text(s.doc, path) }

// Rollout implements fleet.Orchestrator.
func (a *Orchestrator) Rollout(ctx context.Context, c fleet.Objects, _ fleet.ObjectKind, ref fleet.ObjectRef) (fleet.Rollout, error) {
	s, err := read(ctx, c, ref, a.clock.Now())
	if err != nil {
		return fleet.Rollout{}, err
	}
	return s.rollout(), nil
}

func (s *scene) rollout() fleet.Rollout {
	r := fleet.Rollout{Object: s.ref, API: kind, System: fleet.Text("BentoCloud deployment"), UID: s.text("/uid"), At: s.now,
		Unit: fleet.Text("replicas"), Gaps: fleet.Gaps{Ready: true, GPUs: true}, Traffic: s.traffic(),
		OwnersUnread: fleet.Text("BentoCloud does not say what else applies it")}
	v := stand(s.text("/status"), instant(s.text("/revision/created_at")), s.spec != nil, s.now)
	r.Phase, r.Why, r.Never, r.Since = v.phase, v.why, v.never, v.since
	if s.text("/status") == terminated || s.spec == nil {
		r.Now = s.version(s.text("/spec/bento"))
		return r
	}
	least, most, scales := bounds(s.spec)
	r.Desired = least
	if scales {
		r.Scaler = fleet.Scaler{Object: s.ref, API: kind, Min: least, Max: most, Wants: least}
	}
	r.Now = s.version(s.text("/spec/bento"))
	if c := s.canaries(); len(c) == 1 {
		r.Old, r.Now = r.Now, s.version(s.text(canaryAt(c[0])+"/bento"))
	}
	r.Surge = s.surge()
	return r
}

func (s *scene) version(tag string) fleet.Version {
	if tag == "" {
		return fleet.Version{}
	}
	v := fleet.Version{Name: fleet.Quote(tag), ID: tag}
	if tag == s.text("/spec/bento") {
		v.At = instant(s.text("/revision/created_at"))
		if models := s.text("/models/0"); models != "" {
			v.Weights = fleet.Quote(models)
		}
	}
	return v
}

// canaries are the names of the versions beside the main one.
func (s *scene) canaries() []string {
	at, _ := jsonptr.Find(s.doc, "/spec/canary/versions")
	versions, _ := at.(map[string]any)
	var names []string
	for name := range versions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func canaryAt(name string) string { return "/spec" + jsonptr.Path("canary", "versions", name) }

func (s *scene) weight(name string) int {
	n, _ := number(s.doc, canaryAt(name)+"/weight")
	return n
}

// traffic is the split: canaries have weights, the main version gets what is left.
func (s *scene) traffic() fleet.Traffic {
	names := s.canaries()
	if len(names) == 0 {
		return fleet.Traffic{}
	}
	ready := s.text("/status") == running
	t := fleet.Traffic{Kind: fleet.TrafficPercent}
	rest := split.Whole
	for _, name := range names {
		t.Members = append(t.Members, fleet.TrafficMember{Name: fleet.Quote(name + " " + s.text(canaryAt(name)+"/bento")), ID: name,
			Weight: s.weight(name), Ready: ready})
		rest -= s.weight(name)
	}
	main := fleet.TrafficMember{Name: fleet.Quote(mainTarget + " " + s.text("/spec/bento")), ID: mainTarget, Weight: rest, Ready: ready}
	t.Members = append([]fleet.TrafficMember{main}, t.Members...)
	return t
}

// strategies are what a roll takes beside what runs, by the name of the strategy.
func (s *scene) surge() fleet.Surge {
	out := fleet.Surge{}
	for _, name := range servicesOf(s.spec) {
		n, _ := scaling(s.spec, name)
		switch s.text("/spec" + jsonptr.Path("services", name, "deployment_strategy")) {
		case "Recreate":
			out.Missing += n
		case "RampedSlowRollout":
			out.Extra++
		case "BestEffortControlledRollout":
			out.Missing += (n + 4) / 5
		default: // RollingUpdate
			out.Extra += max((n+3)/4, 1)
			out.Missing += n / 4
		}
	}
	return out
}

// verdict is how a deployment stands.
type verdict struct {
	phase fleet.RolloutPhase
	why   fleet.Safe
	never bool
	since time.Time
}

func (r *record) stands(now time.Time) verdict {
	var revised time.Time
	if r.Revision != nil {
		revised = instant(r.Revision.Created)
	}
	return stand(r.Status, revised, r.main() != nil, now)
}

// stand says how far a deployment is by its status. Right after a new revision the status may be that of the one before.
func stand(status string, revised time.Time, known bool, now time.Time) verdict {
	age := now.Sub(revised)
	switch status {
	case running, scaledAway:
		if !known {
			return verdict{phase: fleet.RolloutUnknown, why: fleet.Text("it does not say what it is made of")}
		}
		if restobjects.Settling(revised, now) {
			return verdict{phase: fleet.RolloutUnseen, since: revised,
				why: fleet.Textf("its newest revision is %s old: what it says of itself may be of the one before", fleet.Age(max(age, 0)))}
		}
		v := verdict{phase: fleet.RolloutDone, since: revised}
		if status == scaledAway {
			v.why = fleet.Text("no replica runs: it has no requests and may have none")
		}
		return v
	case deploying:
		return verdict{phase: fleet.RolloutMoving, since: revised, why: fleet.Text("it is deploying")}
	case building, built:
		return verdict{phase: fleet.RolloutMoving, since: revised, why: fleet.Text("the image of its Bento is being built")}
	case terminating:
		return verdict{phase: fleet.RolloutMoving, why: fleet.Text("it is ending")}
	case terminated:
		return verdict{phase: fleet.RolloutDone, why: fleet.Text("it is terminated: nothing of it runs")}
	case unhealthy:
		return verdict{phase: fleet.RolloutStuck, since: revised,
			why: fleet.Text("it is unhealthy: its replicas do not become ready, or not all of them; its events are in the console of BentoCloud")}
	case failed:
		return verdict{phase: fleet.RolloutFailed, never: true, since: revised, why: fleet.Text("it failed; its events are in the console " +
			"of BentoCloud")}
	case buildFailed:
		return verdict{phase: fleet.RolloutFailed, never: true, since: revised,
			why: fleet.Text("the image of its Bento could not be built: another Bento is needed")}
	case nonDeployed:
		return verdict{phase: fleet.RolloutUnknown, why: fleet.Text("it was never deployed")}
	}
	return verdict{phase: fleet.RolloutUnknown, why: fleet.Textf("BentoCloud says its status is %s, which pitwall does not know",
		fleet.Quote(cmp.Or(status, "empty")))}
}
