package sim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pitwall/backends/bentocloud"
	"pitwall/backends/internal/restrig"
	"pitwall/backends/sim"
	"pitwall/backends/sim/bentoapi"
	"pitwall/fleet"
)

const (
	bentoToken = "bento_sim_do_not_show"
	putBody    = `{"bento": "chat:one", "access_authorization": true, "envs": [{"name": "HF_TOKEN", "value": "hf_sim_do_not_show"}], "secrets": ["hub"],
 "services": {"Chat": {"instance_type": "gpu.l4.1", "scaling": {"min_replicas": 2, "max_replicas": 2}, "deployment_strategy": "RollingUpdate", "config_overrides": {"traffic": {"timeout": 300}}}}}`
)

var simBentos = map[string]bentoapi.Bento{
	"chat:one":   {Entry: "Chat", Models: []string{"llama:1"}, Load: 2 * time.Minute},
	"chat:two":   {Entry: "Chat", Models: []string{"llama:2"}, Build: time.Minute, Load: 2 * time.Minute},
	"chat:stuck": {Entry: "Chat", Load: 2 * time.Minute, NeverReady: true},
	"chat:crash": {Entry: "Chat", Load: 2 * time.Minute, Crashes: true},
	"chat:image": {Entry: "Chat", Build: time.Minute, Unbuildable: true},
}

var simChat = fleet.ObjectRef{Cluster: "cloud", Kind: "BentoCloudDeployment", Namespace: "north", Name: "chat"}

// bentos is the adapter on the simulated BentoCloud.
type bentos struct {
	*restrig.Rig
	clock   *fleet.VirtualClock
	spec    fleet.SourceSpec
	deps    fleet.Deps
	trouble atomic.Int64
}

func newBentos(t *testing.T) *bentos {
	t.Helper()
	b := &bentos{clock: fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))}
	api := bentoapi.New(bentoapi.Options{Clock: b.clock, Token: bentoToken, Bentos: simBentos, Behind: 5 * time.Second,
		Deployments: []bentoapi.Deployment{{Name: "chat", Cluster: "north", Body: putBody}, {Name: "chat", Cluster: "south", Body: putBody}},
		Trouble:     func(*http.Request) int { return int(b.trouble.Load()) }})
	s := httptest.NewServer(api)
	t.Cleanup(s.Close)
	b.deps = fleet.Deps{Clock: b.clock, Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(bentoToken), nil }}
	b.spec = fleet.SourceSpec{ID: "cloud", Kind: "bentocloud", URL: s.URL, Auth: fleet.SecretRef{Env: "BENTO"}, Subject: fleet.Subject{Cluster: "cloud"}}
	kind := fleet.ObjectKind{Group: "cloud.bentoml.com", Version: "v2", Resource: "deployments", Kind: "BentoCloudDeployment"}
	b.Rig = restrig.Open(t, bentocloud.Connector(), b.spec, b.deps, kind, func() { b.pass(t, 10*time.Minute) })
	return b
}

