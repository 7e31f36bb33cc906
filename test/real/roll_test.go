//go:build real

package real_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// hands are the roller and the writer of the real control plane.
type hands struct {
	t      *testing.T
	roller fleet.Roller
	writer fleet.ObjectWriter
}

func newHands(t *testing.T, c *servers.Cluster) hands {
	t.Helper()
	sources := []fleet.SourceSpec{{ID: "k", Kind: "kubernetes", Subject: fleet.Subject{Cluster: "c"},
		Options: map[string]string{"kubeconfig": c.Admin.Kubeconfig}}}
	deps := fleet.Deps{Clock: fleet.SystemClock{}}
	set := registry.Set(registry.Connectors())
	writers, err := set.ObjectWriters(sources, deps)
	if err != nil {
		t.Fatal(err)
	}
	roller, ok := set.Rollers(func() []fleet.SourceSpec { return sources }, deps)("c")
	if !ok {
		t.Fatal("nothing rolls the cluster")
	}
	return hands{t, roller, writers["c"]}
}

func (h hands) read(ref fleet.ObjectRef) fleet.Rollout {
	h.t.Helper()
	r, err := h.roller.Rollout(h.t.Context(), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h hands) draft(ref fleet.ObjectRef, w fleet.Want) fleet.Draft {
	h.t.Helper()
	d, err := h.roller.Draft(h.t.Context(), h.read(ref), w)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// send rehearses a write, makes it, and reads it back.
func (h hands) send(writes ...fleet.ObjectWrite) {
	h.t.Helper()
	for _, w := range writes {
		for _, dry := range []bool{true, false} {
			if err := h.writer.Write(h.t.Context(), w, "real-roll", dry); err != nil {
				h.t.Fatalf("%s, rehearsal %v: %v", w.Text, dry, err)
			}
		}
		if at, err := h.roller.Stand(h.t.Context(), w); err != nil || at == fleet.StandsBefore {
			h.t.Fatalf("%s stands %s, %v", w.Text, at, err)
		}
	}
}

// until reads until a rollout is as wanted.
func (h hands) until(ref fleet.ObjectRef, what string, holds func(fleet.Rollout) bool) fleet.Rollout {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		r := h.read(ref)
		if holds(r) {
			return r
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			h.t.Fatalf("%s: %s %q, %d of %d new, %d ready", what, r.Phase, r.Why, r.Updated, r.Desired, r.UpdatedReady)
		}
	}
}

func rolled(r fleet.Rollout) bool { return r.Phase == fleet.RolloutDone }

// carry does a draft as a runner does: writes, wait, what follows, and the wait for all of it.
func (h hands) carry(ref fleet.ObjectRef, d fleet.Draft) {
	h.t.Helper()
	for i, s := range d.Stages {
		h.send(s.Writes...)
		if len(s.Then) > 0 {
			h.until(ref, "its part", func(r fleet.Rollout) bool { return r.Phase != fleet.RolloutUnseen && r.Updated >= s.Until.Updated })
			h.send(s.Then...)
		}
		now := h.until(ref, s.Text.String(), func(r fleet.Rollout) bool {
			return s.Until.Reached(&r)
		})
		if s.Canary && (now.Updated != s.Until.Updated || now.Phase != fleet.RolloutPaused) {
			h.t.Errorf("stage %d: %d of %d new, meant %d: %s %q", i+1, now.Updated, now.Desired, s.Until.Updated, now.Phase, now.Why)
		}
	}
}

// TestRollsOnARealControlPlane carries upgrades in parts, ways back and sizes of real Deployments and StatefulSets, whose
// controllers do what they do, and reads a roll that cannot end.
func TestRollsOnARealControlPlane(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 2)
	h := newHands(t, c)

	t.Run("a Deployment in parts and back", func(t *testing.T) {
		h := hands{t, h.roller, h.writer}
		d := servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 8, GPUs: 1}.Deployment()
		d.Spec.MinReadySeconds = 5 // played pods are ready at once: this is their load
		if _, err := c.Client.AppsV1().Deployments("serving").Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		ref := fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "serving", Name: "chat"}
		was := h.until(ref, "the first version", rolled)
		if was.Now.Weights.IsEmpty() || was.GPUsEach != 1 || was.Now.ID == "" || len(was.UpdatedPods) != 8 {
			t.Fatalf("%+v", was)
		}
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "99"}}, Parts: []fleet.Ratio{0.25, 0.5}}))
		now := h.read(ref)
		if now.Now.ID == was.Now.ID || len(now.Runs) != 1 || now.Runs[0].ID != was.Now.ID || now.Surge != was.Surge {
			t.Errorf("%+v", now)
		}
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Version: was.Now.ID}))
		if now := h.read(ref); now.Now.ID != was.Now.ID {
			t.Errorf("the server made another version of it: %+v", now.Now)
		}
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}))
		if now := h.read(ref); now.Desired != 0 || now.Total != 0 {
			t.Errorf("%+v", now)
		}
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}))
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoRestart, Stamp: time.Now()}))
	})

	for _, broken := range []struct{ image, why string }{
		{servers.MissingImage, "ImagePullBackOff"}, {servers.CrashingImage, "CrashLoopBackOff: Error 1, 4 restarts: KeyError: 'rope_scaling'"},
	} {
		t.Run("an image that does not start: "+broken.image, func(t *testing.T) {
			h := hands{t, h.roller, h.writer}
			ref := fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "serving", Name: "chat"}
			up := h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Image: broken.image, Parts: []fleet.Ratio{0.5}})
			h.send(up.Stages[0].Writes...)
			got := h.until(ref, "being stuck", func(r fleet.Rollout) bool { return r.Phase == fleet.RolloutStuck && r.Updated == 1 })
			if !strings.Contains(got.Why.String(), broken.why) {
				t.Errorf("%s", got.Why)
			}
			h.send(up.Stages[0].Then...) // paused, it is still known to be stuck
			if got := h.until(ref, "being paused", func(r fleet.Rollout) bool { return r.Phase != fleet.RolloutUnseen }); got.Phase != fleet.RolloutStuck {
				t.Errorf("%s: %s", got.Phase, got.Why)
			}
			for _, w := range fleet.Net(append(slices.Clone(up.Stages[0].Writes), up.Stages[0].Then...)) {
				back, _ := w.Inverse()
				h.send(back)
			}
			h.until(ref, "the way back", rolled)
		})
	}

	t.Run("a StatefulSet by partition and back", func(t *testing.T) {
		h := hands{t, h.roller, h.writer}
		d := servers.Serving{Namespace: "serving", Name: "embed", Model: "e5", Replicas: 3, GPUs: 1}.Deployment()
		s := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "embed", Namespace: "serving"}, Spec: appsv1.StatefulSetSpec{
			Replicas: d.Spec.Replicas, Selector: d.Spec.Selector, Template: d.Spec.Template, ServiceName: "embed"}}
		if _, err := c.Client.AppsV1().StatefulSets("serving").Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		ref := fleet.ObjectRef{Cluster: "c", Kind: "StatefulSet", Namespace: "serving", Name: "embed"}
		was := h.until(ref, "the first version", rolled)
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "99"}}, Parts: []fleet.Ratio{0.3}}))
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Version: was.Now.ID}))
		if now := h.read(ref); now.Now.ID != was.Now.ID || now.Updated != 3 {
			t.Errorf("%+v", now)
		}
	})

	// OrderedReady waits for the broken pod even once the template is as before: it has to be evicted.
	t.Run("a StatefulSet whose new pod is broken", func(t *testing.T) {
		h := hands{t, h.roller, h.writer}
		ref := fleet.ObjectRef{Cluster: "c", Kind: "StatefulSet", Namespace: "serving", Name: "embed"}
		was := h.until(ref, "the first version", rolled)
		s, err := c.Client.AppsV1().StatefulSets("serving").Get(t.Context(), "embed", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		of := s.Spec.Template.Spec.Containers[0].Resources
		of.Limits["nvidia.com/gpu"], of.Requests["nvidia.com/gpu"] = resource.MustParse("9"), resource.MustParse("9") // no node has them
		if _, err := c.Client.AppsV1().StatefulSets("serving").Update(t.Context(), s, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		stands := h.until(ref, "being stuck", func(r fleet.Rollout) bool { return r.Phase == fleet.RolloutStuck })
		if !strings.Contains(stands.Why.String(), "1 pod Pending: 9 nvidia.com/gpu asked") {
			t.Errorf("%s", stands.Why)
		}
		back := h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Version: was.Now.ID})
		if len(back.Stages) != 2 || back.Stages[1].Writes[0].Verb != fleet.WriteEvict {
			t.Fatalf("%+v", back.Stages)
		}
		h.carry(ref, back)
		if now := h.read(ref); now.Now.ID != was.Now.ID || now.UpdatedReady != 3 {
			t.Errorf("%+v", now)
		}
	})

	t.Run("a roll that cannot end", func(t *testing.T) {
		h := hands{t, h.roller, h.writer}
		for _, name := range []string{"chat", "embed"} { // their GPUs are needed; one of them has no such name
			_ = c.Client.AppsV1().Deployments("serving").Delete(t.Context(), name, metav1.DeleteOptions{})
			_ = c.Client.AppsV1().StatefulSets("serving").Delete(t.Context(), name, metav1.DeleteOptions{})
		}
		d := servers.Serving{Namespace: "serving", Name: "single", Model: "one", Replicas: 1, GPUs: 7}.Deployment()
		surge, none := intstr.FromInt32(1), intstr.FromInt32(0)
		d.Spec.Strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{MaxSurge: &surge, MaxUnavailable: &none}
		if _, err := c.Client.AppsV1().Deployments("serving").Create(t.Context(), d, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		ref := fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "serving", Name: "single"}
		h.until(ref, "the first version", rolled)
		serves(t, c, servers.Serving{Namespace: "serving", Name: "filler", Model: "x", Replicas: 1, GPUs: 2}) // no second 7 are left on a node
		up := h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "99"}}})
		if notes := fleet.Join(up.Notes, fleet.Text("\n")).String(); !strings.Contains(notes, "it will never finish; with surge 0") {
			t.Errorf("the plan does not warn: %s", notes)
		}
		h.send(up.Stages[0].Writes...)
		got := h.until(ref, "being stuck", func(r fleet.Rollout) bool { return r.Phase == fleet.RolloutStuck })
		if !got.Never || !strings.Contains(got.Why.String(), "1 pod Pending: 7 nvidia.com/gpu asked") || !strings.HasSuffix(got.Why.String(), "maxUnavailable 0: will never finish") {
			t.Errorf("never %v: %s", got.Never, got.Why)
		}
		back, _ := up.Stages[0].Writes[0].Inverse()
		h.send(back)
		h.until(ref, "the way back", rolled)
		h.carry(ref, h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "99"}}, Surge: fleet.Some(0)}))
	})
}

