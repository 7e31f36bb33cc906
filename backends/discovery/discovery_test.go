package discovery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)

// network answers for the pods of a test.
type network struct {
	mu    sync.Mutex
	pages map[string]string // "pod:port/path" to the page
	near  map[string]string // the same by the pods' own addresses
	asked []string
}

func (n *network) get(from map[string]string, way string, p *fleet.Pod, port int, path string) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := fmt.Sprintf("%s:%d%s", p.Name, port, path)
	n.asked = append(n.asked, way+" "+key)
	page, ok := from[key]
	if !ok {
		return nil, &fleet.Error{Kind: fleet.KindUnreachable, Op: "read " + path, Err: errors.New("connection refused")}
	}
	if page == "401" {
		return nil, &fleet.Error{Kind: fleet.KindAuth, Op: "read " + path}
	}
	return []byte(page), nil
}

func (n *network) proxied(_ context.Context, p *fleet.Pod, port int, path string) ([]byte, error) {
	return n.get(n.pages, "proxy", p, port, path)
}

func (n *network) direct(_ context.Context, p *fleet.Pod, port int, path string) ([]byte, error) {
	return n.get(n.near, "direct", p, port, path)
}

func (n *network) count(part string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := 0
	for _, a := range n.asked {
		if strings.Contains(a, part) {
			c++
		}
	}
	return c
}

type lineDecoder struct{}

func (lineDecoder) Decode(page []byte) (fleet.Partial, error) {
	var p fleet.Partial
	for line := range strings.Lines(string(page)) {
		if _, rest, ok := strings.Cut(line, `model_name="`); ok {
			model, _, _ := strings.Cut(rest, `"`)
			p.Engines = append(p.Engines, fleet.EngineReading{Model: fleet.ModelName(model)})
		}
	}
	return p, nil
}

func connectors() []fleet.Connector {
	return []fleet.Connector{
		{Kind: "vllm", Families: []string{"vllm:"}, Ports: []int{8000}, Interval: 5 * time.Second},
		{Kind: "trtllm", Families: []string{"trtllm_"}, Ports: []int{8000}, Interval: 5 * time.Second},
		{Kind: "sglang", Families: []string{"sglang:"}, Ports: []int{30000}, Interval: 5 * time.Second},
		{Kind: "dcgm", Families: []string{"DCGM_FI_"}, Ports: []int{9400}, Interval: 10 * time.Second},
		{Kind: "litellm"}, {Kind: "prometheus"}, {Kind: "alertmanager", Ports: []int{9093}},
	}
}

func finderOn(n *network) *finder {
	decoders := map[string]func() fleet.Decoder{"vllm": func() fleet.Decoder { return lineDecoder{} }}
	f := newFinder(Options{Cluster: "c1", Connectors: connectors(),
		Deps: fleet.Deps{Clock: fleet.NewVirtualClock(start), Decoders: decoders}})
	f.ask = n
	return f
}

func pod(name, image, owner string, ports ...int) *fleet.Pod {
	p := &fleet.Pod{Namespace: "llm", Name: name, UID: "uid-" + name, Image: image, IP: "10.0.0.9", Node: "gpu-1", GPUs: 1,
		Phase: fleet.Text("Running"), State: fleet.StateOK,
		Owner: fleet.ObjectRef{Cluster: "c1", Kind: "Deployment", Namespace: "llm", Name: owner}}
	for _, port := range ports {
		p.Ports = append(p.Ports, fleet.PodPort{Name: "http", Port: port})
	}
	return p
}

func cluster(pods ...*fleet.Pod) *fleet.Cluster {
	return &fleet.Cluster{ID: "c1", At: start, Pods: pods,
		Nodes:     []*fleet.KubeNode{{Name: "gpu-1", GPUProduct: fleet.Text("NVIDIA-H100-80GB-HBM3"), GPUCapacity: fleet.Some(8)}},
		Workloads: []*fleet.Workload{{Kind: "Deployment", Namespace: "llm", Name: "chat", Desired: 3}}}
}

const vllmPage = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"llama\"} 1\nprocess_start_time_seconds 17\n"

func TestAnEngineIsFoundProvenAndReadThroughTheAPIServer(t *testing.T) {
	n := &network{pages: map[string]string{"chat-1:8000/metrics": vllmPage}}
	f := finderOn(n)
	waiting := pod("chat-2", "vllm/vllm-openai:v0.32", "chat", 8000)
	waiting.Phase, waiting.State, waiting.Why = fleet.Text("Pending"), fleet.StateCrit, fleet.Text("Unschedulable: Insufficient nvidia.com/gpu")
	c := cluster(pod("chat-1", "vllm/vllm-openai:v0.32", "chat", 8000), waiting)
	f.look(t.Context(), c)
	found := f.assemble(c)
	if len(found.Pools) != 1 || len(found.Sources) != 1 {
		t.Fatalf("found %+v", found)
	}
	p := found.Pools[0]
	if p.ID != "chat" || p.Engine != "vllm" || p.Model != "llama" || p.Site != "c1" || p.GPU != "H100" || p.Desired != fleet.Some(3) {
		t.Errorf("pool %+v", p)
	}
	if len(p.Replicas) != 2 || p.Replicas[1].Why != waiting.Why || p.Replicas[1].State != fleet.StateCrit || !p.Replicas[0].Why.IsEmpty() {
		t.Errorf("replicas %+v", p.Replicas)
	}
	s := found.Sources[0]
	if s.Via != "kubernetes/c1/llm/chat-1:8000" || s.Interval != ProxyInterval || s.Subject.Replica != "chat-1" {
		t.Errorf("source %+v", s)
	}
	f.look(t.Context(), c)
	if got := n.count("proxy"); got != 1 {
		t.Errorf("a proven pod was asked %d times", got)
	}
}

