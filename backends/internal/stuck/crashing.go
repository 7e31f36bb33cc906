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

// loops is after how many restarts a container that runs again counts as one that goes on crashing.
const loops = 2

// crashing is 8, and 6 where the weights do not come: containers that end again and again.
func crashing(f Facts) (Verdict, bool) {
	for _, p := range alive(f.New) {
		var v Verdict
		if containers(p, func(s *corev1.ContainerStatus, what fleet.Safe) bool {
			end := lastEnd(s)
			if end == nil || isReady(p) || s.Ready {
				return false
			}
			waits := s.State.Waiting != nil && s.State.Waiting.Reason == podstate.CrashLoop
			over := s.State.Terminated != nil
			if !waits && !over && int(s.RestartCount) < loops || tooEarly(p, s, end) > 0 {
				return false
			}
			v = Verdict{Phase: fleet.RolloutStuck, Since: end.FinishedAt.Time}
			how := fleet.Text("ended")
			if waits {
				how = fleet.Text("CrashLoopBackOff")
			}
			v.Why = fleet.Textf("pod %s: %s %s: %s, %s", name(p), what, how, podstate.Exit(end), podstate.Restarts(s))
			if m := strings.TrimSpace(end.Message); m != "" {
				v.Why = fleet.Textf("%s: %s", v.Why, fleet.Label(podstate.Clip(m, 200)))
			}
			v.Why = f.order(v.Why)
			return true
		}) {
			return v, true
		}
	}
	return Verdict{}, false
}

// lastEnd is the bad end of a container that it is in or had before, nil for none.
func lastEnd(s *corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if t := s.State.Terminated; t != nil {
		if t.ExitCode == 0 && s.RestartCount == 0 {
			return nil
		}
		return t
	}
	return s.LastTerminationState.Terminated
}

// killedEarly is 7 where it never ends: a probe that gives up before the model is loaded.
func killedEarly(f Facts) (Verdict, bool) {
	fastest := f.fastestLoad()
	for _, p := range alive(f.New) {
		var v Verdict
		if containers(p, func(s *corev1.ContainerStatus, what fleet.Safe) bool {
			budget, probe := probeBudget(p, s.Name)
			if s.Ready || budget == 0 || podstate.IsSidecar(p, s.Name) {
				return false
			}
			allowed := fleet.Textf("the %s of %s of pod %s allows %s", probe, what, name(p), fleet.Age(budget))
			if end := lastEnd(s); end != nil {
				if ran := tooEarly(p, s, end); ran > 0 {
					v = Verdict{Phase: fleet.RolloutStuck, Never: int(s.RestartCount) >= loops, Since: end.FinishedAt.Time, Why: fleet.Textf(
						"%s and it was killed after %s, %s", allowed, fleet.Age(ran), podstate.Restarts(s))}
					if v.Never { // once, it may have fetched what it finds the next time
						v.Why = fleet.Concat(v.Why, fleet.Text(": it is never loaded, will never finish"))
					}
					return true
				}
			}
			if r := s.State.Running; r != nil && fastest > budget && !f.survived(s.Name) {
				v = Verdict{Phase: fleet.RolloutStuck, Never: s.RestartCount > 0, Since: r.StartedAt.Time, Why: fleet.Textf(
					"%s and earlier loads took %s: it is killed before it is loaded", allowed, fleet.Age(fastest))}
				if v.Never { // before it was, it may have found its weights nearer than the ones before it
					v.Why = fleet.Concat(v.Why, fleet.Text(", will never finish"))
				}
				return true
			}
			return false
		}) {
			v.Why = f.order(v.Why)
			return v, true
		}
	}
	return Verdict{}, false
}

// survived tells that a pod took longer to load than the probe of its own container allows, and was not killed: then what the probe
// asks answers before the model is loaded.
func (f Facts) survived(container string) bool {
	return slices.ContainsFunc(slices.Concat(f.New, f.Old), func(p *corev1.Pod) bool {
		budget, _ := probeBudget(p, container)
		took := Loads([]*corev1.Pod{p})
		return budget > 0 && len(took) == 1 && took[0] > budget
	})
}

// tooEarly is how long a container had run that was killed when the budget of its probe was over; 0 for another end.
func tooEarly(p *corev1.Pod, s *corev1.ContainerStatus, end *corev1.ContainerStateTerminated) time.Duration {
	budget, _ := probeBudget(p, s.Name)
	ran := end.FinishedAt.Sub(end.StartedAt.Time)
	killed := end.Reason != "OOMKilled" && (end.ExitCode == 137 || end.ExitCode == 143)
	grace := 30 * time.Second
	if g := p.Spec.TerminationGracePeriodSeconds; g != nil {
		grace = time.Duration(*g) * time.Second
	}
	if budget == 0 || !killed || ran < budget*9/10 || ran > budget+grace+time.Minute {
		return 0
	}
	return ran
}

// probeBudget is how long a container of a pod may take until it is killed, and by which probe.
func probeBudget(p *corev1.Pod, container string) (time.Duration, fleet.Safe) {
	for i := range p.Spec.Containers {
		if c := &p.Spec.Containers[i]; c.Name == container {
			return podspec.ProbeBudget(c)
		}
	}
	return 0, fleet.Safe{}
}
