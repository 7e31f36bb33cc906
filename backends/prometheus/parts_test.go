package prometheus

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

// Trap 18: an empty answer is not zero.
func TestTrap18AbsentIsUnknown(t *testing.T) {
	up := func(v string) string { return one(v, "__name__", "up", "instance", "a:1", "job", "toy") }
	for name, c := range map[string]struct {
		series []string
		kind   fleet.Kind
		says   string
	}{
		"no series":     {nil, fleet.KindNotFound, "unknown"},
		"down":          {[]string{up("0")}, fleet.KindUnreachable, "cannot scrape"},
		"only up":       {[]string{up("1")}, fleet.KindNotFound, "keeps no series"},
		"another's":     {[]string{up("1"), one("1", "__name__", "toy_other", "instance", "a:1", "job", "toy")}, fleet.KindInvalid, "no toy"},
		"another value": {[]string{one("1", "__name__", "toy_running", "instance", "b:1", "model", "m")}, fleet.KindNotFound, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(vectorOf(c.series...)))
			p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
			if err != nil || len(p.Parts) != 1 {
				t.Fatalf("%v, %d parts", err, len(p.Parts))
			}
			if got := p.Parts[0]; fleet.KindOf(got.Err) != c.kind || !strings.Contains(got.Err.Error(), c.says) || len(got.Reading.Engines) > 0 {
				t.Errorf("%+v; want an error of %s with %q", got, c.kind, c.says)
			}
		})
	}
}

func TestNotANumberIsUnknown(t *testing.T) {
	s := serve(t, always(vectorOf(saysOf("a:1", "m", "NaN"))))
	p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
	if err != nil || p.Parts[0].Err != nil || p.Parts[0].Reading.Engines[0].Running.OK {
		t.Errorf("%+v %v", p.Parts, err)
	}
}

// TestLabelsOfTheStore: what the store put on is taken off, and what it moved is put back.
func TestLabelsOfTheStore(t *testing.T) {
	for name, c := range map[string]struct{ up, series, want []string }{
		"own labels stay": {[]string{"instance", "a:1", "job", "j"}, []string{"instance", "a:1", "job", "j", "pod", "mine"},
			[]string{"pod", "mine"}},
		"moved back": {[]string{"instance", "a:1", "job", "j", "pod", "exporter"},
			[]string{"instance", "a:1", "job", "j", "pod", "exporter", "exported_pod", "mine"}, []string{"pod", "mine"}},
		"idle device": {[]string{"instance", "a:1", "job", "j", "pod", "exporter", "namespace", "ops"},
			[]string{"instance", "a:1", "job", "j", "pod", "exporter", "namespace", "ops", "gpu", "0"}, []string{"gpu", "0"}},
		"honoured labels": {[]string{"instance", "a:1", "job", "j", "pod", "exporter"},
			[]string{"instance", "a:1", "job", "j", "pod", "mine"}, []string{"pod", "mine"}},
		"external labels": {[]string{"instance", "a:1", "job", "j", "cluster", "eu"},
			[]string{"instance", "a:1", "job", "j", "cluster", "eu", "x", "y"}, []string{"x", "y"}},
		"exported without a clash": {[]string{"instance", "a:1", "job", "j"},
			[]string{"instance", "a:1", "job", "j", "exported_by", "z"}, []string{"exported_by", "z"}},
		"without up": {nil, []string{"instance", "a:1", "job", "j", "pod", "exporter", "exported_pod", "mine", "gpu", "1"},
			[]string{"pod", "mine", "gpu", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &pageOf{}
			if c.up != nil {
				p.take(rowOf("up", "1", c.up))
			}
			p.take(rowOf("toy", "3", c.series))
			got := string(p.text(nil))
			var pairs []string
			for i := 0; i < len(c.want); i += 2 {
				pairs = append(pairs, fmt.Sprintf("%s=%q", c.want[i], c.want[i+1]))
			}
			if want := "toy{" + strings.Join(pairs, ",") + "} 3\n"; got != want {
				t.Errorf("the page is %q, want %q", got, want)
			}
		})
	}
}

