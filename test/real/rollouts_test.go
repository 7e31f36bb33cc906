//go:build real

package real_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/fleet"
	"pitwall/test/servers"
)

// argo is a real control plane with the real controller of Argo Rollouts.
type argo struct {
	hands
	c    *servers.Cluster
	t    *testing.T
	name string
}

const rolloutsPath = "/apis/argoproj.io/v1alpha1/namespaces/serving/rollouts"

func (a argo) ref() fleet.ObjectRef {
	return fleet.ObjectRef{Cluster: "c", Kind: "Rollout", Namespace: "serving", Name: a.name}
}

// rolloutOf is a Rollout whose spec is that of a Deployment, with another strategy.
func rolloutOf(t *testing.T, of servers.Serving, strategy string, more ...func(spec map[string]any)) string {
	t.Helper()
	d := of.Deployment()
	spec := map[string]any{"replicas": of.Replicas, "selector": d.Spec.Selector, "minReadySeconds": 1, "strategy": json.RawMessage(strategy),
		"template": d.Spec.Template}
	for _, change := range more {
		change(spec)
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": map[string]string{"name": of.Name},
		"spec": spec})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// make creates a Rollout and waits for its replicas.
func (a argo) make(strategy string, replicas int, more ...func(map[string]any)) {
	a.t.Helper()
	of := servers.Serving{Namespace: "serving", Name: a.name, Model: "llama-70b", Replicas: replicas, GPUs: 1}
	if err := post(a.t, a.c, rolloutsPath, rolloutOf(a.t, of, strategy, more...)); err != nil {
		a.t.Fatal(err)
	}
	first := a.until(a.ref(), "the first version", rolled)
	if first.Desired != replicas || len(first.UpdatedPods) != replicas || first.UpdatedReady != replicas || first.Now.ID == "" || first.Why.String() != "" {
		a.t.Fatalf("%+v", first)
	}
}

func (a argo) do(w fleet.Want) fleet.Draft {
	a.t.Helper()
	d := a.draft(a.ref(), w)
	for _, s := range d.Stages {
		a.send(s.Writes...)
	}
	return d
}

func (a argo) upgrade(seqs string) {
	a.t.Helper()
	a.do(fleet.Want{Do: fleet.DoUpgrade, Args: []fleet.ArgEdit{{Flag: "--max-num-seqs", Value: seqs}}})
}

// at waits until it is read in a phase, for a reason that holds a text.
func (a argo) at(phase fleet.RolloutPhase, why string) fleet.Rollout {
	a.t.Helper()
	return a.until(a.ref(), fmt.Sprintf("%s %q", phase, why), func(r fleet.Rollout) bool {
		return r.Phase == phase && strings.Contains(r.Why.String(), why)
	})
}

// TestRealArgoRollouts moves Rollouts through what their controller does with them: what pitwall writes is taken over, and what
// it reads meanwhile is the phase that the controller is in.
func TestRealArgoRollouts(t *testing.T) {
	t.Parallel()
	c := newCluster(t, servers.Options{Namespace: "serving"}, 4)
	started(t, c.StartRollouts(t.Context()))
	all := argo{newHands(t, c), c, t, ""}
	for _, part := range []struct {
		name string
		run  func(argo)
	}{{"steps", argo.takesSteps}, {"blue", argo.changesColours}, {"follower", argo.followsADeployment}, {"typed", argo.isTyped},
		{"analysed", argo.waitsForItsAnalysis}} {
		t.Run(part.name, func(t *testing.T) {
			h := all.hands
			h.t = t
			part.run(argo{h, c, t, part.name})
		})
	}
}

