package rayapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/restrig"
	"pitwall/fleet"
)

var chat = fleet.ObjectRef{Cluster: "ray", Kind: "ServeApplication", Name: "chat"}

var toNew = fleet.Want{Do: fleet.DoUpgrade, Weights: "org/new", Args: []fleet.ArgEdit{{Flag: "--temperature", Value: "1"}}}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Trap 10: what a configuration does not list is ended, so all applications are sent as they were read.
func TestTrap10APutSendsAllOtherApplicationsBack(t *testing.T) {
	s, rig := newServe(t, nil)
	before, chatBefore := text(t, s.app("time")["deployed_app_config"]), text(t, s.app("chat")["deployed_app_config"])
	d := rig.Do(t, chat, toNew)
	if got := restrig.Sets(d); got != `/config/args/model="org/new" /config/args/temperature=1` || d.Down != 1 || d.Extra != 0 {
		t.Errorf("%s, %d away, %d more", got, d.Down, d.Extra)
	}
	restrig.Leaks(t, d, "hf_contract_do_not_show", token)
	put := s.puts[0]
	list := put["applications"].([]any)
	if len(s.puts) != 1 || len(list) != 2 || text(t, list[1]) != before {
		t.Fatalf("%d puts; the other application was put as %s", len(s.puts), text(t, list))
	}
	if put["proxy_location"] != "HeadOnly" || text(t, put["http_options"]) != `{"host":"127.0.0.1","port":8000,"request_timeout_s":60.5}` || put["grpc_options"] == nil {
		t.Errorf("what is beside the applications was put as %s", text(t, put))
	}
	if s.app("time") == nil || s.app("byhand") == nil {
		t.Error("an application was ended")
	}
	if !strings.Contains(text(t, list[0]), "hf_contract_do_not_show") {
		t.Error("a variable of the application itself was lost")
	}
	rig.Undo(t, d)
	if got := text(t, s.app("chat")["deployed_app_config"]); got != chatBefore {
		t.Errorf("after undo it is %s, and was %s", got, chatBefore)
	}
}

func TestHowAnApplicationStands(t *testing.T) {
	s, rig := newServe(t, nil)
	r := rig.Rollout(t, chat)
	if r.Phase != fleet.RolloutDone || r.Desired != 2 || r.Ready != 2 || r.Updated != 2 || r.UpdatedReady != 2 || r.GPUsEach != 2 || r.UID != "actor-1" ||
		r.Now.Weights.String() != "org/m" || r.Now.At.IsZero() || r.Shutdown.Grace != fleet.Some(30500*time.Millisecond) || !r.Startup.OK || !r.Frozen.IsEmpty() || r.Scaler.Exists() {
		t.Errorf("%+v", r)
	}
	deployed := func(ago time.Duration) { s.app("chat")["last_deployed_time_s"] = s.now() - ago.Seconds() }
	check := func(name string, phase fleet.RolloutPhase, never bool, why string) {
		t.Helper()
		r := rig.Rollout(t, chat)
		if r.Phase != phase || r.Never != never || !strings.Contains(r.Why.String(), why) {
			t.Errorf("%s: %s, never %v: %s", name, r.Phase, r.Never, r.Why)
		}
	}
	deployed(time.Second)
	check("just deployed", fleet.RolloutMoving, false, "what runs may be that of before")
	deployed(time.Minute)
	s.app("chat")["status"] = "DEPLOYING"
	llm := s.deployment("chat", "LLM")
	llm["status"], llm["message"] = "UPDATING", ""
	llm["replicas"] = []any{map[string]any{"state": running, "start_time_s": s.now() - 3600}, map[string]any{"state": "STARTING", "start_time_s": s.now() - 50}}
	check("loading", fleet.RolloutMoving, false, "it is DEPLOYING (deployment LLM is UPDATING, 1 of 2 replicas run)")
	if r := rig.Rollout(t, chat); r.Updated != 1 || r.UpdatedReady != 0 || r.Ready != 1 {
		t.Errorf("%d updated, %d of these ready, %d ready", r.Updated, r.UpdatedReady, r.Ready)
	}
	llm["message"] = `Deployment 'LLM' in application 'chat' has 1 replicas that have taken more than 30s to be scheduled. Resources required for each replica: {"GPU": 2}, total resources available: {}.`
	check("no room", fleet.RolloutStuck, false, `Resources required for each replica: {"GPU": 2}, total resources available: {}`)
	s.app("chat")["status"], s.app("chat")["message"] = deployFailed, "constructor failed"
	check("failed", fleet.RolloutFailed, true, "DEPLOY_FAILED: constructor failed")
	s.app("chat")["status"] = unhealthy
	check("sick", fleet.RolloutStuck, false, "UNHEALTHY")
	s.app("chat")["status"] = deleting
	check("going", fleet.RolloutMoving, false, "DELETING")
	s.app("chat")["status"], s.app("chat")["external_scaler_enabled"] = running, true
	llm["target_num_replicas"] = 5.0
	check("scaled from outside, RUNNING as before", fleet.RolloutMoving, false, "1 of 5 replicas of deployment LLM run")
	s.app("chat")["external_scaler_enabled"] = false
	check("scaled by Ray, which is no change of ours", fleet.RolloutDone, false, "")
}

