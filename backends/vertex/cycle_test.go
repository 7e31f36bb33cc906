package vertex

import (
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

var chat = fleet.ObjectRef{Cluster: "vertex", Kind: "VertexEndpoint", Name: "chat"}

const old = "1700000001"

func TestAnEndpointIsRead(t *testing.T) {
	_, rig := newGoogle(t)
	r := rig.Rollout(t, chat)
	if r.Phase != fleet.RolloutDone || r.Desired != 2 || r.Ready != 3 || r.GPUsEach != 2 || r.Gaps != (fleet.Gaps{}) || r.Now.Weights.String() != "456@3" ||
		r.Now.Revision.String() != "3" || r.Scaler.Min != 2 || r.Scaler.Max != 4 || len(r.Traffic.Members) != 1 || !r.Traffic.Members[0].Ready {
		t.Errorf("it is %+v", r)
	}
	byID := chat
	byID.Name = "8800"
	if again := rig.Rollout(t, byID); again.UID != r.UID || again.UID == "" || !strings.Contains(again.System.String(), "chat") {
		t.Errorf("by its ID it is %s, %s", again.UID, again.System)
	}
	ghost := chat
	ghost.Name = "ghost"
	if _, err := rig.Knows.Rollout(t.Context(), rig.Objects, kind, ghost); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("what is not there: %v", err)
	}
}

// A version is deployed as the one that serves is, gets requests step by step, and leaves again on the way back.
func TestAVersionIsDeployedBesideAndTakesTheRequests(t *testing.T) {
	g, rig := newGoogle(t)
	g.model(old)["fasterDeploymentConfig"] = map[string]any{"fastTryoutEnabled": true}
	id := deployedID("456@4")
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456", Parts: []fleet.Ratio{0.1, 0.5}})
	want := `/deployed/` + id + `/version="456@4"
/trafficSplit/` + old + `=90 /trafficSplit/` + id + `=10
/trafficSplit/` + old + `=50 /trafficSplit/` + id + `=50
/trafficSplit/` + old + `= /trafficSplit/` + id + `=100`
	if got := restrig.Sets(d); got != want || !strings.Contains(d.Rented.String(), "2 replicas of g2-standard-24 with 2 NVIDIA_L4") {
		t.Errorf("it sets\n%s\nand rents %s", got, d.Rented)
	}
	fresh, was := g.model(id), g.model(old)
	for _, k := range []string{"dedicatedResources", "serviceAccount", "enableAccessLogging", "displayName", "fasterDeploymentConfig"} {
		if !reflect.DeepEqual(fresh[k], was[k]) {
			t.Errorf("%s of the new one is %v, and was %v", k, fresh[k], was[k])
		}
	}
	r := rig.Rollout(t, chat)
	if r.Now.ID != id || r.Traffic.Members[0].Weight != 100 || r.Traffic.Members[1].ID != old || r.Desired != 4 {
		t.Errorf("at the end it is %+v", r)
	}
	rig.Undo(t, d)
	if r := rig.Rollout(t, chat); r.Now.ID != old || len(r.Traffic.Members) != 1 || r.Traffic.Members[0].Weight != 100 {
		t.Errorf("after undo it is %+v", r)
	}
}

func TestWhileAnOperationGoesOnNothingIsTakenForDone(t *testing.T) {
	g, rig := newGoogle(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Revision: "4"})
	if err != nil {
		t.Fatal(err)
	}
	w := d.Stages[0].Writes[0]
	if err := rig.Writer.Write(t.Context(), w, "c1/1.1", false); err != nil {
		t.Fatal(err)
	}
	r := rig.Rollout(t, chat)
	if r.Phase != fleet.RolloutMoving || !strings.Contains(r.Why.String(), "DeployModel") {
		t.Errorf("it is %s: %s", r.Phase, r.Why)
	}
	if at, err := rig.Objects.Stand(t.Context(), w); err == nil || !strings.Contains(err.Error(), "under way") {
		t.Errorf("it stands %q, %v", at, err)
	}
	if _, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("a second change meanwhile: %v", err)
	}
	g.fails = "Machine type temporarily unavailable"
	g.settle()
	if at, err := rig.Objects.Stand(t.Context(), w); err != nil || at != fleet.StandsBefore {
		t.Errorf("what failed stands %q, %v", at, err)
	}
	if r := rig.Rollout(t, chat); !strings.Contains(r.Why.String(), "DeployModel, failed: Machine type") {
		t.Errorf("of its failure it says %q", r.Why)
	}
}

