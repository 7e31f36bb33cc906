package kserve

import (
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// inKnative is a status: revisions that are created, ready and rolled out, and the traffic.
func inKnative(created, ready, rolled, traffic string) string {
	return fmt.Sprintf(`, deploymentMode: Serverless, components: {predictor: {latestCreatedRevision: %s, latestReadyRevision: %s, latestRolledoutRevision: %s, traffic: [%s]}}`,
		created, ready, rolled, traffic)
}

const (
	allLatest = `{latestRevision: true, percent: 100, revisionName: r2}`
	tenToTwo  = `{latestRevision: true, percent: 10, revisionName: r2}, {revisionName: r1, percent: 90, tag: prev}`
	noneToTwo = `{latestRevision: true, percent: 0, revisionName: r2}, {revisionName: r1, percent: 100, tag: prev}`
)

func revision(name, uri string) deployment {
	d := done(name+"-deployment", uri)
	d.labels = "serving.knative.dev/revision: " + name
	return d
}

func TestHowAKnativeRollStands(t *testing.T) {
	one, two := revision("r1", "s3://models/v1"), revision("r2", "s3://models/v2")
	starting := deployment{name: "r2-deployment", uri: "s3://models/v2", labels: "serving.knative.dev/revision: r2", want: 2, updated: 2, total: 2, pods: loading}
	given := func(object string) string {
		return strings.Replace(object, `{type: PredictorReady`, `{type: LatestDeploymentReady, status: "False", reason: RevisionMissing, message: "timed out"}, {type: PredictorReady`, 1)
	}
	for _, x := range []struct {
		name, object string
		children     []deployment
		phase        fleet.RolloutPhase
		why          string
	}{
		{"done", isvc("", "", "", inKnative("r2", "r2", "r2", allLatest)), []deployment{two}, fleet.RolloutDone, ""},
		{"no revision", isvc("", "", "", ", deploymentMode: Knative"), nil, fleet.RolloutUnseen, "has made no revision"},
		{"no pods yet", isvc("", "", "", inKnative("r2", "r1", "r1", "")), []deployment{one}, fleet.RolloutUnseen, "the Deployment of revision r2"},
		{"not taken up", isvc("", "", "", inKnative("r1", "r1", "r1", "")), []deployment{one}, fleet.RolloutUnseen, "still load s3://models/v1"},
		{"loads", isvc("", "", "", inKnative("r2", "r1", "r1", allLatest)), []deployment{one, starting}, fleet.RolloutMoving, "loading: pod r2-deployment-0 for 5m"},
		{"loads past the deadline", given(isvc("", "", "", inKnative("r2", "r1", "r1", allLatest))), []deployment{one, starting}, fleet.RolloutLate, "Knative gave up on revision r2 (RevisionMissing: timed out), its pods go on"},
		{"a canary holds", isvc(", canaryTrafficPercent: 10", "", "", inKnative("r2", "r2", "r1", tenToTwo)), []deployment{one, two}, fleet.RolloutPaused, "revision r2 holds at 10 %"},
		{"the route lags", isvc(", canaryTrafficPercent: 50", "", "", inKnative("r2", "r2", "r1", tenToTwo)), []deployment{one, two}, fleet.RolloutUnseen, "gets 10 % of the traffic, wanted is 50"},
		{"the route moves by itself", isvc("", "", `, annotations: {serving.knative.dev/rollout-duration: 600s}`, inKnative("r2", "r2", "r1", tenToTwo)), []deployment{one, two}, fleet.RolloutMoving, "rollout-duration 600s"},
		{"taken back, and the same as before", isvc(", canaryTrafficPercent: 0", "", "", inKnative("r2", "r2", "r1", noneToTwo)), []deployment{revision("r1", "s3://models/v2"), two}, fleet.RolloutDone, ""},
		{"the first one, whatever the share", isvc(", canaryTrafficPercent: 10", "", "", inKnative("r2", "r2", `""`, allLatest)), []deployment{two}, fleet.RolloutDone, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := look(t, cluster(x.object, x.children...), isvcKind, chat)
			stands(t, r, x.phase, x.why)
			if strings.Contains(x.why, "r1") && !strings.Contains(r.Why.String(), "r1") {
				t.Errorf("%q", r.Why)
			}
		})
	}
	r := look(t, cluster(isvc(", canaryTrafficPercent: 10", "", "", inKnative("r2", "r2", "r1", tenToTwo)), one, two), isvcKind, chat)
	if r.Traffic.Kind != fleet.TrafficTwoWay || len(r.Traffic.Members) != 2 || r.Traffic.Members[1].Weight != 90 || r.UpdatedReady != 2 || len(r.OldPods) != 2 || r.Total != 4 ||
		r.Old.Name.String() != "r1" || !r.Surge.Whole {
		t.Errorf("%+v", r)
	}
}

