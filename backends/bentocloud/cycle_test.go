package bentocloud

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

var chat = fleet.ObjectRef{Cluster: "cloud", Kind: "BentoCloudDeployment", Namespace: "north-1", Name: "chat"}

var secrets = []string{"hf_contract_do_not_show", "sk_contract_do_not_show", "HF_TOKEN", token}

// asJSON is a value as the wire has it, for comparison.
func asJSON(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// A whole body is put, so what no field of the write names must come back as it was.
func TestAnUpgradePutsEverythingElseBackAsItWas(t *testing.T) {
	c, rig := newCloud(t)
	before := asJSON(t, c.main()["config"])
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222"})
	if got := restrig.Sets(d); got != `/spec/bento="chat:bbb222"` {
		t.Errorf("it sets %s", got)
	}
	restrig.Leaks(t, d, secrets...)
	after := asJSON(t, c.main()["config"]).(map[string]any)
	want := before.(map[string]any)
	delete(want, "labels") // null, and null is not put
	if !reflect.DeepEqual(after, want) {
		t.Errorf("the configuration was %v and is %v", want, after)
	}
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:bbb222" || r.Desired != 3 || r.UID != "dep-1" || !r.Gaps.Ready {
		t.Errorf("it is %+v", r)
	}
	rig.Undo(t, d)
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:aaa111" {
		t.Errorf("after undo it runs %s", r.Now.Name)
	}
}

func TestACanaryGrowsAndTakesThePlaceOfTheMainVersion(t *testing.T) {
	c, rig := newCloud(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Version: "chat:bbb222", Parts: []fleet.Ratio{0.1, 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	restrig.Leaks(t, d, secrets...)
	name := canaryName("chat:bbb222")
	if len(d.Stages) != 3 || !d.Stages[0].Canary || !d.Stages[1].Canary || d.Stages[2].Canary || d.Rented.IsEmpty() {
		t.Fatalf("the stages are %s", restrig.Sets(d))
	}
	rig.Carry(t, chat, d.Stages[0])
	version := c.put["canary"].(map[string]any)["versions"].(map[string]any)[name].(map[string]any)
	if !reflect.DeepEqual(version["services"], c.put["services"]) || !reflect.DeepEqual(version["envs"], c.put["envs"]) || version["weight"] != 10.0 {
		t.Errorf("the canary was put as %v", version)
	}
	r := rig.Rollout(t, chat)
	if r.Now.ID != "chat:bbb222" || r.Old.ID != "chat:aaa111" || r.Traffic.Kind != fleet.TrafficPercent || len(r.Traffic.Members) != 2 ||
		r.Traffic.Members[0].Weight != 90 || r.Traffic.Members[1].ID != name || r.Traffic.Members[1].Weight != 10 {
		t.Errorf("with its canary it is %+v", r)
	}
	rig.Carry(t, chat, d.Stages[1])
	if w := rig.Rollout(t, chat).Traffic.Members[1].Weight; w != 50 {
		t.Errorf("the second stage left the canary at %d %%", w)
	}
	rig.Carry(t, chat, d.Stages[2])
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:bbb222" || len(r.Traffic.Members) != 0 || c.put["canary"] != nil {
		t.Errorf("at the end it is %+v", r)
	}
	rig.Undo(t, d)
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:aaa111" || len(r.Traffic.Members) != 0 {
		t.Errorf("after undo it is %+v", r)
	}
}

// A canary in its first stage goes with all that it had when it is given up.
func TestWeightsAreMovedAndTakenBack(t *testing.T) {
	c, rig := newCloud(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Revision: "bbb222", Parts: []fleet.Ratio{0.1}})
	if err != nil {
		t.Fatal(err)
	}
	rig.Carry(t, chat, d.Stages[0])
	name := canaryName("chat:bbb222")
	moved := rig.Do(t, chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: name, Weight: 40}}})
	if m := rig.Rollout(t, chat).Traffic.Members; m[0].Weight != 60 || m[1].Weight != 40 {
		t.Errorf("the split is %+v", m)
	}
	rig.Undo(t, moved)
	if m := rig.Rollout(t, chat).Traffic.Members; m[1].Weight != 10 {
		t.Errorf("after undo the split is %+v", m)
	}
	rig.Do(t, chat, fleet.Want{Do: fleet.DoAdvance, Parts: []fleet.Ratio{0.25}})
	if m := rig.Rollout(t, chat).Traffic.Members; m[1].Weight != 25 {
		t.Errorf("advanced to %+v", m)
	}
	gone := rig.Do(t, chat, fleet.Want{Do: fleet.DoAbandonRoll})
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:aaa111" || len(r.Traffic.Members) != 0 || c.put["canary"] != nil || !gone.NoUndo.IsEmpty() {
		t.Errorf("after it was given up: %+v, %s", r, gone.NoUndo)
	}
	rig.Undo(t, gone)
	promoted := rig.Do(t, chat, fleet.Want{Do: fleet.DoPromote})
	if r := rig.Rollout(t, chat); r.Now.ID != "chat:bbb222" || len(r.Traffic.Members) != 0 {
		t.Errorf("promoted: %+v", r)
	}
	restrig.Leaks(t, promoted, secrets...)
	rig.Undo(t, promoted)
	if m := rig.Rollout(t, chat).Traffic.Members; len(m) != 2 || m[1].Weight != 25 {
		t.Errorf("after undo of the promotion the split is %+v", m)
	}
}