func TestScalingByConfiguration(t *testing.T) {
	s, rig := newServe(t, nil)
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(3)})
	if got := restrig.Sets(d); got != "/config/deployments/0/num_replicas=3" || d.Extra != 2 || d.Down != 0 {
		t.Errorf("%s, %d more, %d away", got, d.Extra, d.Down)
	}
	if r := rig.Rollout(t, chat); r.Desired != 3 || r.Ready != 3 {
		t.Errorf("%d of %d", r.Ready, r.Desired)
	}
	rig.Undo(t, d)
	if r := rig.Rollout(t, chat); r.Desired != 2 {
		t.Errorf("after undo it has %d", r.Desired)
	}
	if d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(1)}); err != nil || d.Down != 1 || d.Extra != 0 {
		t.Errorf("%d away, %d more, %v", d.Down, d.Extra, err)
	}
	// a number that only the code says gets an entry
	s.app("chat")["deployed_app_config"].(map[string]any)["deployments"] = nil
	delete(s.app("chat")["deployed_app_config"].(map[string]any), "deployments")
	d, err := rig.Draft(chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(4)})
	if err != nil || restrig.Sets(d) != `/config/deployments=[{"name":"LLM","num_replicas":4}]` || !strings.Contains(fleet.Join(d.Notes, fleet.Text(" ")).String(), "this Ray keeps the number then") {
		t.Errorf("%s, %v, %v", restrig.Sets(d), d.Notes, err)
	}
}

func TestAnExternalScalerHasACallOfItsOwn(t *testing.T) {
	s, rig := newServe(t, nil)
	s.app("chat")["external_scaler_enabled"] = true
	d := rig.Do(t, chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(5)})
	if restrig.Sets(d) != "/scale/LLM=5" || d.Extra != 6 || len(s.puts) != 0 || strings.Join(s.scales, " ") != "chat/LLM=5" {
		t.Errorf("%s, %d more, %d puts, scaled %v", restrig.Sets(d), d.Extra, len(s.puts), s.scales)
	}
	rig.Undo(t, d)
	if strings.Join(s.scales, " ") != "chat/LLM=5 chat/LLM=2" {
		t.Error(s.scales)
	}
	write := d.Stages[0].Writes[0]
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusPreconditionFailed)
			_, _ = w.Write([]byte(`{"error":"the external scaler is off"}`))
		}
		return r.Method == http.MethodPost
	}
	err := rig.Writer.Write(t.Context(), write, "c", false)
	if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "the external scaler is off") {
		t.Error(err)
	}
}

