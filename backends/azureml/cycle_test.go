package azureml

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

var (
	chat  = fleet.ObjectRef{Cluster: "azure", Kind: "OnlineEndpoint", Name: "chat"}
	blue  = fleet.ObjectRef{Cluster: "azure", Kind: "OnlineDeployment", Namespace: "chat", Name: "blue"}
	green = fleet.ObjectRef{Cluster: "azure", Kind: "OnlineDeployment", Namespace: "chat", Name: "green"}
)

func clone(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnEndpointIsReadWithItsDeployments(t *testing.T) {
	_, rig := newAzure(t, endpointKind)
	r := rig.Rollout(t, chat)
	if r.Phase != fleet.RolloutDone || r.Desired != 4 || !r.Gaps.Ready || !r.Gaps.GPUs || r.Now.Weights.String() != "llama:3" ||
		r.Now.Image.String() != "registry.example/vllm-openai:v0.12.0" || r.Now.Revision.String() != "3" {
		t.Errorf("it is %+v", r)
	}
	m := r.Traffic.Members
	if r.Traffic.Kind != fleet.TrafficPercent || len(m) != 2 || m[0].ID != "blue" || m[0].Weight != 100 || m[1].Weight != 0 ||
		!strings.Contains(m[1].Name.String(), "mirrors 20 %") {
		t.Errorf("the split is %+v", m)
	}
	if !strings.Contains(r.UID, "@2026-09-01") {
		t.Errorf("an endpoint made anew would have the same identity: %s", r.UID)
	}
}

func TestADeploymentIsUpgradedInPlaceAndBack(t *testing.T) {
	a, rig := newAzure(t, deploymentKind)
	before := clone(t, a.of("/chat/deployments/blue"))
	d := rig.Do(t, blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4", Image: "vllm:8"})
	restrig.Leaks(t, d, "hf_contract_do_not_show", "HF_TOKEN", token)
	const want = `/properties/model="` + workspace + `/models/llama/versions/4" /properties/environmentId="` + workspace + `/environments/vllm/versions/8"`
	if got := restrig.Sets(d); got != want || d.Rented.IsEmpty() || d.Extra != 0 {
		t.Errorf("it sets %s", got)
	}
	r := rig.Rollout(t, blue)
	if r.Now.Weights.String() != "llama:4" || r.Desired != 3 || !strings.Contains(r.System.String(), "Standard_NC24ads_A100_v4") {
		t.Errorf("it is %+v", r)
	}
	rig.Undo(t, d)
	after := clone(t, a.of("/chat/deployments/blue"))
	delete(before, "systemData")
	delete(after, "systemData")
	if !reflect.DeepEqual(before, after) {
		t.Errorf("it was %v\nand is %v", before, after)
	}
}

func TestAnInstanceCountIsAPatch(t *testing.T) {
	a, rig := newAzure(t, deploymentKind)
	d := rig.Do(t, blue, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)})
	if r := rig.Rollout(t, blue); r.Desired != 5 || !strings.Contains(d.Rented.String(), "2 instances of Standard_NC24ads_A100_v4") {
		t.Errorf("it has %d, and rents %q", r.Desired, d.Rented)
	}
	rig.Undo(t, d)
	patches := 0
	for i, call := range a.calls {
		if strings.HasPrefix(call, "PUT") {
			t.Errorf("it put %s", a.bodies[i])
		}
		if strings.HasPrefix(call, "PATCH") {
			patches++
		}
	}
	if patches != 2 || a.of("/chat/deployments/blue")["sku"].(map[string]any)["capacity"] != 3.0 {
		t.Errorf("%d patches, it has %v", patches, a.of("/chat/deployments/blue")["sku"])
	}
}