// A route that Knative moves bit by bit is on its way while the replicas are there: no stage is over before its share is in force.
func TestAStageOfRevisionsWaitsForItsShare(t *testing.T) {
	moving := func(share int) *toyobjects.Cluster {
		return cluster(isvc(", canaryTrafficPercent: 50", "", `, annotations: {serving.knative.dev/rollout-duration: 600s}`, inKnative("r2", "r2", "r1",
			fmt.Sprintf(`{latestRevision: true, percent: %d, revisionName: r2}, {revisionName: r1, percent: %d, tag: prev}`, share, 100-share))),
			revision("r1", "s3://models/v1"), revision("r2", "s3://models/v2"))
	}
	stage := do(t, knativeCluster("", inKnative("r2", "r2", "r2", allLatest)), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Parts: []fleet.Ratio{0.1, 0.5}}).Stages[1]
	for share, over := range map[int]bool{10: false, 49: false, 50: true} {
		if r := look(t, moving(share), isvcKind, chat); stage.Until.Reached(&r) != over || r.UpdatedReady != 2 {
			t.Errorf("at %d %%: over %v, %s", share, !over, r.Why)
		}
	}
}

func knativeCluster(predictor string, status string) *toyobjects.Cluster {
	return cluster(isvc(predictor, "", "", status), revision("r1", "s3://models/v1"), revision("r2", "s3://models/v2"))
}

// What changes the model sets the share in the same request; apart, the newest revision would get everything in between.
func TestACanaryOfRevisionsIsOneRequest(t *testing.T) {
	c := knativeCluster("", inKnative("r2", "r2", "r2", allLatest))
	d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Parts: []fleet.Ratio{0.1, 0.5}})
	if len(d.Stages) != 3 || d.Extra != 4 {
		t.Fatalf("%d stages, %d GPUs more", len(d.Stages), d.Extra)
	}
	for i, want := range []string{`/spec/predictor/model/storageUri="s3://models/v3" /spec/predictor/canaryTrafficPercent=10`, `/spec/predictor/canaryTrafficPercent=50`, `/spec/predictor/canaryTrafficPercent=`} {
		s := d.Stages[i]
		if got := sets(s.Writes); got != want || len(s.Writes) != 1 || s.Canary != (i < 2) || s.Until.Done != (i == 2) {
			t.Errorf("stage %d: %s, %+v", i+1, got, s.Until)
		}
		send(t, c, s.Writes)
	}
}

// Taken back in one request by its inverse, the bad revision would have all traffic until the old model has loaded again.
func TestACanaryOfRevisionsGoesBackWithoutTrafficToIt(t *testing.T) {
	for n := 1; n <= 2; n++ {
		c := knativeCluster("", inKnative("r2", "r2", "r2", allLatest))
		d := do(t, c, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Parts: []fleet.Ratio{0.1, 0.5}})
		for _, s := range d.Stages[:n] {
			send(t, c, s.Writes)
		}
		back := d.Stages[n-1].Back
		if got := sets(back); got != `/spec/predictor/canaryTrafficPercent=0 /spec/predictor/model/storageUri="s3://models/v2"` || len(back) != 1 {
			t.Errorf("from stage %d: %s", n, got)
		}
		send(t, c, back)
	}
	if d := do(t, knativeCluster("", inKnative("r2", "r2", "r2", allLatest)), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3", Parts: []fleet.Ratio{0.1}}); d.Stages[1].Back != nil {
		t.Error("once all is promoted, the inverses are right")
	}
}