func (b *bentos) pass(t *testing.T, d time.Duration) {
	t.Helper()
	if err := b.clock.Advance(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// stands checks how the deployment stands some time after what came before.
func (b *bentos) stands(t *testing.T, after time.Duration, phase fleet.RolloutPhase, why string) {
	t.Helper()
	b.pass(t, after)
	if r := b.Rollout(t, simChat); r.Phase != phase || !strings.Contains(r.Why.String(), why) {
		t.Errorf("%s later it is %s: %q; wanted %s, %q", after, r.Phase, r.Why, phase, why)
	}
}

func (b *bentos) send(t *testing.T, image string) fleet.Draft {
	t.Helper()
	d, err := b.Draft(simChat, fleet.Want{Do: fleet.DoUpgrade, Image: image})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range d.Stages[0].Writes {
		if err := b.Writer.Write(t.Context(), w, "c1/1.1", false); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// The states of a roll in their order: that the status is behind at first is never an end.
func TestTheAdapterFollowsARollOnTheSimulatedBentoCloud(t *testing.T) {
	b := newBentos(t)
	b.stands(t, 0, fleet.RolloutDone, "")
	d := b.send(t, "chat:two")
	b.stands(t, time.Second, fleet.RolloutUnseen, "may be of the one before")
	b.stands(t, 9*time.Second, fleet.RolloutMoving, "image of its Bento is being built")
	b.stands(t, 51*time.Second, fleet.RolloutMoving, "image of its Bento is being built") // which is said for a while after it was
	b.stands(t, 10*time.Second, fleet.RolloutMoving, "it is deploying")
	b.stands(t, 2*time.Minute, fleet.RolloutDone, "")
	b.Undo(t, d)
	if r := b.Rollout(t, simChat); r.Now.ID != "chat:one" || r.Phase != fleet.RolloutDone {
		t.Errorf("back it is %+v", r)
	}
}

func TestARollThatIsStuckOrFailsOnTheSimulatedBentoCloudIsTakenBack(t *testing.T) {
	for image, want := range map[string]struct {
		phase fleet.RolloutPhase
		why   string
		never bool
	}{
		"chat:stuck": {fleet.RolloutStuck, "it is unhealthy", false},
		"chat:crash": {fleet.RolloutFailed, "it failed", true},
		"chat:image": {fleet.RolloutFailed, "another Bento is needed", true},
	} {
		b := newBentos(t)
		d := b.send(t, image)
		b.stands(t, 20*time.Second, fleet.RolloutMoving, "")
		b.stands(t, 10*time.Hour, want.phase, want.why)
		if r := b.Rollout(t, simChat); r.Never != want.never {
			t.Errorf("%s: never is %v", image, r.Never)
		}
		b.Undo(t, d)
		b.stands(t, 0, fleet.RolloutDone, "")
	}
}

// What is put replaces everything: canaries, weights, restart and end leave what nobody named as it was.
func TestTheAdapterPutsWholeBodiesOnTheSimulatedBentoCloud(t *testing.T) {
	b := newBentos(t)
	before := b.document(t)
	d, err := b.Draft(simChat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:two", Parts: []fleet.Ratio{0.1, 0.5}})
	if err != nil {
		t.Fatal(err)
	}
	restrig.Leaks(t, d, "hf_sim_do_not_show", bentoToken)
	b.Carry(t, simChat, d.Stages[0])
	if m := b.Rollout(t, simChat).Traffic.Members; len(m) != 2 || m[0].Weight != 90 || m[1].Weight != 10 {
		t.Errorf("the split is %+v", m)
	}
	b.Carry(t, simChat, d.Stages[1])
	b.Carry(t, simChat, d.Stages[2])
	if r := b.Rollout(t, simChat); r.Now.ID != "chat:two" || len(r.Traffic.Members) != 0 {
		t.Errorf("promoted it is %+v", r)
	}
	b.Undo(t, d)
	b.Do(t, simChat, fleet.Want{Do: fleet.DoRestart})
	scaled := b.Do(t, simChat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(4)})
	if r := b.Rollout(t, simChat); r.Desired != 4 {
		t.Errorf("scaled to %d", r.Desired)
	}
	b.Undo(t, scaled)
	ended := b.Do(t, simChat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(0)})
	b.stands(t, 0, fleet.RolloutDone, "it is terminated")
	b.Undo(t, ended)
	if after := b.document(t); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

// document is what a deployment is made of, as it is read.
func (b *bentos) document(t *testing.T) string {
	t.Helper()
	body, err := b.Objects.Get(t.Context(), b.Kind, simChat)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Spec json.RawMessage `json:"spec"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	return string(doc.Spec)
}

func TestTheAdapterReadsTheSimulatedBentoCloudAndItsRefusals(t *testing.T) {
	b := newBentos(t)
	r, err := bentocloud.Connector().NewReader(b.spec, b.deps)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Read(t.Context())
	if err != nil || len(got.Cluster.Workloads) != 2 || got.Cluster.Workloads[0].Desired != 2 || got.Cluster.Workloads[1].Namespace != "south" {
		t.Fatalf("%+v, %v", got.Cluster, err)
	}
	gone := simChat
	gone.Name = "none"
	if _, err := b.Objects.Get(t.Context(), b.Kind, gone); fleet.KindOf(err) != fleet.KindNotFound {
		t.Errorf("no record: %v", err)
	}
	if _, err := b.Draft(simChat, fleet.Want{Do: fleet.DoUpgrade, Image: "chat:none"}); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("no Bento: %v", err)
	}
	for code, kind := range map[int64]fleet.Kind{http.StatusInternalServerError: fleet.KindServer, http.StatusTooManyRequests: fleet.KindRateLimited, http.StatusUnauthorized: fleet.KindAuth} {
		b.trouble.Store(code)
		if _, err := r.Read(t.Context()); fleet.KindOf(err) != kind || strings.Contains(err.Error(), bentoToken) {
			t.Errorf("%d: %v", code, err)
		} else if code == http.StatusInternalServerError && !strings.Contains(err.Error(), "trace-500") {
			t.Errorf("the trace is not told: %v", err)
		}
	}
}

// The fleet has one where it is asked for: the inventory names it as a configuration would.
func TestTheFleetCanHaveABentoCloud(t *testing.T) {
	clock := fleet.NewVirtualClock(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	f, err := sim.Listen(t.Context(), sim.Options{Clock: clock, BentoCloud: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, s := range f.Inventory().Sources {
		if s.Kind != "bentocloud" {
			continue
		}
		r, err := bentocloud.Connector().NewReader(s, fleet.Deps{Clock: clock, Secret: f.Secret})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Read(t.Context())
		if err != nil || got.Cluster.ID != sim.BentoCloudName || len(got.Cluster.Workloads) != 1 || f.URL(sim.BentoCloudName) != s.URL {
			t.Fatalf("%+v, %v", got.Cluster, err)
		}
		return
	}
	t.Error("the inventory names no BentoCloud")
}
