package workloads

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// controller scales the two ReplicaSets of a Deployment as that of Kubernetes 1.36 does (rolling.go). Replicas of the new
// version are ready at once, which is the worst that can happen to a canary, or never.
type controller struct {
	t             *testing.T
	r             *rig
	old, new      int
	ready         int // of the new ones; the others load
	extra, absent int // the object's own strategy
}

// settle lets it go on until nothing changes any more.
func (c *controller) settle(atOnce bool) {
	c.t.Helper()
	var d appsv1.Deployment
	if err := jsonptr.Typed(fleet.JSON(c.r.doc(llama)), &d); err != nil {
		c.t.Fatal(err)
	}
	st, n := deploymentStrategy(&d, int(*d.Spec.Replicas)), int(*d.Spec.Replicas)
	for !d.Spec.Paused {
		was := *c
		available := c.ready
		if d.Spec.MinReadySeconds == heldFor {
			available = 0
		}
		if room := n + st.extra - c.old - c.new; room > 0 && c.new < n {
			c.new += min(room, n-c.new)
		} else if spare := min(c.old+c.new-(n-st.missing)-(c.new-available), c.old+available-(n-st.missing), c.old); spare > 0 {
			c.old -= spare
		}
		if atOnce {
			c.ready = c.new
		}
		if c.old+c.ready < n-c.absent || c.old+c.new > n+c.extra {
			c.t.Fatalf("%d old and %d of %d new ones serve, the strategy is %d + %d - %d", c.old, c.ready, c.new, n, c.extra, c.absent)
		}
		if *c == was {
			return
		}
	}
}

// Whatever the number of replicas, the strategy and the parts: the controller stops at each part, pause or none, and never
// takes more away, nor makes more beside, than the object's own strategy lets it.
func TestAHeldDeploymentStopsAtItsPart(t *testing.T) {
	for _, desired := range []int{1, 2, 3, 5, 8, 12, 20} {
		for _, parts := range [][]fleet.Ratio{{0.25, 0.5}, {0.3, 0.31, 0.99}, {1}, {0.05, 0.9}} {
			for _, pace := range [][2]any{{"25%", "25%"}, {1, 0}, {0, "25%"}, {"50%", 2}} {
				for _, atOnce := range []bool{true, false} {
					holds(t, desired, parts, pace, atOnce)
				}
			}
		}
	}
}

func holds(t *testing.T, desired int, parts []fleet.Ratio, pace [2]any, atOnce bool) {
	t.Helper()
	r := newRig(t)
	r.set(llama, "/spec/replicas", desired, "/status/updatedReplicas", desired, "/status/replicas", desired, "/status/availableReplicas", desired,
		"/spec/strategy/rollingUpdate/maxSurge", pace[0], "/spec/strategy/rollingUpdate/maxUnavailable", pace[1])
	own := r.rollout(llama).Surge
	d, err := r.draft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: parts})
	if err != nil {
		if fleet.KindOf(err) != fleet.KindUnsupported || desired > 1 {
			t.Errorf("%d replicas, parts %v, pace %v: %v", desired, parts, pace, err)
		}
		return
	}
	c := &controller{t: t, r: r, old: desired, extra: own.Extra, absent: own.Missing}
	for i, s := range d.Stages {
		r.send(s.Writes...)
		c.settle(atOnce)
		if s.Until.Done {
			break
		}
		if c.new != s.Until.Updated {
			t.Fatalf("%d replicas, parts %v, pace %v, stage %d: %d are new, meant %+v\n%s", desired, parts, pace, i+1, c.new, s.Until, shape(d))
		}
		c.ready = c.new // what the stage waits for
		r.send(s.Then...)
		if at := len(s.Then) > 0; at != s.Canary {
			t.Errorf("stage %d: canary %v, paused %v", i+1, s.Canary, at)
		}
	}
	c.settle(true)
	if c.new != desired || c.old != 0 || strings.Contains(r.doc(llama), "31536") || strings.Contains(r.doc(llama), "pitwall.dev") {
		t.Errorf("%d replicas, parts %v, pace %v: it ends with %d old and %d new: %s", desired, parts, pace, c.old, c.new, r.doc(llama))
	}
}

// What a dead process left is read as held, by its own patience, refused as a start of something else, and released whole.
func TestAHeldDeploymentIsReadAndReleased(t *testing.T) {
	r := newRig(t)
	r.node(80)
	r.set(llama, "/spec/minReadySeconds", 30)
	before := r.doc(llama)
	d := r.mustDraft(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:2", Parts: []fleet.Ratio{0.25}})
	r.send(d.Stages[0].Writes...)
	if got := r.rollout(llama); got.Deadline.Minutes() != 10 || got.Phase == fleet.RolloutPaused && got.Updated < 3 {
		t.Errorf("%+v", got)
	}
	r.set(llama, "/status/updatedReplicas", 3, "/status/replicas", 12)
	got := r.rollout(llama)
	if got.Phase != fleet.RolloutPaused || !strings.HasPrefix(got.Why.String(), "held: 3 of 12 replicas are new") {
		t.Errorf("%s: %s", got.Phase, got.Why)
	}
	r.set(llama, "/status/updatedReplicas", 1)
	r.refused(llama, fleet.Want{Do: fleet.DoUpgrade, Image: "x:3"}, fleet.KindUnsupported, "a canary holds it at 3 new replicas; resume it first")
	free := r.mustDraft(llama, fleet.Want{Do: fleet.DoResume})
	if free.Extra != 12 || free.Down != 3 {
		t.Errorf("released it has %d GPUs beside and %d replicas away", free.Extra, free.Down)
	}
	r.send(free.Stages[0].Writes...)
	r.set(llama, "/status/updatedReplicas", 12)
	if now := strings.Replace(r.doc(llama), "x:2", "vllm/vllm-openai:v0.11.0", 1); now != before {
		t.Errorf("released it is\n%s\nnot\n%s", now, before)
	}
}