func TestEachDeedOnAKnativeService(t *testing.T) {
	open, all := inKnative("r2", "r2", "r1", tenToTwo), inKnative("r2", "r2", "r2", allLatest)
	const share = ", canaryTrafficPercent: 10"
	for _, x := range []struct {
		name, predictor, status string
		want                    fleet.Want
		writes                  string
	}{
		{"without a canary", "", all, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"}, `/spec/predictor/model/storageUri="s3://models/v3"`},
		{"over a share that is left over", ", canaryTrafficPercent: 0", inKnative("r2", "r2", "r2", allLatest[:1]+"percent: 0, "+allLatest[len(`{latestRevision: true, percent: 100, `):]), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://models/v3"},
			`/spec/predictor/model/storageUri="s3://models/v3" /spec/predictor/canaryTrafficPercent=`},
		{"promote", share, open, fleet.Want{Do: fleet.DoPromote}, `/spec/predictor/canaryTrafficPercent=`},
		{"another share", share, open, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.25}}, `/spec/predictor/canaryTrafficPercent=25`},
		{"abort", share, open, fleet.Want{Do: fleet.DoAbandonRoll}, `/spec/predictor/canaryTrafficPercent=0`},
		{"abort what has not begun to serve", "", inKnative("r2", "r1", "r1", ""), fleet.Want{Do: fleet.DoAbandonRoll}, `/spec/predictor/canaryTrafficPercent=0`},
		{"restart", "", all, fleet.Want{Do: fleet.DoRestart, Stamp: noon}, `/spec/predictor/annotations/kubectl.kubernetes.io~1restartedAt="2026-11-24T12:00:00Z"`},
		{"scale", "", all, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, `/spec/predictor/minReplicas=3 /spec/predictor/maxReplicas=3`},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := knativeCluster(x.predictor, x.status)
			d := do(t, c, x.want)
			if got := sets(d.Stages[0].Writes); got != x.writes {
				t.Errorf("%s", got)
			}
			send(t, c, d.Stages[0].Writes)
		})
	}
	if d := do(t, knativeCluster("", all), fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}); d.Extra != 6 || !strings.Contains(d.Notes[0].String(), "makes a new revision") {
		t.Errorf("a scale rolls: %d GPUs more, %v", d.Extra, d.Notes)
	}
}

func TestWhatAKnativeServiceRefuses(t *testing.T) {
	open := inKnative("r2", "r2", "r1", tenToTwo)
	const share = ", canaryTrafficPercent: 10"
	for _, x := range []struct {
		name, predictor, status string
		want                    fleet.Want
		kind                    fleet.Kind
		why                     string
	}{
		{"a second canary", share, open, fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/3"}, fleet.KindUnsupported, "a canary holds at 10 %"},
		{"a canary of the first revision", "", inKnative("r2", "r2", `""`, allLatest), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/3", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "nothing to split with"},
		{"a surge", "", inKnative("r2", "r2", "r2", allLatest), fleet.Want{Do: fleet.DoUpgrade, Weights: "s3://m/3", Surge: fleet.Some(0)}, fleet.KindUnsupported, "a whole second set"},
		{"promote nothing", "", inKnative("r2", "r2", "r2", allLatest), fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "all traffic already"},
		{"promote what is not ready", share, inKnative("r2", "r1", "r1", ""), fleet.Want{Do: fleet.DoPromote}, fleet.KindConflict, "not ready"},
		{"a share of what is not ready", share, inKnative("r2", "r1", "r1", ""), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.5}}, fleet.KindConflict, "not ready"},
		{"the share that it has", share, open, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.1}}, fleet.KindInvalid, "10 % already"},
		{"a share without a canary", "", inKnative("r2", "r2", "r2", allLatest), fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.1}}, fleet.KindInvalid, "no canary is open"},
		{"abort nothing", "", inKnative("r2", "r2", "r2", allLatest), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindInvalid, "no roll is under way"},
		{"abort twice", ", canaryTrafficPercent: 0", inKnative("r2", "r2", "r1", noneToTwo), fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindInvalid, "no traffic already"},
		{"restart a canary", share, open, fleet.Want{Do: fleet.DoRestart, Stamp: noon}, fleet.KindUnsupported, "promote it or abort"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, err := draft(t, knativeCluster(x.predictor, x.status), isvcKind, chat, x.want)
			refused(t, err, x.kind, x.why)
		})
	}
}
