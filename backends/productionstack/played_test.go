package productionstack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/yaml"

	"pitwall/fleet"
)

// router plays a router as far as pitwall asks it. poll is one look at its file: what is wrong with that is said nowhere.
type router struct {
	*httptest.Server

	mu      sync.Mutex
	file    func() string
	dynamic bool
	json    bool              // it takes the form with commas alone
	echo    map[string]any    // what it says that it holds
	in      map[string]string // the back ends that it chooses from, with their model
	engines []string          // their models
	metrics string            // in place of its own page
	status  string            // in place of healthy
	broken  bool              // its routing logic cannot be made anew
	posts   int
}

var known = map[string]any{"service_discovery": nil, "routing_logic": nil, "static_backends": nil, "static_models": nil, "static_aliases": nil,
	"static_model_labels": nil, "static_model_types": nil, "static_backend_health_checks": false, "static_backend_health_check_interval": 60,
	"static_backend_health_check_timeout_seconds": 10, "prefill_model_labels": nil, "decode_model_labels": nil, "k8s_port": nil,
	"k8s_namespace": nil, "k8s_label_selector": nil, "session_key": nil, "callbacks": nil}

func play(t testing.TB, file func() string) *router {
	t.Helper()
	r := &router{file: file, dynamic: true}
	r.Server = httptest.NewServer(http.HandlerFunc(r.answer))
	t.Cleanup(r.Close)
	r.poll()
	return r
}

func (r *router) answer(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if q.Method != http.MethodGet {
		r.posts++
	}
	say := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	switch q.URL.Path {
	case "/health":
		switch {
		case r.status != "":
			w.WriteHeader(http.StatusServiceUnavailable)
			say(map[string]string{"status": r.status})
		case r.dynamic:
			say(map[string]any{"status": "healthy", "dynamic_config": r.echo})
		default:
			say(map[string]any{"status": "healthy"})
		}
	case "/version":
		say(map[string]string{"version": "0.1.9"})
	case "/engines":
		list := []map[string]any{}
		for i, m := range r.engines {
			list = append(list, map[string]any{"engine_id": fmt.Sprint(i), "serving_models": strings.Split(m, ","), "created": 1})
		}
		say(list)
	case "/metrics":
		if r.metrics != "" {
			_, _ = w.Write([]byte(r.metrics))
			return
		}
		_, _ = fmt.Fprint(w, "# TYPE vllm:healthy_pods_total gauge\n")
		for _, url := range slices.Sorted(maps.Keys(r.in)) {
			_, _ = fmt.Fprintf(w, "vllm:healthy_pods_total{server=%q} 1.0\n", url)
		}
	default:
		http.NotFound(w, q)
	}
}

// poll takes the file over as a router does: all of it, or with a fault in between, or not.
func (r *router) poll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	var fields map[string]any
	if yaml.Unmarshal([]byte(r.file()), &fields) != nil {
		return
	}
	if models, ok := fields["static_models"].(map[string]any); ok && !r.json {
		joined(fields, models)
	} else if !r.json {
		return
	}
	next := maps.Clone(known)
	for name, v := range fields {
		if _, ok := known[name]; !ok {
			return
		}
		next[name] = v
	}
	in, ok := paired(next)
	if !ok {
		return
	}
	r.in, r.engines = map[string]string{}, nil
	for _, one := range in {
		r.in[one[0]] = one[1]
		r.engines = append(r.engines, one[1])
	}
	if !r.broken {
		r.echo = next
	}
}

func joined(fields, models map[string]any) {
	var urls, names, kinds []string
	for _, name := range slices.Sorted(maps.Keys(models)) {
		details, _ := models[name].(map[string]any)
		list, _ := details["static_backends"].([]any)
		for _, url := range list {
			urls, names = append(urls, fmt.Sprint(url)), append(names, name)
			if kind, ok := details["static_model_type"].(string); ok {
				kinds = append(kinds, kind)
			}
		}
	}
	fields["static_backends"], fields["static_models"] = strings.Join(urls, ","), strings.Join(names, ",")
	fields["static_model_types"] = strings.Join(kinds, ",")
	aliases, _ := fields["static_aliases"].(map[string]any)
	delete(fields, "static_aliases")
	var pairs []string
	for _, a := range slices.Sorted(maps.Keys(aliases)) {
		pairs = append(pairs, a+":"+fmt.Sprint(aliases[a]))
	}
	if len(pairs) > 0 {
		fields["static_aliases"] = strings.Join(pairs, ",")
	}
}

// paired gives the back ends that a router would choose from, each with its model.
func paired(fields map[string]any) ([][2]string, bool) {
	if fields["service_discovery"] != "static" {
		return nil, fields["service_discovery"] == "k8s"
	}
	names := strings.Split(fmt.Sprint(fields["static_models"]), ",")
	var urls []string
	for _, url := range strings.Split(fmt.Sprint(fields["static_backends"]), ",") {
		_, rest, _ := strings.Cut(url, "://")
		if host, _, _ := strings.Cut(rest, ":"); strings.Contains(host, ".") {
			urls = append(urls, url)
		}
	}
	if len(urls) != len(names) {
		return nil, false
	}
	var out [][2]string
	for i := range urls {
		out = append(out, [2]string{urls[i], names[i]})
	}
	return out, true
}

func testDeps() fleet.Deps {
	return fleet.Deps{Clock: fleet.NewVirtualClock(start)}
}

func (r *router) read(t testing.TB) fleet.Partial {
	t.Helper()
	p, err := r.tryRead(t)
	must(t, err)
	return p
}

func (r *router) tryRead(t testing.TB) (fleet.Partial, error) {
	t.Helper()
	reader, err := Connector().NewReader(fleet.SourceSpec{ID: "r1", Kind: Kind, URL: r.URL}, testDeps())
	must(t, err)
	return reader.Read(t.Context())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	must(t, err)
	return string(text)
}

// text gives what a router's file holds when it is a fixed text.
func text(s string) func() string { return func() string { return s } }