func (a argo) takesSteps() {
	a.make(`{"canary": {"steps": [{"setWeight": 25}, {"pause": {}}, {"setWeight": 50}, {"pause": {"duration": "6s"}}]}}`, 4)
	first := a.read(a.ref())

	a.upgrade("128")
	waits := a.at(fleet.RolloutPaused, "step 2 of 4, pause")
	if waits.Updated != 1 || waits.UpdatedReady != 1 || waits.Traffic.Step != 2 || waits.Traffic.Steps != 4 || !waits.Traffic.Paused ||
		waits.Old.ID != first.Now.ID || len(waits.OldPods) != 3 {
		a.t.Errorf("%+v", waits)
	}
	a.do(fleet.Want{Do: fleet.DoPause})
	a.at(fleet.RolloutPaused, "paused by hand")
	a.do(fleet.Want{Do: fleet.DoResume})
	a.at(fleet.RolloutPaused, "step 2 of 4, pause")

	press := a.draft(a.ref(), fleet.Want{Do: fleet.DoAdvance})
	a.send(press.Stages[0].Writes...)
	if r := a.at(fleet.RolloutMoving, "it goes on by itself"); r.Updated != 2 || !strings.Contains(r.Why.String(), "step 4 of 4, pause 6s") {
		a.t.Errorf("%d new: %s", r.Updated, r.Why)
	}
	if err := a.writer.Write(a.t.Context(), press.Stages[0].Writes[0], "again", false); fleet.KindOf(err) != fleet.KindConflict {
		a.t.Errorf("pressed a second time: %v", err)
	}
	second := a.at(fleet.RolloutDone, "")
	if second.Now.ID == first.Now.ID || second.UpdatedReady != 4 || len(second.OldPods) != 0 {
		a.t.Errorf("%+v", second)
	}
	if _, err := a.roller.Draft(a.t.Context(), second, fleet.Want{Do: fleet.DoAdvance}); fleet.KindOf(err) != fleet.KindInvalid {
		a.t.Errorf("advance of what is over: %v", err)
	}

	a.upgrade("64")
	a.at(fleet.RolloutPaused, "step 2 of 4, pause")
	began := time.Now()
	a.do(fleet.Want{Do: fleet.DoPromote})
	third := a.at(fleet.RolloutDone, "")
	a.t.Logf("promoted after %s", time.Since(began).Round(time.Millisecond))
	if third.Now.ID == second.Now.ID {
		a.t.Errorf("%+v", third.Now)
	}

	// Aborted: the stable version serves, and the template is another one until it is restored.
	a.upgrade("32")
	a.at(fleet.RolloutPaused, "step 2 of 4, pause")
	abort := a.draft(a.ref(), fleet.Want{Do: fleet.DoAbandonRoll})
	if len(abort.Stages) != 2 {
		a.t.Fatalf("%+v", abort.Stages)
	}
	a.send(abort.Stages[0].Writes...)
	if r := a.at(fleet.RolloutFailed, "aborted"); !r.Never {
		a.t.Errorf("%s", r.Why)
	}
	a.do(fleet.Want{Do: fleet.DoResume}) // tried again from step 1
	a.at(fleet.RolloutPaused, "step 2 of 4, pause")
	a.carry(a.ref(), a.draft(a.ref(), fleet.Want{Do: fleet.DoAbandonRoll}))
	if r := a.at(fleet.RolloutDone, ""); r.Now.ID != third.Now.ID || r.UpdatedReady != 4 {
		a.t.Errorf("it was %s and is %+v", third.Now.ID, r.Now)
	}

	// The version of the beginning, by its steps as any other.
	if !slices.ContainsFunc(a.read(a.ref()).Runs, func(v fleet.Version) bool { return v.ID == first.Now.ID }) {
		a.t.Fatalf("the first version is not remembered")
	}
	a.do(fleet.Want{Do: fleet.DoUpgrade, Version: first.Now.ID})
	a.at(fleet.RolloutPaused, "step 2 of 4, pause")
	a.do(fleet.Want{Do: fleet.DoPromote})
	if r := a.at(fleet.RolloutDone, ""); r.Now.ID != first.Now.ID {
		a.t.Errorf("it began as %s and is %+v", first.Now.ID, r.Now)
	}

	a.do(fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)})
	a.until(a.ref(), "5 replicas", func(r fleet.Rollout) bool { return rolled(r) && r.UpdatedReady == 5 })
	pods := a.read(a.ref()).UpdatedPods
	a.do(fleet.Want{Do: fleet.DoRestart, Stamp: time.Now()})
	a.until(a.ref(), "other pods of the same version", func(r fleet.Rollout) bool {
		return rolled(r) && r.UpdatedReady == 5 && !slices.ContainsFunc(r.UpdatedPods, func(p string) bool { return slices.Contains(pods, p) })
	})
}