func TestBoundsAreSetAndGivenBack(t *testing.T) {
	g, rig := newGoogle(t)
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)})
	if r := rig.Rollout(t, chat); r.Desired != 5 || r.Scaler.Exists() || d.Rented.IsEmpty() {
		t.Errorf("scaled it is %+v, and rents %q", r, d.Rented)
	}
	rig.Undo(t, d)
	has := g.model(old)["dedicatedResources"].(map[string]any)
	if has["minReplicaCount"] != 2.0 || has["maxReplicaCount"] != 4.0 || has["autoscalingMetricSpecs"] == nil {
		t.Errorf("after undo it has %v", has)
	}
	held := rig.Do(t, chat, fleet.Want{Do: fleet.DoHoldScaler})
	if got := restrig.Sets(held); got != `/deployed/`+old+`/maxReplicaCount=2` {
		t.Errorf("held it sets %s", got)
	}
}

func TestRequestsAreMoved(t *testing.T) {
	_, rig := newGoogle(t)
	id := deployedID("456@4")
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4", Parts: []fleet.Ratio{0.1}})
	if err != nil {
		t.Fatal(err)
	}
	rig.Carry(t, chat, d.Stages[0])
	rig.Carry(t, chat, d.Stages[1])
	share := func() int { return rig.Rollout(t, chat).Traffic.Members[0].Weight }
	rig.Do(t, chat, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.3}})
	if share() != 30 {
		t.Errorf("advanced to %d", share())
	}
	moved := rig.Do(t, chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: id, Weight: 55}, {Member: old, Weight: 45}}})
	if share() != 55 {
		t.Errorf("moved to %d", share())
	}
	rig.Undo(t, moved)
	rig.Do(t, chat, fleet.Want{Do: fleet.DoAbandonRoll})
	if share() != 0 {
		t.Errorf("given up at %d", share())
	}
	rig.Do(t, chat, fleet.Want{Do: fleet.DoPromote})
	if share() != 100 {
		t.Errorf("promoted to %d", share())
	}
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	_, rig := newGoogle(t)
	for _, x := range []struct {
		want fleet.Want
		kind fleet.Kind
		says string
	}{
		{fleet.Want{Do: fleet.DoUpgrade}, fleet.KindInvalid, "--model MODEL@VERSION"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "999"}, fleet.KindInvalid, "no model 999"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "x"}, fleet.KindUnsupported, "inside of a model version"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "456", Surge: fleet.Some(1)}, fleet.KindUnsupported, "--surge"},
		{fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}, fleet.KindUnsupported, "one replica"},
		{fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2), Container: "7"}, fleet.KindInvalid, old},
		{fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: old, Weight: 50}}}, fleet.KindInvalid, "sum up to 50"},
		{fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "one model is deployed"},
		{fleet.Want{Do: fleet.DoRestart}, fleet.KindUnsupported, "no call that restarts"},
		{fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "weights hold"},
		{fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo"},
		{fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded"},
	} {
		if _, err := rig.Draft(chat, x.want); fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%+v: %v", x.want, err)
		}
	}
}