// On KubeRay a RayService writes its configuration over this one.
func TestOnKubeRayTheRayServiceIsWritten(t *testing.T) {
	for _, x := range []struct {
		node    string
		options map[string]string
		says    string
	}{
		{"llm-x7k2q-head-9dk3s", nil, "its head is pod llm-x7k2q-head-9dk3s of KubeRay"},
		{"llm-raycluster-x7k2q-head", nil, "of KubeRay"},
		{"head-7", map[string]string{"kuberay": "rayservice"}, "change the RayService"},
		{"llm-x7k2q-head-9dk3s", map[string]string{"kuberay": "raycluster"}, ""},
		{"overhead-engineering", nil, ""},
		{"", nil, ""},
		{"-head", nil, ""},
	} {
		_, free := newServe(t, nil)
		d, err := free.Draft(chat, toNew)
		if err != nil {
			t.Fatal(err)
		}
		s, rig := newServe(t, x.options)
		s.all["controller_info"].(map[string]any)["node_instance_id"] = x.node
		_, err = rig.Draft(chat, toNew)
		write := d.Stages[0].Writes
		if x.says == "" {
			if err != nil || rig.Writer.Write(t.Context(), write[0], "c", false) != nil || !rig.Rollout(t, chat).Frozen.IsEmpty() {
				t.Errorf("%s is taken for KubeRay's: %v", x.node, err)
			}
			continue
		}
		if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s, %v: %v", x.node, x.options, err)
		}
		if !strings.Contains(rig.Rollout(t, chat).Frozen.String(), "RayService") {
			t.Error("that a write has no effect is not said")
		}
		if err := rig.Writer.Write(t.Context(), write[0], "c", false); fleet.KindOf(err) != fleet.KindUnsupported || len(s.puts) != 0 {
			t.Errorf("it was written: %v", err)
		}
	}
	for address, head := range map[string]string{
		"http://llm-head-svc.serving.svc:8265": "llm-head-svc", "https://k8s/api/v1/namespaces/n/services/llm-head-svc:dashboard/proxy": "llm-head-svc",
		"http://10.0.0.1:8265": "", "http://head-svc.example": "",
	} {
		if got := headService(address); got != head {
			t.Errorf("%s: %q", address, got)
		}
	}
}

func TestWhatWouldDoHarmIsNotSent(t *testing.T) {
	for _, x := range []struct {
		name   string
		change func(*serve)
		kind   fleet.Kind
		says   string
	}{
		{"hidden values", func(s *serve) {
			s.app("time")["deployed_app_config"].(map[string]any)["runtime_env"] = map[string]any{"env_vars": map[string]any{"A": "<redacted>"}}
		}, fleet.KindUnsupported, "would destroy them"},
		{"an application without configuration", func(s *serve) { s.app("time")["deployed_app_config"] = nil }, fleet.KindUnsupported, "it would be ended"},
		{"somebody else", func(s *serve) {
			s.app("chat")["deployed_app_config"].(map[string]any)["args"].(map[string]any)["model"] = "org/theirs"
		}, fleet.KindConflict, "somebody else changed"},
		{"another Serve", func(s *serve) { s.all["controller_info"].(map[string]any)["actor_id"] = "actor-2" }, fleet.KindConflict, "another object has its name"},
		{"gone", func(s *serve) { delete(s.all["applications"].(map[string]any), "chat") }, fleet.KindNotFound, "no such application"},
		{"no JSON", func(s *serve) { s.all["applications"].(map[string]any)["time"] = 7 }, fleet.KindInvalid, "would be ended"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, rig := newServe(t, nil)
			d, err := rig.Draft(chat, toNew)
			if err != nil {
				t.Fatal(err)
			}
			x.change(s)
			err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c", false)
			if fleet.KindOf(err) != x.kind || !strings.Contains(fleet.Sentence(err).String(), x.says) || !strings.Contains(fleet.Sentence(err).String(), "nothing was written") || len(s.puts) != 0 {
				t.Errorf("%d puts: %v", len(s.puts), fleet.Sentence(err))
			}
		})
	}
}

// What changes between the reading and the sending is seen, as far as two requests can.
func TestWhatChangesInTheMomentBefore(t *testing.T) {
	for says, change := range map[string]func(*serve){
		"somebody else changed it in the moment before": func(s *serve) { s.app("chat")["deployed_app_config"].(map[string]any)["route_prefix"] = "/x" },
		"it was deleted in the moment before":           func(s *serve) { delete(s.all["applications"].(map[string]any), "chat") },
	} {
		s, rig := newServe(t, nil)
		d, err := rig.Draft(chat, toNew)
		if err != nil {
			t.Fatal(err)
		}
		gets := 0
		s.answer = func(http.ResponseWriter, *http.Request) bool {
			if gets++; gets == 2 {
				change(s)
			}
			return false
		}
		err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c", false)
		if fleet.KindOf(err) != fleet.KindConflict || !strings.Contains(err.Error(), says) || len(s.puts) != 0 {
			t.Errorf("%d puts: %v", len(s.puts), err)
		}
	}
}