func TestADirectWayMustReachTheSameProcess(t *testing.T) {
	for _, c := range []struct {
		name, near string
		direct     bool
	}{
		{"the same", vllmPage, true},
		{"another one behind the same address", strings.Replace(vllmPage, "seconds 17", "seconds 18", 1), false},
		{"none", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := &network{pages: map[string]string{"chat-1:8000/metrics": vllmPage}, near: map[string]string{}}
			if c.near != "" {
				n.near["chat-1:8000/metrics"] = c.near
			}
			f := finderOn(n)
			k := cluster(pod("chat-1", "vllm/vllm-openai", "chat", 8000))
			f.look(t.Context(), k)
			s := f.assemble(k).Sources[0]
			if got := s.Via == ""; got != c.direct {
				t.Errorf("direct: got %v, want %v (%+v)", got, c.direct, s)
			}
			if c.direct && (s.URL != "http://10.0.0.9:8000" || s.Interval != 5*time.Second) {
				t.Errorf("source %+v", s)
			}
		})
	}
}

func TestTensorRTIsNeverAskedForTheMetricsThatEmptyItsQueue(t *testing.T) {
	n := &network{pages: map[string]string{}}
	f := finderOn(n)
	f.look(t.Context(), cluster(
		pod("a", "nvcr.io/nvidia/tensorrt-llm/release:1.2", "a", 8000),
		pod("b", "nvcr.io/nim/meta/llama", "b", 8000),
		pod("c", "registry.local/own:1", "c", 8000),
	))
	for _, asked := range n.asked {
		if strings.Contains(asked, "a:8000/metrics") || strings.Contains(asked, "b:8000/metrics") {
			t.Errorf("asked %s", asked)
		}
	}
	if n.count("a:8000/prometheus/metrics") != 1 || n.count("c:8000/metrics") == 0 {
		t.Errorf("asked %q", n.asked)
	}
}

func TestOnlyDeclaredPortsAreAsked(t *testing.T) {
	n := &network{}
	f := finderOn(n)
	quiet := pod("chat-1", "vllm/vllm-openai", "chat")
	sidecar := pod("op", "prom/prometheus-operator", "op", 8080)
	sidecar.GPUs = 0
	f.look(t.Context(), cluster(quiet, sidecar))
	if len(n.asked) != 0 {
		t.Errorf("asked %q", n.asked)
	}
}

func TestAPodThatLoadsIsAskedAgainEverMoreRarely(t *testing.T) {
	n := &network{pages: map[string]string{}}
	f := finderOn(n)
	clock := f.opt.Deps.Clock.(*fleet.VirtualClock)
	c := cluster(pod("chat-1", "vllm/vllm-openai", "chat", 8000))
	next := f.look(t.Context(), c)
	if next != start.Add(firstRetry) {
		t.Fatalf("next at %s", next)
	}
	f.look(t.Context(), c)
	if n.count("proxy") != 1 {
		t.Error("asked before it was due")
	}
	if err := clock.Advance(t.Context(), firstRetry); err != nil {
		t.Fatal(err)
	}
	if next = f.look(t.Context(), c); next != start.Add(3*firstRetry) {
		t.Errorf("next at %s", next)
	}
	found := f.assemble(c)
	if len(found.Pools) != 1 || len(found.Sources) != 0 || !strings.Contains(found.Pools[0].Replicas[0].Why.String(), "refused") {
		t.Errorf("a pod that says what it is stays visible while it does not answer: %+v", found)
	}
}

func TestARouterIsNotAnEngineAndAStrangerIsNothing(t *testing.T) {
	n := &network{pages: map[string]string{
		"router-1:8000/metrics": "vllm:healthy_pods_total 3\nvllm:num_requests_running 4\n",
		"own-1:8000/metrics":    "http_requests_total 3\n",
	}}
	f := finderOn(n)
	c := cluster(pod("router-1", "lmcache/production-stack-router", "router", 8000), pod("own-1", "own", "own", 8000))
	f.look(t.Context(), c)
	if found := f.assemble(c); len(found.Pools) != 0 || len(found.Sources) != 0 {
		t.Errorf("found %+v", found)
	}
}