// watch looks for a while whether something stays as it should.
func watch(t *testing.T, long time.Duration, holds func() string) {
	t.Helper()
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if wrong := holds(); wrong != "" {
			t.Fatal(wrong)
		}
	}
}

// TestACanaryStopsWithoutItsPause sends what a process sends that dies before each pause, to replicas that are ready at once:
// the controller goes no further than the part, for as long as it is left so, and back again without an outage.
func TestACanaryStopsWithoutItsPause(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 3)
	h := newHands(t, c)
	s := site{c, t}
	serves(t, c, servers.Serving{Namespace: "serving", Name: "chat", Model: "llama-70b", Replicas: 12, GPUs: 1})
	ref := fleet.ObjectRef{Cluster: "c", Kind: "Deployment", Namespace: "serving", Name: "chat"}
	h.until(ref, "the first version", rolled)
	up := h.draft(ref, fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: "99"}}, Parts: []fleet.Ratio{0.25, 0.75}})
	served := func() string {
		if by := s.runs("chat"); by["256"]+by["99"] < 9 {
			return fmt.Sprintf("too few are ready: %v", by)
		}
		return ""
	}
	var sent []fleet.ObjectWrite
	for i, stage := range up.Stages[:len(up.Stages)-1] { // 3, then 6 on the way to 9, then 9
		h.send(stage.Writes...)
		sent = append(sent, stage.Writes...)
		k := stage.Until.Updated
		until(t, time.Minute, "its part", func() bool {
			if wrong := served(); wrong != "" {
				t.Fatal(wrong)
			}
			return s.runs("chat")["99"] == k
		})
		watch(t, 20*time.Second, func() string {
			if by := s.runs("chat"); by["99"] != k || by["256"] != 12-k {
				return fmt.Sprintf("stage %d was to stop at %d: %v", i+1, k, by)
			}
			return ""
		})
		if r := h.read(ref); r.Phase != fleet.RolloutPaused || !strings.HasPrefix(r.Why.String(), fmt.Sprintf("held: %d of 12", k)) || r.UpdatedReady != k {
			t.Errorf("%s %q, %d ready", r.Phase, r.Why, r.UpdatedReady)
		}
		h.send(stage.Then...)
		sent = append(sent, stage.Then...)
	}
	d, err := c.Client.AppsV1().Deployments("serving").Get(t.Context(), "chat", metav1.GetOptions{})
	if err != nil || d.Status.AvailableReplicas != 3 {
		t.Errorf("of 9 held ones and 3 old ones %d count as available, %v", d.Status.AvailableReplicas, err)
	}
	for _, w := range fleet.Net(sent) {
		back, _ := w.Inverse()
		h.send(back)
	}
	watch(t, time.Second, served)
	until(t, time.Minute, "the way back", func() bool {
		if wrong := served(); wrong != "" {
			t.Fatal(wrong)
		}
		return s.runs("chat")["256"] == 12 && rolled(h.read(ref))
	})
	h.carry(ref, up) // the same again, and on to the end
	if by := s.runs("chat"); by["99"] != 12 || len(by) != 1 {
		t.Errorf("it ends with %v", by)
	}
}