func TestTrafficIsSetInOneRequest(t *testing.T) {
	a, rig := newAzure(t, endpointKind)
	before := clone(t, a.of("/chat"))
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "blue", Weight: 70}, {Member: "green", Weight: 30}}})
	if got := restrig.Sets(d); got != `/properties/traffic/blue=70 /properties/traffic/green=30 /properties/mirrorTraffic/green=` {
		t.Errorf("it sets %s", got)
	}
	now := clone(t, a.of("/chat"))
	if tr := properties(now)["traffic"]; !reflect.DeepEqual(tr, map[string]any{"blue": 70.0, "green": 30.0}) {
		t.Errorf("the split is %v", tr)
	}
	if id := now["identity"].(map[string]any); id["principalId"] != nil || !reflect.DeepEqual(id["userAssignedIdentities"], map[string]any{"/subscriptions/a/userAssignedIdentities/reader": map[string]any{}}) {
		t.Errorf("the identity was put as %v", id)
	}
	for _, k := range []string{"tags", "location"} {
		if !reflect.DeepEqual(now[k], before[k]) {
			t.Errorf("%s was %v and is %v", k, before[k], now[k])
		}
	}
	rig.Undo(t, d)
	if p := properties(a.of("/chat")); !reflect.DeepEqual(p["mirrorTraffic"], map[string]any{"green": 20.0}) || p["traffic"].(map[string]any)["blue"] != 100.0 {
		t.Errorf("after undo it is %v", p)
	}
}

func TestANewModelReachesTheIdleDeploymentAndThenTheRequests(t *testing.T) {
	a, rig := newAzure(t, endpointKind)
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4", Parts: []fleet.Ratio{0.1, 0.5}})
	restrig.Leaks(t, d, "hf_contract_do_not_show", token)
	const want = `/properties/model="` + workspace + `/models/llama/versions/4" /sku/capacity=3
/properties/traffic/blue=90 /properties/traffic/green=10 /properties/mirrorTraffic/green=
/properties/traffic/blue=50 /properties/traffic/green=50
/properties/traffic/blue= /properties/traffic/green=100`
	if got := restrig.Sets(d); got != want {
		t.Errorf("it sets\n%s", got)
	}
	if len(d.Stages) != 4 || d.Stages[0].Canary || !d.Stages[1].Canary || !d.Stages[2].Canary || d.Stages[3].Canary || d.Stages[0].Back != nil ||
		d.Stages[0].Writes[0].Object != green || !strings.Contains(d.Rented.String(), "2 instances") {
		t.Errorf("the stages are %+v", d.Stages)
	}
	r := rig.Rollout(t, chat)
	if r.Now.Weights.String() != "llama:4" || r.Traffic.Members[1].Weight != 100 {
		t.Errorf("at the end it is %+v", r)
	}
	rig.Undo(t, d)
	if tr := properties(a.of("/chat"))["traffic"]; !reflect.DeepEqual(tr, map[string]any{"blue": 100.0}) {
		t.Errorf("after undo the split is %v", tr)
	}
	if m := properties(a.of("/chat/deployments/green"))["model"].(string); !strings.HasSuffix(m, "llama/versions/4") {
		t.Errorf("undo rolled the deployment that had requests a moment ago: %s", m)
	}
}

func TestStatesAreRead(t *testing.T) {
	a, rig := newAzure(t, endpointKind)
	for state, want := range map[string]fleet.RolloutPhase{"Succeeded": fleet.RolloutDone, "Updating": fleet.RolloutMoving, "Scaling": fleet.RolloutMoving,
		"Creating": fleet.RolloutMoving, "Deleting": fleet.RolloutMoving, "Failed": fleet.RolloutFailed, "Canceled": fleet.RolloutFailed, "Odd": fleet.RolloutUnknown} {
		properties(a.of("/chat/deployments/green"))["provisioningState"] = state
		r := rig.Rollout(t, chat)
		if r.Phase != want || r.Never != (want == fleet.RolloutFailed) || want != fleet.RolloutDone && !strings.Contains(r.Why.String(), "green") {
			t.Errorf("%s: %s, never %v: %s", state, r.Phase, r.Never, r.Why)
		}
	}
	properties(a.of("/chat/deployments/green"))["provisioningState"] = "Creating"
	if _, err := rig.Draft(chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "blue", Weight: 0}, {Member: "green", Weight: 100}}}); fleet.KindOf(err) != fleet.KindConflict {
		t.Errorf("requests for a deployment that is not there yet: %v", err)
	}
}