func TestACanaryWithSettingsOfItsOwnIsNotMadeAgain(t *testing.T) {
	c, rig := newCloud(t)
	d, _ := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222", Parts: []fleet.Ratio{0.1}})
	rig.Carry(t, chat, d.Stages[0])
	targets := c.doc["latest_revision"].(map[string]any)["targets"].([]any)
	targets[1].(map[string]any)["config"].(map[string]any)["envs"] = []any{map[string]any{"name": "KEY", "value": "own_do_not_show"}}
	for _, do := range []fleet.Deed{fleet.DoPromote, fleet.DoAbandonRoll} {
		d, err := rig.Draft(chat, fleet.Want{Do: do})
		if err != nil || d.NoUndo.IsEmpty() {
			t.Errorf("%s: %v, undo: %q", do, err, d.NoUndo)
		}
		restrig.Leaks(t, d, "own_do_not_show")
	}
}

func TestScaleRestartAndEnd(t *testing.T) {
	c, rig := newCloud(t)
	scaled := rig.Do(t, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(4)})
	service := c.put["services"].(map[string]any)["Chat"].(map[string]any)
	scaling := service["scaling"].(map[string]any)
	if scaling["min_replicas"] != 4.0 || scaling["max_replicas"] != 4.0 || scaling["policy"] == nil || scaled.Rented.IsEmpty() {
		t.Errorf("the service was put as %v", service)
	}
	rig.Undo(t, scaled)
	if r := rig.Rollout(t, chat); r.Scaler.Min != 3 || r.Scaler.Max != 6 {
		t.Errorf("after undo it scales %+v", r.Scaler)
	}
	restarted := rig.Do(t, chat, fleet.Want{Do: fleet.DoRestart})
	if c.calls[len(c.calls)-1] != "GET /api/v2/deployments/chat" || !strings.Contains(strings.Join(c.calls, "\n"), "void_update") || restarted.NoUndo.IsEmpty() {
		t.Errorf("it was restarted by %v", c.calls)
	}
	ended := rig.Do(t, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)})
	if r := rig.Rollout(t, chat); r.Desired != 0 || c.doc["status"] != terminated {
		t.Errorf("ended: %+v", r)
	}
	if _, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("ended twice: %v", err)
	}
	rig.Undo(t, ended)
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutDone || r.Desired != 3 {
		t.Errorf("started anew: %+v", r)
	}
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	_, rig := newCloud(t)
	for _, x := range []struct {
		want fleet.Want
		kind fleet.Kind
		says string
	}{
		{fleet.Want{Do: fleet.DoUpgrade}, fleet.KindInvalid, "--image NAME:VERSION"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "chat"}, fleet.KindInvalid, "no tag"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "chat:nonesuch"}, fleet.KindInvalid, "bentoml push"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "chat:aaa111"}, fleet.KindInvalid, "already"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222", Version: "chat:ccc"}, fleet.KindInvalid, "two Bentos"},
		{fleet.Want{Do: fleet.DoUpgrade, Weights: "hf://x"}, fleet.KindUnsupported, "inside of a Bento"},
		{fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222", Surge: fleet.Some(1)}, fleet.KindUnsupported, "deployment_strategy"},
		{fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2), Container: "Nobody"}, fleet.KindInvalid, `Chat, Guard`},
		{fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(1), Container: "Guard"}, fleet.KindInvalid, "already"},
		{fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "main", Weight: 50}}}, fleet.KindUnsupported, "one version"},
		{fleet.Want{Do: fleet.DoPromote}, fleet.KindInvalid, "no canary"},
		{fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindInvalid, "no canary"},
		{fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "--canary"},
		{fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo"},
		{fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "can be upgraded"},
	} {
		if _, err := rig.Draft(chat, x.want); fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%+v: %v", x.want, err)
		}
	}
	ghost := chat
	ghost.Name = "ghost"
	if _, err := rig.Knows.Rollout(t.Context(), rig.Objects, kind, ghost); fleet.KindOf(err) != fleet.KindNotFound || !strings.Contains(err.Error(), "no such record") {
		t.Errorf("a 400 of what is not there: %v", err)
	}
}

