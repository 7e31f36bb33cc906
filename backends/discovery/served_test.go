package discovery

import (
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestTheServedModelIsReadFromTheCommand(t *testing.T) {
	for _, c := range []struct {
		args string
		want fleet.ModelName
	}{
		{"vllm|serve|org/llama-70b|--port|8000", "org/llama-70b"},
		{"--model|org/llama-70b|--served-model-name|llama|chat", "llama"},
		{"--model=org/llama-70b", "org/llama-70b"},
		{"python|-m|sglang.launch_server|--model-path|/models/qwen", "/models/qwen"},
		{"--model-id|org/tiny", "org/tiny"},
		{"sh|-c|exec vllm serve 'org/llama' --port 8000", "org/llama"},
		{"trtllm-serve|org/m|--host|0.0.0.0", "org/m"},
		{"--model|$(MODEL)", ""},
		{"--model|--port", ""},
		{"serve|--model", ""},
		{"", ""},
	} {
		if got := servedModel(strings.Split(c.args, "|")); got != c.want {
			t.Errorf("%s: got %q, want %q", c.args, got, c.want)
		}
	}
}

func TestAPageThatNamesNoModelTakesTheCommandsAndTellsItsReader(t *testing.T) {
	n := &network{pages: map[string]string{"tgi-1:8000/metrics": "vllm:num_requests_running 1\n"}}
	f := finderOn(n)
	p := pod("tgi-1", "vllm/vllm-openai", "tgi", 8000)
	p.Args = []string{"--model", "/weights/tiny", "--served-model-name", "org/tiny"}
	c := cluster(p)
	f.look(t.Context(), c)
	found := f.assemble(c)
	if found.Pools[0].Model != "org/tiny" || len(found.Sources[0].Models) != 1 || found.Sources[0].Models[0] != "org/tiny" {
		t.Errorf("pool %+v, source %+v", found.Pools[0].Model, found.Sources[0].Models)
	}
}

func TestAPathOfWeightsIsNoNameThatAReplicaMustAnswerTo(t *testing.T) {
	n := &network{pages: map[string]string{"tgi-1:8000/metrics": "vllm:num_requests_running 1\n"}}
	f := finderOn(n)
	p := pod("tgi-1", "vllm/vllm-openai", "tgi", 8000)
	p.Args = []string{"--model", "/weights/tiny"}
	c := cluster(p)
	f.look(t.Context(), c)
	if found := f.assemble(c); found.Pools[0].Model != "" || found.Sources[0].Models[0] != "/weights/tiny" {
		t.Errorf("pool of %q, source of %v", found.Pools[0].Model, found.Sources[0].Models)
	}
}

func TestWhatTheAPIServerDoesNotCarryIsReadFromTheStoreThatWasFound(t *testing.T) {
	n := &network{pages: map[string]string{"prom-0:9090/api/v1/status/buildinfo": `{"status":"success","data":{"version":"3.1"}}`}}
	var pods []*fleet.Pod
	for i := range 40 {
		name := "chat-" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		n.pages[name+":8000/metrics"] = vllmPage
		pods = append(pods, pod(name, "vllm/vllm-openai", "chat", 8000))
	}
	prom := pod("prom-0", "prom/prometheus:v3", "prom", 9090)
	prom.GPUs = 0
	f := finderOn(n)
	c := cluster(append(pods, prom)...)
	f.look(t.Context(), c)
	found := f.assemble(c)
	through, stored := 0, 0
	for _, s := range found.Sources {
		switch {
		case s.From == "prom":
			stored++
			if s.Via != "" || s.Options["selector"] != `namespace="llm",pod="`+string(s.Subject.Replica)+`"` {
				t.Errorf("source %+v", s)
			}
		case s.Via != "":
			through++
		}
	}
	for _, s := range found.Sources {
		if s.Subject.Cluster != "" {
			t.Errorf("%s would be taken for the watch of a cluster", s.ID)
		}
	}
	if through != ProxyTargets || stored != 9 || len(found.Notes) != 1 {
		t.Errorf("%d through the API server, %d by the store, notes %v", through, stored, found.Notes)
	}
	for _, r := range found.Pools[0].Replicas {
		if !r.Why.IsEmpty() {
			t.Errorf("%s is read by the store, and says %q", r.ID, r.Why)
		}
	}
}

func TestAnAlertmanagerIsFoundAndReadThroughTheAPIServer(t *testing.T) {
	n := &network{pages: map[string]string{"am-0:9093/api/v2/status": `{"cluster":{"status":"ready"},"versionInfo":{"version":"0.34.0"}}`}}
	am := pod("am-0", "quay.io/prometheus/alertmanager:v0.34.0", "alerts", 9093)
	am.GPUs = 0
	f := finderOn(n)
	c := cluster(am)
	f.look(t.Context(), c)
	found := f.assemble(c)
	if len(found.Sources) != 1 || found.Sources[0].Kind != "alertmanager" || found.Sources[0].Via != "kubernetes/c1/llm/am-0:9093" {
		t.Errorf("found %+v, notes %v", found.Sources, found.Notes)
	}
}