func TestWhatCannotBeDoneIsSaid(t *testing.T) {
	a, endpoints := newAzure(t, endpointKind)
	_, deployments := newAzure(t, deploymentKind)
	share := func(n int) []fleet.Share { return []fleet.Share{{Member: "green", Weight: n}} }
	for _, x := range []struct {
		o    fleet.ObjectRef
		want fleet.Want
		kind fleet.Kind
		says string
	}{
		{chat, fleet.Want{Do: fleet.DoTraffic, Shares: share(10)}, fleet.KindInvalid, "sum up to 110"},
		{chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "red", Weight: 10}}}, fleet.KindInvalid, "no member red; there are blue, green"},
		{chat, fleet.Want{Do: fleet.DoPromote}, fleet.KindUnsupported, "pitwall traffic"},
		{chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}, fleet.KindUnsupported, "OnlineDeployment/chat/NAME"},
		{chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4", Container: "blue"}, fleet.KindInvalid, "without requests"},
		{chat, fleet.Want{Do: fleet.DoUpgrade}, fleet.KindInvalid, "--model"},
		{chat, fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "weights hold"},
		{blue, fleet.Want{Do: fleet.DoUpgrade, Image: "vllm/vllm-openai:v0.12.0"}, fleet.KindInvalid, "inside of an environment"},
		{blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:3"}, fleet.KindInvalid, "as wanted already"},
		{blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "OnlineEndpoint/chat"},
		{blue, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)}, fleet.KindUnsupported, "one instance"},
		{blue, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)}, fleet.KindInvalid, "already"},
		{blue, fleet.Want{Do: fleet.DoRestart}, fleet.KindUnsupported, "no call that restarts"},
		{blue, fleet.Want{Do: fleet.DoTraffic, Shares: share(1)}, fleet.KindUnsupported, "OnlineEndpoint/chat"},
		{blue, fleet.Want{Do: fleet.DoHoldScaler}, fleet.KindUnsupported, "Azure Monitor"},
		{blue, fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "upgraded in place"},
	} {
		rig := endpoints
		if x.o == blue {
			rig = deployments
		}
		if _, err := rig.Draft(x.o, x.want); fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s %+v: %v", x.o.Kind, x.want, err)
		}
	}
	delete(a.kept, listPath+"/chat/deployments/green")
	a.order = a.order[:2]
	if _, err := endpoints.Draft(chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4"}); fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "az ml online-deployment create") {
		t.Errorf("without an idle deployment: %v", err)
	}
	if _, err := deployments.Draft(fleet.ObjectRef{Name: "blue"}, fleet.Want{}); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "ENDPOINT/NAME") {
		t.Errorf("without its endpoint: %v", err)
	}
}

func TestRefusedWritesSayWhy(t *testing.T) {
	refuse := func(status int, code, message string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet {
				fail(w, status, code, message)
			}
			return r.Method != http.MethodGet
		}
	}
	for name, x := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		kind   fleet.Kind
		says   string
	}{
		"expired":    {refuse(401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier"), fleet.KindAuth, "its token has expired; tokens of Azure live"},
		"no right":   {refuse(403, "AuthorizationFailed", "The client 'x' does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write' over scope"), fleet.KindAuth, "lacks Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write"},
		"conflict":   {refuse(409, "Conflict", "another operation is in progress"), fleet.KindConflict, "another operation"},
		"late":       {refuse(412, "PreconditionFailed", "it changed"), fleet.KindConflict, "it changed"},
		"too often":  {refuse(429, "TooManyRequests", "slow down"), fleet.KindRateLimited, "429"},
		"no quota":   {refuse(400, "OutOfQuota", "Not enough quota for Standard_NC24ads_A100_v4"), fleet.KindInvalid, "Not enough quota"},
		"its fault":  {refuse(500, "InternalServerError", "oops "+token), fleet.KindServer, "InternalServerError"},
		"cut answer": {cut, fleet.KindInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, rig := newAzure(t, deploymentKind)
			d, err := rig.Draft(blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4"})
			if err != nil {
				t.Fatal(err)
			}
			a.answer = x.answer
			err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c1/1.1", false)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.says) || strings.Contains(err.Error(), token) {
				t.Errorf("%v", err)
			}
		})
	}
}

func cut(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet {
		return false
	}
	w.Header().Set("Content-Length", "999")
	_, _ = io.WriteString(w, `{"id":`)
	return true
}