func (a argo) changesColours() {
	for _, name := range []string{"blue-active", "blue-preview"} {
		s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.ServiceSpec{Selector: map[string]string{"app": a.name},
			Ports: []corev1.ServicePort{{Name: "http", Port: 80}}}}
		if _, err := a.c.Client.CoreV1().Services("serving").Create(a.t.Context(), s, metav1.CreateOptions{}); err != nil {
			a.t.Fatal(err)
		}
	}
	a.make(`{"blueGreen": {"activeService": "blue-active", "previewService": "blue-preview", "autoPromotionEnabled": false, "scaleDownDelaySeconds": 1}}`, 2)
	first := a.read(a.ref())
	a.upgrade("128")
	r := a.at(fleet.RolloutPaused, "the new version waits for its traffic")
	if r.UpdatedReady != 2 || len(r.OldPods) != 2 || len(r.Traffic.Members) != 2 {
		a.t.Errorf("%+v", r)
	}
	a.carry(a.ref(), a.draft(a.ref(), fleet.Want{Do: fleet.DoAbandonRoll}))
	if r := a.at(fleet.RolloutDone, ""); r.Now.ID != first.Now.ID {
		a.t.Errorf("%+v", r.Now)
	}
	a.upgrade("64")
	a.at(fleet.RolloutPaused, "the new version waits for its traffic")
	a.do(fleet.Want{Do: fleet.DoAdvance})
	if r := a.at(fleet.RolloutDone, ""); r.Now.ID == first.Now.ID {
		a.t.Errorf("%+v", r.Now)
	}
}

// followsADeployment changes the template where it is, in the Deployment that the Rollout refers to.
func (a argo) followsADeployment() {
	keeper, none := servers.Serving{Namespace: "serving", Name: a.name, Model: "llama-70b", GPUs: 1}.Deployment(), int32(0)
	keeper.Spec.Replicas = &none
	if _, err := a.c.Client.AppsV1().Deployments("serving").Create(a.t.Context(), keeper, metav1.CreateOptions{}); err != nil {
		a.t.Fatal(err)
	}
	a.make(`{"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}`, 2, func(spec map[string]any) {
		delete(spec, "template")
		spec["workloadRef"] = map[string]string{"apiVersion": "apps/v1", "kind": "Deployment", "name": a.name}
	})
	a.upgrade("128")
	a.at(fleet.RolloutPaused, "step 2 of 2, pause")
	d, err := a.c.Client.AppsV1().Deployments("serving").Get(a.t.Context(), a.name, metav1.GetOptions{})
	if err != nil || *d.Spec.Replicas != 0 || !slices.Contains(d.Spec.Template.Spec.Containers[0].Args, "--max-num-seqs=128") {
		a.t.Errorf("%v: %+v", err, d)
	}
	a.do(fleet.Want{Do: fleet.DoPromote})
	a.at(fleet.RolloutDone, "")
}

// isTyped does the same from the command line.
func (a argo) isTyped() {
	a.make(`{"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}`, 2)
	s := site{a.c, a.t}
	op := s.operator(a.c.Admin)
	object := "Rollout/serving/" + a.name
	op.must(a.t, 0, confirmed(a.name, "upgrade", object, "--arg", "max-num-seqs=128", "--by-readiness", "--hold", "2s", "--soak", "2s")...)
	a.at(fleet.RolloutPaused, "step 2 of 2, pause")
	if r := op.must(a.t, 0, "rollout", object); !strings.Contains(r.out, "step 2 of 2") {
		a.t.Errorf("%s", r.out)
	}
	op.must(a.t, 0, confirmed(a.name, "abort", object)...)
	a.at(fleet.RolloutDone, "")
	if by := s.runs(a.name); by["256"] != 2 || len(by) != 1 {
		a.t.Errorf("aborted, it runs %v", by)
	}
	op.must(a.t, 0, confirmed(a.name, "upgrade", object, "--arg", "max-num-seqs=128", "--by-readiness", "--hold", "2s", "--soak", "2s")...)
	op.must(a.t, 0, confirmed(a.name, "advance", object)...)
	a.at(fleet.RolloutDone, "")
	if by := s.runs(a.name); by["128"] != 2 || len(by) != 1 {
		a.t.Errorf("advanced, it runs %v", by)
	}
	sets, err := a.c.Client.AppsV1().ReplicaSets("serving").List(a.t.Context(), metav1.ListOptions{LabelSelector: "app=" + a.name})
	if err != nil || len(sets.Items) != 2 {
		a.t.Errorf("%d versions are remembered, %v", len(sets.Items), err)
	}
	op.must(a.t, 0, "audit", "verify")
}