func TestAGatewayIsFoundByItsOpenProbeAndTakesTheConfiguredKey(t *testing.T) {
	n := &network{pages: map[string]string{"gw-1:4000/health/liveliness": `"I'm alive!"`}}
	f := finderOn(n)
	f.opt.Key = fleet.SecretRef{Env: "KEY"}
	gw := pod("gw-1", "ghcr.io/berriai/litellm:main", "gw", 4000)
	gw.GPUs = 0
	c := cluster(gw)
	f.look(t.Context(), c)
	found := f.assemble(c)
	if len(found.Gateways) != 1 || found.Gateways[0].Replicas[0].Via == "" || found.Sources[0].Auth.Env != "KEY" {
		t.Errorf("found %+v", found)
	}
}

func TestTheAPIServerCarriesSoManyAndTheRestIsSaid(t *testing.T) {
	n := &network{pages: map[string]string{}}
	var pods []*fleet.Pod
	for i := range 40 {
		name := fmt.Sprintf("chat-%02d", i)
		n.pages[name+":8000/metrics"] = vllmPage
		pods = append(pods, pod(name, "vllm/vllm-openai", "chat", 8000))
	}
	small := pod("code-0", "vllm/vllm-openai", "code", 8000)
	n.pages["code-0:8000/metrics"] = vllmPage
	f := finderOn(n)
	c := cluster(append(pods, small)...)
	f.look(t.Context(), c)
	found := f.assemble(c)
	if len(found.Sources) != ProxyTargets || len(found.Notes) != 1 {
		t.Errorf("%d sources, notes %v", len(found.Sources), found.Notes)
	}
	here, unread := false, 0
	for _, s := range found.Sources {
		here = here || s.Subject.Replica == "code-0"
	}
	for _, r := range found.Pools[0].Replicas {
		if !r.Why.IsEmpty() {
			unread++
		}
	}
	if !here || unread != 9 {
		t.Errorf("the small pool is read: %v; %d replicas say why they are not read", here, unread)
	}
}

func TestHostileNamesStayDataAndNeverAHost(t *testing.T) {
	evil := "x\x1b[31m/../../api"
	n := &network{pages: map[string]string{evil + ":8000/metrics": vllmPage}}
	f := finderOn(n)
	c := cluster(pod(evil, "vllm/vllm-openai", "chat", 8000))
	f.look(t.Context(), c)
	s := f.assemble(c).Sources[0]
	if s.URL != "http://pod:8000" || strings.ContainsAny(s.Via, "\x1b") || strings.Count(s.Via, "/") != 3 {
		t.Errorf("source %+v", s)
	}
}

func TestFewOfAFamilyAreAskedAndSpeakForAll(t *testing.T) {
	n := &network{pages: map[string]string{}}
	f := finderOn(n)
	clock := f.opt.Deps.Clock.(*fleet.VirtualClock)
	var pods []*fleet.Pod
	for i := range 20 {
		pods = append(pods, pod(fmt.Sprintf("chat-%02d", i), "vllm/vllm-openai", "chat", 8000))
	}
	c := cluster(pods...)
	f.look(t.Context(), c)
	if got := n.count("proxy"); got != speakers {
		t.Errorf("%d of 20 loading pods were asked, want %d", got, speakers)
	}
	for _, r := range f.assemble(c).Pools[0].Replicas {
		if !strings.Contains(r.Why.String(), "refused") {
			t.Errorf("%s says %q", r.ID, r.Why)
		}
	}
	n.pages["chat-01:8000/metrics"] = vllmPage
	if err := clock.Advance(t.Context(), firstRetry); err != nil {
		t.Fatal(err)
	}
	f.look(t.Context(), c)
	found := f.assemble(c)
	if len(found.Sources) != 20 || found.Pools[0].Model != "llama" {
		t.Errorf("%d sources, model %q", len(found.Sources), found.Pools[0].Model)
	}
	if got := n.count("proxy"); got != 2*speakers {
		t.Errorf("asked %d times", got)
	}
	other := pod("chat-new", "vllm/vllm-openai:next", "chat", 8000)
	f.look(t.Context(), cluster(append(pods, other)...))
	if n.count("chat-new") == 0 {
		t.Error("another image of the same owner is another program and must be asked")
	}
}

func TestWherePodsAreReachedDirectlyEachIsProven(t *testing.T) {
	n := &network{pages: map[string]string{}, near: map[string]string{}}
	var pods []*fleet.Pod
	for i := range 4 {
		name := fmt.Sprintf("chat-%02d", i)
		n.pages[name+":8000/metrics"], n.near[name+":8000/metrics"] = vllmPage, vllmPage
		pods = append(pods, pod(name, "vllm/vllm-openai", "chat", 8000))
	}
	f := finderOn(n)
	c := cluster(pods...)
	for range 3 {
		f.look(t.Context(), c)
	}
	for _, s := range f.assemble(c).Sources {
		if s.Via != "" {
			t.Errorf("%s goes through the API server", s.ID)
		}
	}
}