// Azure has no entity tags here: what somebody else changed is found by reading right before the write.
func TestSomebodyElsesChangeIsNotWrittenOver(t *testing.T) {
	a, rig := newAzure(t, endpointKind)
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoTraffic, Shares: []fleet.Share{{Member: "blue", Weight: 70}, {Member: "green", Weight: 30}}})
	if err != nil {
		t.Fatal(err)
	}
	w := d.Stages[0].Writes[0]
	properties(a.of("/chat"))["traffic"] = map[string]any{"blue": 60, "green": 40}
	if err := rig.Writer.Write(t.Context(), w, "c1/1.1", false); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "traffic/blue") {
		t.Errorf("%v", err)
	}
	properties(a.of("/chat"))["traffic"] = map[string]any{"blue": 100}
	a.of("/chat")["systemData"].(map[string]any)["createdAt"] = "2026-11-24T11:00:00Z"
	if err := rig.Writer.Write(t.Context(), w, "c1/1.1", false); fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), "another object") {
		t.Errorf("an endpoint made anew: %v", err)
	}
	for _, call := range a.calls {
		if strings.HasPrefix(call, "PUT") {
			t.Error("it was written")
		}
	}
}

func TestScreensDoNotShowVariables(t *testing.T) {
	a, _ := newAzure(t, deploymentKind)
	in, err := Connector().NewInspector(a.spec, a.deps)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := in.Describe(t.Context(), blue)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.String() + "\n")
	}
	if s := text.String(); strings.Contains(s, "do_not_show") || !strings.Contains(s, "HF_TOKEN") || !strings.Contains(s, restobjects.Hidden) || !strings.Contains(s, "llama") {
		t.Errorf("it shows\n%s", s)
	}
}

// A deployment that failed once and gets nothing is not what a change of the weights of others waits for; one that failed after it is.
func TestAnOldFailureElsewhereKeepsNothingFromItsEnd(t *testing.T) {
	a, rig := newAzure(t, endpointKind)
	p := properties(a.of("/chat"))
	delete(p, "mirrorTraffic")
	properties(a.of("/chat/deployments/green"))["provisioningState"] = "Failed"
	a.of("/chat/deployments/green")["systemData"].(map[string]any)["lastModifiedAt"] = "2026-11-24T11:00:00Z"
	a.of("/chat")["systemData"].(map[string]any)["lastModifiedAt"] = "2026-11-24T11:30:00Z"
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutDone || r.Never || r.Why.String() != "deployment green, which gets no requests, failed earlier" {
		t.Errorf("%s, never %v: %q", r.Phase, r.Never, r.Why)
	}
	a.of("/chat/deployments/green")["systemData"].(map[string]any)["lastModifiedAt"] = "2026-11-24T11:45:00Z"
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutFailed || !strings.Contains(r.Why.String(), "the last operation on deployment green failed") {
		t.Errorf("%s: %q", r.Phase, r.Why)
	}
	p["mirrorTraffic"] = map[string]any{"green": 5.0}
	a.of("/chat/deployments/green")["systemData"].(map[string]any)["lastModifiedAt"] = "2026-11-24T11:00:00Z"
	if r := rig.Rollout(t, chat); r.Phase != fleet.RolloutFailed {
		t.Errorf("one that requests are mirrored to: %s", r.Phase)
	}
}

// What Azure shows while an operation is under way may be of before: that is not a write that was lost.
func TestWhatIsShownMeanwhileIsNotTakenForLost(t *testing.T) {
	a, rig := newAzure(t, deploymentKind)
	d, err := rig.Draft(blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4"})
	if err != nil {
		t.Fatal(err)
	}
	w := d.Stages[0].Writes[0]
	properties(a.of("/chat/deployments/blue"))["provisioningState"] = "Updating"
	if at, err := rig.Objects.Stand(t.Context(), w); fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "an operation (Updating) is under way") {
		t.Errorf("it stands %q, %v", at, err)
	}
	properties(a.of("/chat/deployments/blue"))["provisioningState"] = "Failed"
	if at, err := rig.Objects.Stand(t.Context(), w); at != fleet.StandsBefore || err != nil {
		t.Errorf("it stands %q, %v", at, err)
	}
}

// A variable's value is not said by a refusal that repeats what was put.
func TestARefusalDoesNotSayVariables(t *testing.T) {
	a, rig := newAzure(t, deploymentKind)
	d, err := rig.Draft(blue, fleet.Want{Do: fleet.DoUpgrade, Weights: "llama:4"})
	if err != nil {
		t.Fatal(err)
	}
	a.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		fail(w, http.StatusBadRequest, "InvalidRequestContent", "HF_TOKEN=hf_contract_do_not_show is not allowed")
		return true
	}
	err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c", false)
	if fleet.KindOf(err) != fleet.KindInvalid || strings.Contains(err.Error(), "do_not_show") || !strings.Contains(err.Error(), "is not allowed") {
		t.Error(err)
	}
}