func TestARefusalOfTheConfigurationIsTold(t *testing.T) {
	s, rig := newServe(t, nil)
	d, err := rig.Draft(chat, toNew)
	if err != nil {
		t.Fatal(err)
	}
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut {
			http.Error(w, "1 validation error for ServeDeploySchema: input_value={'HF_TOKEN': 'hf_contract_do_not_show'}\nmore", http.StatusBadRequest)
		}
		return r.Method == http.MethodPut
	}
	err = rig.Writer.Write(t.Context(), d.Stages[0].Writes[0], "c", false)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "1 validation error") || strings.Contains(err.Error(), "do_not_show") {
		t.Error(err)
	}
}

func TestWhatAnApplicationCannotDoSaysWhatItCan(t *testing.T) {
	byHand := fleet.ObjectRef{Cluster: "ray", Kind: "ServeApplication", Name: "byhand"}
	for _, x := range []struct {
		name string
		of   fleet.ObjectRef
		want fleet.Want
		kind fleet.Kind
		why  string
	}{
		{"by code", byHand, fleet.Want{Do: fleet.DoUpgrade, Weights: "m"}, fleet.KindUnsupported, "deployed by code (serve.run)"},
		{"scale by code", byHand, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}, fleet.KindUnsupported, "deployed by code"},
		{"an image", chat, fleet.Want{Do: fleet.DoUpgrade, Image: "i"}, fleet.KindUnsupported, "image of the nodes of Ray"},
		{"a canary", chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "m", Parts: []fleet.Ratio{0.1}}, fleet.KindUnsupported, "no canary"},
		{"a surge", chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "m", Surge: fleet.Some(0)}, fleet.KindUnsupported, "leave --surge out"},
		{"an old version", chat, fleet.Want{Do: fleet.DoUpgrade, Version: "7"}, fleet.KindUnsupported, "undo the change"},
		{"as it is", chat, fleet.Want{Do: fleet.DoUpgrade, Weights: "org/m"}, fleet.KindInvalid, "as wanted already"},
		{"a part that Ray scales", chat, fleet.Want{Do: fleet.DoScale, Container: "time", Replicas: fleet.Some(2)}, fleet.KindInvalid, "no deployment time"},
		{"as many", chat, fleet.Want{Do: fleet.DoScale, Replicas: fleet.Some(2)}, fleet.KindInvalid, "has 2 replicas already"},
		{"hold", chat, fleet.Want{Do: fleet.DoHoldScaler, Replicas: fleet.Some(2)}, fleet.KindInvalid, "nothing scales"},
		{"restart", chat, fleet.Want{Do: fleet.DoRestart}, fleet.KindUnsupported, "only where their configuration changes"},
		{"pause", chat, fleet.Want{Do: fleet.DoPause}, fleet.KindUnsupported, "cannot stop an update"},
		{"abort", chat, fleet.Want{Do: fleet.DoAbandonRoll}, fleet.KindUnsupported, "undo of the change"},
		{"weights", chat, fleet.Want{Do: fleet.DoTraffic}, fleet.KindUnsupported, "splits no traffic"},
		{"release", chat, fleet.Want{Do: fleet.DoFreeScaler}, fleet.KindUnsupported, "undo the change"},
		{"drain", chat, fleet.Want{Do: fleet.DoDrain}, fleet.KindUnsupported, "upgraded and scaled"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, rig := newServe(t, nil)
			_, err := rig.Draft(x.of, x.want)
			if fleet.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.why) || !strings.Contains(fleet.Sentence(err).String(), "nothing was") {
				t.Errorf("%v; wanted %s, %q", fleet.Sentence(err), x.kind, x.why)
			}
		})
	}
}

func TestAScreenShowsNoValueOfAVariable(t *testing.T) {
	s, _ := newServe(t, nil)
	in, err := Connector().NewInspector(s.spec, s.deps)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := in.Raw(t.Context(), chat)
	all := fleet.Join(lines, fleet.Text("\n")).String()
	if err != nil || strings.Contains(all, "do_not_show") || !strings.Contains(all, "HF_TOKEN") || !strings.Contains(all, "org/m") {
		t.Errorf("%v\n%s", err, all)
	}
}

func TestAllApplicationsAreListed(t *testing.T) {
	_, rig := newServe(t, nil)
	list, err := rig.Objects.List(t.Context(), kind, "", "")
	if err != nil || len(list) != 3 || !strings.Contains(string(list[0]), `"name":"byhand"`) {
		t.Errorf("%d, %v", len(list), err)
	}
}