func rowOf(name, value string, pairs []string) *row {
	r := &row{labels: []label{{[]byte("__name__"), []byte(name)}}, points: []point{{raw: []byte(value)}}}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.labels = append(r.labels, label{[]byte(pairs[i]), []byte(pairs[i+1])})
	}
	return r
}

func TestNativeHistogramBecomesAClassicOne(t *testing.T) {
	p := &pageOf{}
	r := rowOf("lat_seconds", "", []string{"model", `a"b`})
	r.native = &native{count: []byte("9"), sum: []byte("4.5"), uppers: [][]byte{[]byte("0.5"), []byte("0.1")},
		counts: [][]byte{[]byte("3"), []byte("4")}}
	p.take(r)
	want := `lat_seconds_bucket{model="a\"b",le="0.1"} 4
lat_seconds_bucket{model="a\"b",le="0.5"} 7
lat_seconds_bucket{model="a\"b",le="+Inf"} 9
lat_seconds_count{model="a\"b"} 9
lat_seconds_sum{model="a\"b"} 4.5
`
	if got := string(p.text(nil)); got != want {
		t.Errorf("the page is\n%swant\n%s", got, want)
	}
}

func TestOneQueryForManyTargets(t *testing.T) {
	s := serve(t, always(vectorOf()))
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("10.0.0.%d:8000", i))
	}
	parts := toys(names...)
	parts = append(parts, fleet.SourceSpec{ID: "by-url", Kind: "toy", URL: "http://h:1/metrics"},
		fleet.SourceSpec{ID: "by-regex", Kind: "toy", Options: map[string]string{"selector": `pod=~"x-.*",job="j"`}},
		fleet.SourceSpec{ID: "wrong", Kind: "toy", Options: map[string]string{"selector": `{pod="x"}`}},
		fleet.SourceSpec{ID: "none", Kind: "toy"})
	p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, parts))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.queries) != 2 || len(p.Parts) != len(parts) {
		t.Fatalf("%d queries for %d parts of %d", len(s.queries), len(p.Parts), len(parts))
	}
	for _, part := range p.Parts {
		if part.Err == nil {
			t.Errorf("%s: absent, and no error", part.Source)
		}
		if wrong := part.Source == "wrong" || part.Source == "none"; wrong != (fleet.KindOf(part.Err) == fleet.KindInvalid) {
			t.Errorf("%s: %v", part.Source, part.Err)
		}
	}
	for _, q := range s.queries {
		if strings.Contains(q.Get("query"), `h:1`) && !strings.Contains(q.Get("query"), `__name__=~"up|process_start_time_seconds|toy_.*"`) {
			t.Errorf("the query is %s", q.Get("query"))
		}
	}
}

func TestAPoolOfPartsSurvivesOneFailingQuery(t *testing.T) {
	s := serve(t, func(q string) (int, string) {
		if strings.Contains(q, "x-.*") {
			return http.StatusUnprocessableEntity, `{"status":"error","errorType":"execution","error":"too many samples"}`
		}
		return http.StatusOK, vectorOf(saysOf("a:1", "m", "7"))
	})
	parts := append(toys("a:1"), fleet.SourceSpec{ID: "b", Kind: "toy", Options: map[string]string{"selector": `pod=~"x-.*"`}})
	p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, parts))
	if err != nil || len(p.Parts) != 2 {
		t.Fatalf("%v, %d parts", err, len(p.Parts))
	}
	if p.Parts[0].Err != nil || p.Parts[1].Err == nil || !strings.Contains(p.Parts[1].Err.Error(), "too many samples") {
		t.Errorf("%v; %v", p.Parts[0].Err, p.Parts[1].Err)
	}
}