func TestStatusesAreRead(t *testing.T) {
	c, rig := newCloud(t)
	for status, want := range map[string]struct {
		phase fleet.RolloutPhase
		never bool
	}{
		running: {fleet.RolloutDone, false}, scaledAway: {fleet.RolloutDone, false}, deploying: {fleet.RolloutMoving, false},
		building: {fleet.RolloutMoving, false}, built: {fleet.RolloutMoving, false}, unhealthy: {fleet.RolloutStuck, false},
		failed: {fleet.RolloutFailed, true}, buildFailed: {fleet.RolloutFailed, true}, terminating: {fleet.RolloutMoving, false},
		terminated: {fleet.RolloutDone, false}, nonDeployed: {fleet.RolloutUnknown, false}, "unknown": {fleet.RolloutUnknown, false},
	} {
		c.doc["status"] = status
		r := rig.Rollout(t, chat)
		if r.Phase != want.phase || r.Never != want.never || r.Why.IsEmpty() != (status == running) {
			t.Errorf("%s: %s, never %v: %s", status, r.Phase, r.Never, r.Why)
		}
	}
	c.doc["status"], c.doc["latest_revision"] = running, nil
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutUnknown {
		t.Errorf("without a revision: %s", r.Phase)
	}
	if _, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(9)}); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("what is not told would be put: %v", err)
	}
}

func TestRefusedWritesSayWhatHolds(t *testing.T) {
	answers := func(status int, header, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				return false
			}
			w.Header().Set("X-Trace-Id", header)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return true
		}
	}
	for name, x := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		kind   fleet.Kind
		says   string
	}{
		"another success": {answers(http.StatusAccepted, "", `{}`), fleet.KindServer, "answered 202"},
		"no token":        {answers(http.StatusUnauthorized, "", `{"error":"bad token bc_contract_do_not_show"}`), fleet.KindAuth, "401"},
		"no right":        {answers(http.StatusForbidden, "", `{}`), fleet.KindAuth, "lacks the right"},
		"gone":            {answers(http.StatusBadRequest, "", `{"error":"record not found"}`), fleet.KindNotFound, "no such record"},
		"refused":         {answers(http.StatusBadRequest, "", `{"error":"instance type gpu.x is unknown"}`), fleet.KindInvalid, "gpu.x is unknown"},
		"conflict":        {answers(http.StatusConflict, "", `{"message":"it is being updated"}`), fleet.KindConflict, "being updated"},
		"too often":       {answers(http.StatusTooManyRequests, "", ``), fleet.KindRateLimited, "429"},
		"its own failure": {answers(http.StatusInternalServerError, "tr-17", `oops`), fleet.KindServer, "its trace is tr-17"},
		"cut": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				return false
			}
			w.Header().Set("Content-Length", "999")
			_, _ = io.WriteString(w, `{"uid":`)
			return true
		}, fleet.KindInvalid, "shorter"},
	} {
		t.Run(name, func(t *testing.T) {
			c, rig := newCloud(t)
			d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222"})
			if err != nil {
				t.Fatal(err)
			}
			c.answer = x.answer
			err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false)
			if fleet.KindOf(err) != x.kind || name != "cut" && !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), "do_not_show") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestSomebodyElsesChangeIsNotWrittenOver(t *testing.T) {
	c, rig := newCloud(t)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:bbb222"})
	if err != nil {
		t.Fatal(err)
	}
	c.main()["bento"].(map[string]any)["version"] = "zzz999"
	err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false)
	if fleet.KindOf(err) != fleet.KindConflict || c.put != nil {
		t.Errorf("%v, put %v", err, c.put)
	}
	c.doc["uid"] = "dep-9"
	if err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("another deployment of the name: %v", err)
	}
}

func TestScreensDoNotShowVariables(t *testing.T) {
	c, _ := newCloud(t)
	lines, err := c.inspector().Raw(t.Context(), chat)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.String() + "\n")
	}
	for _, secret := range []string{"hf_contract_do_not_show", "sk_contract_do_not_show"} {
		if strings.Contains(text.String(), secret) {
			t.Errorf("a screen would show %s", secret)
		}
	}
	if !strings.Contains(text.String(), "HF_TOKEN") || !strings.Contains(text.String(), "chat:aaa111") || !strings.Contains(text.String(), restobjects.Hidden) {
		t.Errorf("too little is shown:\n%s", text.String())
	}
	if err := c.inspector().Logs(t.Context(), chat, fleet.LogOptions{}, nil); fleet.KindOf(err) != fleet.KindUnsupported {
		t.Errorf("logs: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	spec := fleet.SourceSpec{ID: "x", URL: "https://cloud.example", Options: map[string]string{"zone": "a"}}
	if _, err := newReader(spec, fleet.Deps{Clock: fleet.NewVirtualClock(time.Time{})}); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "there is cluster") {
		t.Errorf("got %v", err)
	}
}
