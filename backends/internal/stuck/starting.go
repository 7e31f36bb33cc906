package stuck

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// containers walks the containers of a pod, those that run before the others first.
func containers(p *corev1.Pod, each func(s *corev1.ContainerStatus, what fleet.Safe) bool) bool {
	for _, list := range []struct {
		statuses []corev1.ContainerStatus
		what     fleet.Safe
	}{{p.Status.InitContainerStatuses, fleet.Text("init container ")}, {p.Status.ContainerStatuses, fleet.Text("container ")}} {
		for i := range list.statuses {
			s := &list.statuses[i]
			if each(s, fleet.Concat(list.what, fleet.Quote(s.Name))) {
				return true
			}
		}
	}
	return false
}

// Reasons for which a container does not start however often it is tried, and those with which images do not come.
var (
	final = []string{"InvalidImageName", "ErrImageNeverPull"}
	pulls = []string{"ErrImagePull", "ImagePullBackOff"}
)

// notStarted is 5: images that do not come, configuration that is not there.
func notStarted(f Facts) (Verdict, bool) {
	for _, p := range alive(f.New) {
		var v Verdict
		if containers(p, func(s *corev1.ContainerStatus, what fleet.Safe) bool {
			w := s.State.Waiting
			if w == nil || !podstate.IsTrouble(w.Reason) || w.Reason == podstate.CrashLoop {
				return false
			}
			v = Verdict{Phase: fleet.RolloutStuck, Since: p.CreationTimestamp.Time,
				Never: slices.Contains(final, w.Reason) || slices.Contains(pulls, w.Reason) && isGone(w.Message) ||
					strings.Contains(w.Message, "executable file not found")}
			v.Why = fleet.Textf("pod %s: %s: %s", name(p), what, podstate.Because(w.Reason, podstate.Clip(w.Message, 300)))
			if v.Never {
				v.Why = fleet.Concat(v.Why, fleet.Text(": will never finish"))
			}
			v.Why = f.order(v.Why)
			return true
		}) {
			return v, true
		}
	}
	return Verdict{}, false
}

// isGone tells messages of registries that say that an image is not there, and not that they do not answer.
func isGone(message string) bool {
	lower := strings.ToLower(message)
	return slices.ContainsFunc([]string{"manifest unknown", "not found", "does not exist", "name unknown"},
		func(words string) bool { return strings.Contains(lower, words) })
}

// heldVolume is 5 as well: a claim that one node at a time can have, held by a pod on another one.
func heldVolume(f Facts) (Verdict, bool) {
	for _, p := range alive(f.New) {
		if p.Spec.NodeName == "" || hasStarted(p) {
			continue
		}
		for i := range p.Spec.Volumes {
			claim := p.Spec.Volumes[i].PersistentVolumeClaim
			if claim == nil || !f.oneNode(claim.ClaimName) {
				continue
			}
			holder := f.holder(claim.ClaimName, p)
			if holder == nil {
				continue
			}
			both := holder.DeletionTimestamp == nil && slices.Contains(f.New, holder) // they stay, both of them
			v := Verdict{Phase: fleet.RolloutStuck, Since: p.CreationTimestamp.Time, Never: both || f.oldStay()}
			v.Why = fleet.Textf("pod %s on node %s waits for claim %s, which is ReadWriteOnce and held by pod %s on node %s", name(p),
				fleet.Quote(p.Spec.NodeName), fleet.Quote(claim.ClaimName), name(holder), fleet.Quote(holder.Spec.NodeName))
			v.Why = f.order(fleet.Concat(v.Why, f.ending(v.Never)))
			return v, true
		}
	}
	return Verdict{}, false
}

// OneNode tells a claim that only one node can have at a time.
func OneNode(c *corev1.PersistentVolumeClaim) bool {
	return len(c.Spec.AccessModes) > 0 && !slices.ContainsFunc(c.Spec.AccessModes, func(m corev1.PersistentVolumeAccessMode) bool {
		return m != corev1.ReadWriteOnce && m != corev1.ReadWriteOncePod
	})
}

func (f Facts) oneNode(claim string) bool {
	for _, c := range f.Claims {
		if c.Name == claim {
			return OneNode(c)
		}
	}
	return false
}

// holder is another pod of the object, on another node, that has the claim. One that is going still holds it.
func (f Facts) holder(claim string, of *corev1.Pod) *corev1.Pod {
	for _, p := range slices.Concat(f.Old, f.New) {
		if p.UID == of.UID && p.Name == of.Name || p.Spec.NodeName == "" || p.Spec.NodeName == of.Spec.NodeName ||
			p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
			continue
		}
		for i := range p.Spec.Volumes {
			if v := p.Spec.Volumes[i].PersistentVolumeClaim; v != nil && v.ClaimName == claim {
				return p
			}
		}
	}
	return nil
}

func hasStarted(p *corev1.Pod) bool {
	return containers(p, func(s *corev1.ContainerStatus, _ fleet.Safe) bool {
		return s.State.Running != nil || s.State.Terminated != nil || s.RestartCount > 0
	})
}

// createdWithin is how long a container may be created before an event is looked for that says what it waits for.
const createdWithin = time.Minute

// starting is 5 while nothing is wrong yet: volumes are attached, images come.
func starting(f Facts) (Verdict, bool) {
	var list []*corev1.Pod
	for _, p := range alive(f.New) {
		if p.Spec.NodeName != "" && !hasStarted(p) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		if n := f.unplaced(); n > 0 {
			return Verdict{Phase: fleet.RolloutMoving,
				Why: fleet.Textf("%s Pending: no scheduler has looked at them yet", fleet.Many(n, "pod"))}, true
		}
		return Verdict{}, false
	}
	p := list[0]
	since := p.CreationTimestamp.Time
	if c := podstate.Condition(p, corev1.PodScheduled); c != nil {
		since = c.LastTransitionTime.Time
	}
	v := Verdict{Phase: fleet.RolloutMoving, Since: since}
	age := f.Now.Sub(since)
	v.Why = fleet.Textf("%s ContainerCreating: pod %s on node %s for %s", fleet.Many(len(list), "pod"), name(p), fleet.Quote(p.Spec.NodeName),
		fleet.Age(age))
	if e := f.event(list, "FailedAttachVolume", "FailedMount", "FailedCreatePodSandBox"); e != nil && age > createdWithin {
		v.Phase = fleet.RolloutStuck
		v.Why = fleet.Textf("%s: %s", v.Why, podstate.Because(e.Reason, podstate.Clip(e.Message, 300)))
	} else if e := f.event(list, "Pulling"); e != nil {
		v.Why = fleet.Textf("%s: %s", v.Why, podstate.Because("", podstate.Clip(e.Message, 200)))
	}
	return v, true
}

func (f Facts) unplaced() int {
	n := 0
	for _, p := range alive(f.New) {
		if p.Spec.NodeName == "" {
			n++
		}
	}
	return n
}
