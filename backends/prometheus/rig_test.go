package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// toy decodes pages of "toy_running{model=\"m\"} N": what these tests need of an engine.
type toy struct{}

func (toy) Decode(page []byte) (fleet.Partial, error) {
	var p fleet.Partial
	for line := range strings.Lines(string(page)) {
		rest, ok := strings.CutPrefix(line, `toy_running{model="`)
		if !ok {
			continue
		}
		model, number, ok := strings.Cut(rest, `"} `)
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !ok || err != nil {
			return p, fmt.Errorf("a line of the page is not as expected: %q", line)
		}
		e := fleet.EngineReading{Model: fleet.ModelName(model)}
		if v == v {
			e.Running = fleet.Some(fleet.Count(v))
		}
		p.Engines = append(p.Engines, e)
	}
	if len(p.Engines) == 0 {
		return p, fmt.Errorf("the page has no toy")
	}
	return p, nil
}

func withToy(d fleet.Deps) fleet.Deps {
	d.Decoders = map[string]func() fleet.Decoder{"toy": func() fleet.Decoder { return toy{} }}
	d.Families = map[string][]string{"toy": {"toy_"}}
	return d
}

// asked is a store that answers every query with what answer says, and remembers the requests.
type asked struct {
	*httptest.Server
	mu      sync.Mutex
	queries []url.Values
	headers []http.Header
	methods []string
}

func serve(t *testing.T, answer func(query string) (int, string)) *asked {
	t.Helper()
	a := &asked{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/api/v1/query") {
			http.NotFound(w, r)
			return
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		a.queries, a.headers, a.methods = append(a.queries, r.Form), append(a.headers, r.Header), append(a.methods, r.Method)
		a.mu.Unlock()
		status, body := answer(r.Form.Get("query"))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(a.Close)
	return a
}

func always(body string) func(string) (int, string) {
	return func(string) (int, string) { return http.StatusOK, body }
}

// open makes a reader of a store at a URL for the given sources.
func open(t *testing.T, spec fleet.SourceSpec, parts []fleet.SourceSpec, pools ...fleet.PoolSpec) *reader {
	t.Helper()
	if spec.ID == "" {
		spec.ID = "store"
	}
	r, err := newReader(spec, withToy(contract.Deps()))
	if err != nil {
		t.Fatal(err)
	}
	r.(fleet.Store).Serve(parts, pools)
	return r.(*reader)
}

func read(t *testing.T, r fleet.Reader) (fleet.Partial, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return r.Read(ctx)
}

// toys are sources of the toy by their instances.
func toys(instances ...string) []fleet.SourceSpec {
	var list []fleet.SourceSpec
	for _, i := range instances {
		list = append(list, fleet.SourceSpec{ID: fleet.SourceID(i), Kind: "toy", From: "store",
			Options: map[string]string{"instance": i}})
	}
	return list
}

// scrapedAt is the time of the samples in these tests.
const scrapedAt = 1_795_338_000.5

// one writes one series of a vector.
func one(value string, labels ...string) string {
	metric := map[string]string{}
	for i := 0; i+1 < len(labels); i += 2 {
		metric[labels[i]] = labels[i+1]
	}
	text, err := json.Marshal(metric)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"metric":%s,"value":[1795338012.781,%q]}`, text, value)
}

// saysOf is everything that a store says of one toy.
func saysOf(instance, model, running string) string {
	return strings.Join([]string{
		one("1", "__name__", "up", "instance", instance, "job", "toy"),
		one(running, "__name__", "toy_running", "instance", instance, "job", "toy", "model", model),
		one(strconv.FormatFloat(scrapedAt, 'f', -1, 64), "pitwall", "at", "instance", instance, "job", "toy"),
	}, ",")
}

func vectorOf(series ...string) string {
	return `{"status":"success","data":{"resultType":"vector","result":[` + strings.Join(series, ",") + `]}}`
}