func TestRefusedWritesSayWhy(t *testing.T) {
	answers := func(code int, status, message string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				refuse(w, code, status, message)
			}
			return r.Method != http.MethodGet
		}
	}
	for name, x := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		kind   fleet.Kind
		says   string
	}{
		"token":     {answers(401, "UNAUTHENTICATED", "bad "+token), fleet.KindAuth, "not valid any more; tokens of Google live"},
		"right":     {answers(403, "PERMISSION_DENIED", "no"), fleet.KindAuth, "lacks the right"},
		"tag":       {answers(400, "FAILED_PRECONDITION", "The etag does not match"), fleet.KindConflict, "somebody else changed it"},
		"aborted":   {answers(409, "ABORTED", "another operation"), fleet.KindConflict, "another operation"},
		"late":      {answers(412, "FAILED_PRECONDITION", "late"), fleet.KindConflict, "late"},
		"too often": {answers(429, "RESOURCE_EXHAUSTED", "Quota exceeded"), fleet.KindRateLimited, "429"},
		"quota":     {answers(400, "INVALID_ARGUMENT", "no quota for NVIDIA_L4"), fleet.KindInvalid, "no quota for NVIDIA_L4"},
		"its fault": {answers(500, "INTERNAL", token), fleet.KindServer, "500"},
		"cut": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				return false
			}
			w.Header().Set("Content-Length", "999")
			_, _ = io.WriteString(w, `{"name":`)
			return true
		}, fleet.KindInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, rig := newGoogle(t)
			d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4"})
			if err != nil {
				t.Fatal(err)
			}
			g.answer = x.answer
			err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), token) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Who may not list operations can move requests, which is over at once, and nothing else.
func TestWithoutItsOperationsNoLongChangeIsPlanned(t *testing.T) {
	g, rig := newGoogle(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4"})
	if err != nil {
		t.Fatal(err)
	}
	rig.Carry(t, chat, d.Stages[0])
	g.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/operations") {
			refuse(w, 403, "PERMISSION_DENIED", "no")
			return true
		}
		return false
	}
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutUnknown || !strings.Contains(r.Why.String(), "may not be listed") {
		t.Errorf("it is %s: %s", r.Phase, r.Why)
	}
	if _, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(9), Container: old}); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("a long change: %v", err)
	}
	moved := rig.Do(t, chat, fleet.Want{Do: fleet.DoPromote})
	rig.Undo(t, moved)
}

// The tag of the document that was compared is sent: what comes between is refused by Google.
func TestTheTagGuardsTheMomentBetween(t *testing.T) {
	g, rig := newGoogle(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4"})
	if err != nil {
		t.Fatal(err)
	}
	rig.Carry(t, chat, d.Stages[0])
	g.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			g.change() // somebody is faster
		}
		return false
	}
	err = rig.Writer.Write(t.Context(), d.Stages[1].Writes[0], "c1/2.1", false)
	if fleet.KindOf(err) != fleet.KindConflict || g.doc["trafficSplit"].(map[string]any)[old] != 100.0 {
		t.Errorf("%v, the split is %v", err, g.doc["trafficSplit"])
	}
}

// An operation may be over, and have failed, by the time of its answer, which is 200 all the same.
func TestAnOperationThatFailsAtOnceIsARefusal(t *testing.T) {
	g, rig := newGoogle(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4"})
	if err != nil {
		t.Fatal(err)
	}
	g.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			_, _ = io.WriteString(w, `{"name":"o","done":true,"metadata":{"@type":"x.DeployModelOperationMetadata"},"error":{"code":8,"message":"out of NVIDIA_L4"}}`)
		}
		return r.Method == http.MethodPost
	}
	err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "begin DeployModel") || !strings.Contains(err.Error(), "out of NVIDIA_L4") {
		t.Error(err)
	}
}

// Older answers say nothing of replicas: that is not known, and keeps nobody from giving a model its requests back.
func TestUnknownReplicasKeepNoRequestsAway(t *testing.T) {
	g, rig := newGoogle(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "456@4", Parts: []fleet.Ratio{0.1}})
	if err != nil {
		t.Fatal(err)
	}
	rig.Carry(t, chat, d.Stages[0])
	rig.Carry(t, chat, d.Stages[1])
	for _, m := range g.models() {
		delete(m.(map[string]any), "status")
	}
	for _, w := range []fleet.Want{{Do: fleet.DoAbandonRoll}, {Do: fleet.DoPromote}} {
		if d, err = rig.Draft(chat, w); err != nil || len(d.Notes) == 0 || !strings.Contains(d.Notes[0].String(), "Google does not say how many replicas of") {
			t.Errorf("%s: %v, %v", w.Do, err, d.Notes)
		}
	}
	for _, m := range g.models() {
		m.(map[string]any)["status"] = map[string]any{"availableReplicaCount": 0.0}
	}
	if _, err = rig.Draft(chat, fleet.Want{Do: fleet.DoPromote}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("none is available: %v", err)
	}
}
