package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"pitwall/backends/kube"
	"pitwall/backends/registry"
	"pitwall/fleet"
)

// right is one verb on one kind: "patch apps/deployments/scale".
type right string

// server writes down what it is asked for, in the words of RBAC, and answers just enough that the next request comes.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[right]bool
	put   map[string]bool // paths that exist since they were made
}

func newServer(t *testing.T) *server {
	s := &server{asked: map[right]bool{}, put: map[string]bool{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *server) rights() []right {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []right
	for r := range s.asked {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

// parse reads a request as RBAC does; false for what every user may by default.
func parse(r *http.Request) (verb, resource, name string, ok bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	group := ""
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		group, parts = parts[1]+"/", parts[3:]
	default:
		return "", "", "", false
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	if strings.HasPrefix(group, "authorization.k8s.io") {
		return "", "", "", false
	}
	verb = map[string]string{http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
		http.MethodGet: "get"}[r.Method]
	resource = group + parts[0]
	if len(parts) > 1 {
		name = parts[1]
	}
	if len(parts) > 2 {
		resource += "/" + parts[2]
	}
	switch {
	case verb == "get" && r.URL.Query().Get("watch") == "true":
		verb = "watch"
	case verb == "get" && name == "":
		verb = "list"
	}
	return verb, resource, name, true
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	verb, resource, name, ok := parse(r)
	if !ok {
		_, _ = io.WriteString(w, `{"gitVersion":"v1.36.3","status":{"allowed":true}}`)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[right(verb+" "+resource)] = true
	w.Header().Set("Content-Type", "application/json")
	refuse := func(code int, reason string) {
		w.WriteHeader(code)
		_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d,"reason":%q,"message":"x","details":{"name":"x"}}`, code, reason)
	}
	switch {
	case verb == "watch" && r.URL.Query().Get("sendInitialEvents") != "":
		refuse(http.StatusUnprocessableEntity, "Invalid")
	case verb == "watch":
		w.WriteHeader(http.StatusOK)
	case verb == "list":
		_, _ = io.WriteString(w, list(resource))
	case verb == "create" && strings.HasPrefix(resource, "configmaps"), verb == "create" && strings.HasSuffix(resource, "/leases"):
		var o struct{ Metadata struct{ Name string } }
		_ = json.Unmarshal(body, &o)
		s.put[resource+o.Metadata.Name] = true
		_, _ = io.WriteString(w, `{"metadata":{"resourceVersion":"1"}}`)
	case verb == "get" && (resource == "configmaps" || strings.HasSuffix(resource, "/leases")) && !s.put[resource+name]:
		refuse(http.StatusNotFound, "NotFound")
	case verb == "create" && strings.HasSuffix(resource, "/eviction"):
		w.WriteHeader(http.StatusInternalServerError) // of the kind after which its budgets are listed
		_, _ = io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":500,"message":"more than one PodDisruptionBudget"}`)
	default:
		_, _ = io.WriteString(w, `{"metadata":{"name":"x","namespace":"n","uid":"u","resourceVersion":"1"},"spec":{"replicas":1,"nodeName":""}}`)
	}
}

// list is an empty list, of the kind that a client of these types wants.
func list(resource string) string {
	kinds := map[string]string{"nodes": "v1 NodeList", "pods": "v1 PodList", "events": "v1 EventList",
		"apps/deployments": "apps/v1 DeploymentList", "apps/statefulsets": "apps/v1 StatefulSetList", "apps/daemonsets": "apps/v1 DaemonSetList",
		"apps/replicasets": "apps/v1 ReplicaSetList", "autoscaling/horizontalpodautoscalers": "autoscaling/v2 HorizontalPodAutoscalerList",
		"policy/poddisruptionbudgets":               "policy/v1 PodDisruptionBudgetList",
		"leaderworkerset.x-k8s.io/leaderworkersets": "leaderworkerset.x-k8s.io/v1 LeaderWorkerSetList"}
	version, kind, _ := strings.Cut(kinds[resource], " ")
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"resourceVersion":"1"},"items":[]}`, version, kind)
}

// user is pitwall's own way to the server.
type user struct {
	t       *testing.T
	spec    fleet.SourceSpec
	deps    fleet.Deps
	objects fleet.Objects
	writer  fleet.ObjectWriter
}

func newUser(t *testing.T, s *server) *user {
	t.Helper()
	u := &user{t: t, spec: fleet.SourceSpec{ID: "k", Kind: kube.Kind, URL: s.URL, Options: map[string]string{"shared_namespace": "pitwall"}},
		deps: fleet.Deps{Clock: fleet.SystemClock{}}}
	var err error
	if u.objects, err = kube.Connector().NewObjects(u.spec, u.deps); err != nil {
		t.Fatal(err)
	}
	if u.writer, err = kube.Connector().NewObjectWriter(u.spec, u.deps); err != nil {
		t.Fatal(err)
	}
	return u
}

func api(group, version, resource string) fleet.ObjectKind {
	return fleet.ObjectKind{Group: group, Version: version, Resource: resource, Kind: resource}
}

// write is what one write sends: it reads the object, asks for the right, rehearses and sends.
func (u *user) write(part string, kinds ...fleet.ObjectKind) {
	for _, k := range kinds {
		w := fleet.ObjectWrite{Object: fleet.ObjectRef{Namespace: "n", Name: "x"}, API: k, Part: part, Verb: fleet.WriteSet,
			Fields: []fleet.Field{{Path: "/spec/replicas", Before: fleet.JSON("1"), After: fleet.JSON("2")}}}
		_, _ = u.objects.Stand(u.t.Context(), w)
		_ = u.objects.May(u.t.Context(), w)
		_ = u.writer.Write(u.t.Context(), w, "c1/1", true)
		_ = u.writer.Write(u.t.Context(), w, "c1/1", false)
	}
}

func (u *user) list(kinds ...fleet.ObjectKind) {
	for _, k := range kinds {
		_, _ = u.objects.List(u.t.Context(), k, "n", "")
	}
}

func (u *user) get(kinds ...fleet.ObjectKind) {
	for _, k := range kinds {
		_, _ = u.objects.Get(u.t.Context(), k, fleet.ObjectRef{Namespace: "n", Name: "x"})
	}
}

func (u *user) evict() {
	w := fleet.ObjectWrite{Object: fleet.ObjectRef{Kind: "Pod", Namespace: "n", Name: "x"}, API: api("", "v1", "pods"), Verb: fleet.WriteEvict}
	_, _ = u.objects.Stand(u.t.Context(), w)
	_ = u.writer.Write(u.t.Context(), w, "c1/1", false)
}

// watch reads the rows until all that is wanted was asked for.
func (u *user) watch(want func() bool) {
	reader, err := kube.Connector().NewReader(u.spec, u.deps)
	if err != nil {
		u.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(u.t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = reader.(fleet.Watcher).Watch(ctx, func(fleet.Partial) {}, func(error) {})
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !want() && ctx.Err() == nil {
		<-tick.C
	}
	cancel()
	<-done
}

func (u *user) inspect(kinds ...string) {
	i, err := kube.Connector().NewInspector(u.spec, u.deps)
	if err != nil {
		u.t.Fatal(err)
	}
	for _, k := range kinds {
		o := fleet.ObjectRef{Kind: k, Namespace: "n", Name: "x"}
		_, _ = i.Describe(u.t.Context(), o)
		_, _ = i.Raw(u.t.Context(), o)
	}
}

func (u *user) share() {
	w, err := kube.Connector().NewSharedWriter(u.spec, u.deps)
	if err != nil {
		u.t.Fatal(err)
	}
	r, err := kube.Connector().NewSharedReader(u.spec, u.deps)
	if err != nil {
		u.t.Fatal(err)
	}
	ctx := u.t.Context()
	_, _ = r.Locks(ctx)
	_, _ = r.Copies(ctx)
	l, _ := w.Lock(ctx, "x")
	l, _ = w.PutLock(ctx, l)
	_, _ = w.PutLock(ctx, l)
	c, _ := w.PutCopy(ctx, fleet.ChangeCopy{ID: "c1-a"})
	_, _ = w.PutCopy(ctx, c)
	_, _ = w.Copy(ctx, "c1-a")
	_ = w.RemoveCopy(ctx, "c1-a")
}

// routeKinds hold routes of gateways; aroundRoutes is what is read beside them, for a write too: who moves weights, what is made of
// a route, what comes before it, what says that it is in force.
var (
	routeKinds = []fleet.ObjectKind{api("gateway.networking.k8s.io", "v1", "httproutes"), api("aigateway.envoyproxy.io", "v1beta1", "aigatewayroutes"),
		api("llm-d.ai", "v1alpha2", "inferencemodelrewrites"), api("inference.networking.x-k8s.io", "v1alpha2", "inferencemodelrewrites"),
		api("networking.istio.io", "v1", "virtualservices")}
	aroundRoutes = []fleet.ObjectKind{api("argoproj.io", "v1alpha1", "rollouts"), api("flagger.app", "v1beta1", "canaries"),
		api("gateway.networking.k8s.io", "v1", "httproutes"), api("gateway.envoyproxy.io", "v1alpha1", "backendtrafficpolicies"),
		api("llm-d.ai", "v1alpha2", "inferencemodelrewrites"), api("inference.networking.x-k8s.io", "v1alpha2", "inferencemodelrewrites"),
		api("inference.networking.k8s.io", "v1", "inferencepools")}
)

// features say what pitwall does under each role.
var features = map[string]func(*user, *server){
	"see": func(u *user, s *server) {
		u.inspect("Pod", "Node", "Namespace", "Service", "Event", "PersistentVolumeClaim", "PersistentVolume", "Deployment", "StatefulSet",
			"DaemonSet", "ReplicaSet", "Job", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Ingress", "LeaderWorkerSet",
			"InferenceService", "RayService", "Rollout", "HTTPRoute")
		u.watch(func() bool { // as long as it can be expected to go on asking
			want := granted(u.t, "see")
			return len(s.rights()) >= len(want)
		})
	},
	"logs": func(u *user, _ *server) {
		i, err := kube.Connector().NewInspector(u.spec, u.deps)
		if err != nil {
			u.t.Fatal(err)
		}
		_ = i.Logs(u.t.Context(), fleet.ObjectRef{Kind: "Pod", Namespace: "n", Name: "x"}, fleet.LogOptions{}, func(fleet.Safe) {})
	},
	"proxy": func(u *user, _ *server) {
		ways, err := kube.Connector().NewCarriers(u.spec, u.deps)
		if err != nil {
			u.t.Fatal(err)
		}
		c, err := ways.Carrier("n/x:8000")
		if err != nil {
			u.t.Fatal(err)
		}
		if reply, err := c.Carry(u.t.Context(), fleet.CarriedRequest{Method: http.MethodGet, Path: "/metrics"}); err == nil {
			_ = reply.Body.Close()
		}
	},
	"golden": func(u *user, _ *server) {
		deps := u.deps
		deps.Carrier = func(string) (fleet.Carrier, error) {
			ways, err := kube.Connector().NewCarriers(u.spec, u.deps)
			if err != nil {
				return nil, err
			}
			return ways.Carrier("n/x:8000")
		}
		open := registry.Set(registry.Connectors()).Askers(func() []fleet.SourceSpec {
			return []fleet.SourceSpec{{ID: "x", Kind: "vllm", URL: "http://x:8000", Via: "kubernetes/k/n/x:8000"}}
		}, deps)
		a, err := open("x")
		if err != nil {
			u.t.Fatal(err)
		}
		_, _ = a.Ask(u.t.Context(), "m", &fleet.GoldenPrompt{})
	},
	"workloads": func(u *user, _ *server) {
		u.write("", api("apps", "v1", "deployments"), api("apps", "v1", "statefulsets"))
		u.write("scale", api("apps", "v1", "deployments"), api("apps", "v1", "statefulsets"))
		u.list(api("apps", "v1", "replicasets"), api("apps", "v1", "controllerrevisions"))
	},
	"groups": func(u *user, _ *server) {
		u.write("", api("leaderworkerset.x-k8s.io", "v1", "leaderworkersets"))
		u.write("scale", api("leaderworkerset.x-k8s.io", "v1", "leaderworkersets"))
		u.list(api("apps", "v1", "controllerrevisions")) // before 0.9.0 they are the proof of uptake
	},
	"autoscalers": func(u *user, _ *server) {
		kinds := []fleet.ObjectKind{api("autoscaling", "v2", "horizontalpodautoscalers"), api("keda.sh", "v1alpha1", "scaledobjects")}
		u.write("", kinds...)
		u.list(kinds...) // what scales an object is found among all of its namespace
	},
	"nodes": func(u *user, _ *server) { u.write("", api("", "v1", "nodes")) },
	"drain": func(u *user, _ *server) { u.evict() },
	"argo": func(u *user, _ *server) {
		for _, part := range []string{"", "status", "scale"} {
			u.write(part, api("argoproj.io", "v1alpha1", "rollouts"))
		}
	},
	"kserve": func(u *user, _ *server) {
		u.write("", api("serving.kserve.io", "v1beta1", "inferenceservices"), api("serving.kserve.io", "v1alpha2", "llminferenceservices"))
		u.list(api("serving.kserve.io", "v1alpha2", "llminferenceservices")) // those of one group
		u.list(api("apps", "v1", "controllerrevisions"))                     // of old LeaderWorkerSets
		u.get(api("gateway.networking.k8s.io", "v1", "httproutes"), api("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
			api("serving.kserve.io", "v1alpha1", "servingruntimes"), api("serving.kserve.io", "v1alpha1", "clusterservingruntimes"))
	},
	"ray": func(u *user, _ *server) {
		u.write("", api("ray.io", "v1", "rayservices"))
		u.get(api("ray.io", "v1", "rayclusters"), api("apiextensions.k8s.io", "v1", "customresourcedefinitions"))
	},
	"seldon": func(u *user, _ *server) {
		u.write("", api("machinelearning.seldon.io", "v1", "seldondeployments"), api("mlops.seldon.io", "v1alpha1", "models"),
			api("mlops.seldon.io", "v1alpha1", "experiments"))
		u.write("scale", api("machinelearning.seldon.io", "v1", "seldondeployments"), api("mlops.seldon.io", "v1alpha1", "models"))
		u.get(api("networking.istio.io", "v1", "virtualservices"))
	},
	"bentoml": func(u *user, _ *server) {
		u.write("", api("serving.yatai.ai", "v2alpha1", "bentodeployments"))
		u.get(api("resources.yatai.ai", "v1alpha1", "bentoes"), api("resources.yatai.ai", "v1alpha1", "bentorequests"))
		u.list(api("resources.yatai.ai", "v1alpha1", "bentoes")) // those of one repository
	},
	"flagger": func(u *user, _ *server) { u.write("", api("flagger.app", "v1beta1", "canaries")) },
	"gateways": func(u *user, _ *server) {
		u.list(routeKinds...)
		u.list(aroundRoutes...)
		u.get(routeKinds...)
	},
	"routes": func(u *user, _ *server) {
		u.write("", routeKinds...)
		u.list(aroundRoutes...)
	},
	"share": func(u *user, _ *server) { u.share() },
	"words": func(u *user, _ *server) {
		w, err := kube.Connector().NewSharedWriter(u.spec, u.deps)
		if err != nil {
			u.t.Fatal(err)
		}
		_ = w.Tell(u.t.Context(), fleet.ObjectNote{Object: fleet.ObjectRef{Namespace: "n", Name: "x"}, API: api("apps", "v1", "deployments")})
	},
}

// granted are the rights of a manifest.
func granted(t *testing.T, name string) []right {
	t.Helper()
	body, err := Files.ReadFile(name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.UnmarshalStrict(body, &role); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if role.Name != "pitwall-"+name || role.APIVersion != "rbac.authorization.k8s.io/v1" || role.Kind != map[bool]string{true: "Role", false: "ClusterRole"}[name == "share"] {
		t.Errorf("%s holds %s %s", name, role.Kind, role.Name)
	}
	var list []right
	for _, rule := range role.Rules {
		for _, g := range rule.APIGroups {
			for _, r := range rule.Resources {
				for _, v := range rule.Verbs {
					if g != "" {
						r = strings.TrimPrefix(r, g+"/")
						r = g + "/" + r
					}
					list = append(list, right(v+" "+r))
				}
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestEachRoleGrantsWhatIsAskedFor does what a feature does, and compares the requests with its role: nothing is missing,
// and nothing is granted that is not asked for.
func TestEachRoleGrantsWhatIsAskedFor(t *testing.T) {
	files, err := Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(features) {
		t.Errorf("%d manifests for %d features", len(files), len(features))
	}
	for name, do := range features {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			do(newUser(t, s), s)
			asked, may := s.rights(), granted(t, name)
			for _, r := range asked {
				if !slices.Contains(may, r) {
					t.Errorf("%s is asked for and not granted", r)
				}
				if strings.Contains(string(r), "secrets") || strings.Contains(string(r), "*") {
					t.Errorf("%s is too much", r)
				}
			}
			for _, r := range may {
				if !slices.Contains(asked, r) {
					t.Errorf("%s is granted and never asked for", r)
				}
			}
		})
	}
}

// TestEachKindThatIsRolledHasARole: a system that pitwall writes has a manifest.
func TestEachKindThatIsRolledHasARole(t *testing.T) {
	all := map[right]bool{}
	for name := range features {
		for _, r := range granted(t, name) {
			all[r] = true
		}
	}
	for _, c := range registry.Connectors() {
		if c.NewOrchestrator == nil || c.NewObjects != nil { // with an API of its own it has rights of its own
			continue
		}
		for _, k := range c.NewOrchestrator(fleet.Deps{}).Kinds() {
			resource := k.Resource
			if k.Group != "" {
				resource = k.Group + "/" + resource
			}
			for _, verb := range []string{"get", "patch"} {
				if r := right(verb + " " + resource); !all[r] {
					t.Errorf("%s rolls %s, and no manifest grants %s", c.Kind, k.Kind, r)
				}
			}
		}
	}
}
