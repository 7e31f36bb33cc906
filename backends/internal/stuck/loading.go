package stuck

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podspec"
	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// initialising is 6: what runs before the server, such as a download of weights.
func initialising(f Facts) (Verdict, bool) {
	for _, p := range alive(f.New) {
		for i := range p.Status.InitContainerStatuses {
			s := &p.Status.InitContainerStatuses[i]
			if s.State.Running == nil || podstate.IsSidecar(p, s.Name) {
				continue
			}
			since := s.State.Running.StartedAt.Time
			return Verdict{Phase: fleet.RolloutMoving, Since: since, Why: fleet.Concat(fleet.Textf("init container %s of pod %s runs for %s",
				fleet.Quote(s.Name), name(p), fleet.Age(f.Now.Sub(since))), podstate.AfterRestarts(s))}, true
		}
	}
	return Verdict{}, false
}

// loading is 7: servers that run and are not ready. It takes as long as it takes.
func loading(f Facts) (Verdict, bool) {
	var oldest *corev1.Pod
	var since time.Time
	n, all := 0, alive(f.New)
	for _, p := range all {
		at, ok := runsSince(p)
		if isReady(p) || !ok || len(closedGates(p)) > 0 && containersReady(p) {
			continue
		}
		n++
		if oldest == nil || at.Before(since) {
			oldest, since = p, at
		}
	}
	if n == 0 {
		return Verdict{}, false
	}
	v := Verdict{Phase: fleet.RolloutMoving, Since: since}
	v.Why = fleet.Textf("%s of %s loading: pod %s for %s", fleet.Int(n), fleet.Many(len(all), "new pod"), name(oldest),
		fleet.Age(f.Now.Sub(since)))
	if typical := f.typicalLoad(); typical > 0 {
		v.Why = fleet.Textf("%s, earlier loads took %s", v.Why, fleet.Age(typical))
	}
	return v, true
}

// runsSince is when the last of a pod's servers was started.
func runsSince(p *corev1.Pod) (at time.Time, ok bool) {
	for i := range p.Status.ContainerStatuses {
		if r := p.Status.ContainerStatuses[i].State.Running; r != nil && (!ok || r.StartedAt.After(at)) {
			at, ok = r.StartedAt.Time, true
		}
	}
	return at, ok
}

// typicalLoad is how long pods that are ready took from their start: the middle one, of those of the same version where
// there are any. 0 is not known.
func (f Facts) typicalLoad() time.Duration {
	for _, pods := range [][]*corev1.Pod{f.New, f.Old} {
		if d := TypicalLoad(pods); d > 0 {
			return d
		}
	}
	return 0
}

// fastestLoad is the shortest load that is known; 0 for none.
func (f Facts) fastestLoad() time.Duration {
	took := Loads(slices.Concat(f.New, f.Old))
	if len(took) == 0 {
		return 0
	}
	return slices.Min(took)
}

// TypicalLoad is the middle one of Loads; 0 is not known.
func TypicalLoad(pods []*corev1.Pod) time.Duration {
	took := Loads(pods)
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[(len(took)-1)/2]
}

// Loads are how long pods that are ready took from the start of their server. One that restarted since, or was ready
// before, tells nothing.
func Loads(pods []*corev1.Pod) []time.Duration {
	var took []time.Duration
	for _, p := range pods {
		c := Serving(p)
		ready := podstate.Condition(p, corev1.PodReady)
		if c == nil || c.State.Running == nil || c.RestartCount > 0 || ready == nil || ready.Status != corev1.ConditionTrue {
			continue
		}
		if d := ready.LastTransitionTime.Sub(c.State.Running.StartedAt.Time); d > 0 {
			took = append(took, d)
		}
	}
	return took
}

// Serving is the status of the container that does the work.
func Serving(p *corev1.Pod) *corev1.ContainerStatus {
	c := podspec.Serving(&p.Spec, p.Annotations)
	for i := range p.Status.ContainerStatuses {
		if s := &p.Status.ContainerStatuses[i]; c != nil && s.Name == c.Name {
			return s
		}
	}
	return nil
}

func containersReady(p *corev1.Pod) bool {
	c := podstate.Condition(p, corev1.ContainersReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

func closedGates(p *corev1.Pod) []string {
	var list []string
	for _, g := range p.Spec.ReadinessGates {
		if c := podstate.Condition(p, g.ConditionType); c == nil || c.Status != corev1.ConditionTrue {
			list = append(list, string(g.ConditionType))
		}
	}
	return list
}

// gateWithin is how long whoever passes a readiness gate may take.
const gateWithin = 2 * time.Minute

// gated is the first half of 10: all containers are ready and a readiness gate is not passed.
func gated(f Facts) (Verdict, bool) {
	for _, p := range alive(f.New) {
		gates := closedGates(p)
		if len(gates) == 0 || !containersReady(p) || isReady(p) {
			continue
		}
		since := podstate.Condition(p, corev1.ContainersReady).LastTransitionTime.Time
		v := Verdict{Phase: fleet.RolloutStuck, Since: since}
		if f.Now.Sub(since) < gateWithin {
			v.Phase = fleet.RolloutMoving
		}
		v.Why = f.order(fleet.Textf("pod %s: its containers are ready for %s and readiness gate %s is not passed", name(p),
			fleet.Age(f.Now.Sub(since)), fleet.Quote(strings.Join(gates, ", "))))
		return v, true
	}
	return Verdict{}, false
}

// waitingOut is the other half of 10: ready, and not for long enough.
func waitingOut(f Facts) (Verdict, bool) {
	all := alive(f.New)
	young := 0
	for _, p := range all {
		if c := podstate.Condition(p, corev1.PodReady); c != nil && c.Status == corev1.ConditionTrue &&
			f.Now.Sub(c.LastTransitionTime.Time) < f.MinReady {
			young++
		}
	}
	if young == 0 {
		return Verdict{}, false
	}
	return Verdict{Phase: fleet.RolloutMoving, Why: fleet.Textf("%s ready and not available before minReadySeconds %s are over",
		fleet.Many(young, "new pod"), fleet.Int(int(f.MinReady.Seconds())))}, true
}
