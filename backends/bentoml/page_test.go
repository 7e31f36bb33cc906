package bentoml

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=1.0.0; charset=utf-8"

// recorded reads a page of BentoML 1.4.40, recorded with a service of our own (test/real/testdata/bentoapp.py).
func recorded(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// The two recorded pages: one service after four good calls, a failing one, a malformed one and an unknown path, with one
// at hand; and a service that calls another for each of its five good answers, and failed once.
const (
	single = "bentoml-1.4.40.prom"
	behind = "bentoml-1.4.40-two-services.prom"
)

func counts(model fleet.ModelName, running fleet.Count, finished, failed float64) fleet.EngineReading {
	return fleet.EngineReading{Model: model, Running: fleet.Some(running), Finished: fleet.Some(finished), Failed: fleet.Some(failed),
		Pulse: fleet.Some(finished)}
}

func judgeSingle(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Engines) != 1 || len(p.Notices) != 0 {
		t.Fatalf("%+v, notices %v", p.Engines, p.Notices)
	}
	e, want := p.Engines[0], counts("greeter", 1, 7, 1)
	if got := contract.Scalars(e); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if e.E2E.Count() != 7 || e.E2E.Sum < 0.0335 || e.E2E.Sum > 0.0336 || len(e.E2E.Bounds) < 10 {
		t.Errorf("durations without those of probes: %v", e.E2E)
	}
	if p.Health != fleet.Some(true) {
		t.Errorf("health %v", p.Health)
	}
}

func TestContract(t *testing.T) {
	page := recorded(t, single)
	pages := func(body, name string) map[string]contract.Page {
		return map[string]contract.Page{"/metrics": {Type: text, Body: body}, "/readyz": {},
			"/schema.json": {Type: "application/json", Body: `{"name":"` + name + `","type":"service","routes":[]}`}}
	}
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: pages(page, "greeter"),
		Main:  "/metrics",
		Judge: judgeSingle,
		WrongType: contract.Page{Type: text, Body: strings.Replace(page, "# TYPE bentoml_service_request_total counter",
			"# TYPE bentoml_service_request_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 1 || p.Engines[0].Finished.OK || p.Engines[0].Running.V != 1 {
				t.Errorf("want all but the requests, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\x1b", `\u001b`, "\x00", `\u0000`,
				"\x07", `\u0007`, "\x7f", `\u007f`).Replace(name)
			return pages(strings.NewReplacer(`"greeter"`, `"`+contract.EscapeLabel(name)+`"`, `"/greet"`,
				`"`+contract.EscapeLabel(name)+`"`).Replace(page), quoted)
		},
		Series: func(n int) contract.Page {
			return contract.Page{Type: text,
				Body: strings.Repeat("bentoml_service_request_in_progress{endpoint=\"/a\",runner_name=\"a\",service_name=\"a\"} 1\n", n)}
		},
	})
}

func decode(t testing.TB, body string) []fleet.EngineReading {
	t.Helper()
	p, err := Connector().NewDecoder().Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return p.Engines
}

func TestServicesOfOneBentoAreReadApart(t *testing.T) {
	list := decode(t, recorded(t, behind))
	want := []fleet.EngineReading{counts("greeter", 0, 6, 1), counts("speller", 0, 5, 0)}
	var got []fleet.EngineReading
	for _, e := range list {
		got = append(got, contract.Scalars(e))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// A service behind the one that clients call counts the same requests again: it is left to pools that name it.
func TestTheServiceThatAnswersIsChosen(t *testing.T) {
	schema := `{"name":"greeter"}`
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case "/metrics":
			return &contract.Answer{Body: recorded(t, behind)}
		case "/schema.json":
			return &contract.Answer{Body: schema}
		}
		return &contract.Answer{Status: 503}
	})
	for _, c := range []struct {
		schema string
		models []fleet.ModelName
		want   string
	}{
		{`{"name":"greeter"}`, nil, "[greeter]"},
		{`{"name":"other"}`, nil, "[other]"}, // it was not called yet
		{`{"name":"greeter"}`, []fleet.ModelName{"speller"}, "[greeter speller]"},
		{`nothing`, nil, "[greeter speller]"},
	} {
		schema = c.schema
		r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/metrics", Models: c.models}, fleet.SystemClock{})
		var got []fleet.ModelName
		p, err := r.Read(t.Context())
		for _, e := range p.Engines {
			got = append(got, e.Model)
		}
		if err != nil || fmt.Sprint(got) != c.want || p.Health != fleet.Some(false) {
			t.Errorf("%s for %v: %v, health %v, %v", c.schema, c.models, got, p.Health, err)
		}
	}
	s.Only(t, "GET /metrics", "GET /schema.json", "GET /readyz")
}

// BentoML counts health checks, pitwall's own among them, as requests.
func TestProbesAreNoTraffic(t *testing.T) {
	list := decode(t, `bentoml_service_request_total{endpoint="/readyz",http_response_code="503",runner_name="a",service_name="a"} 40
bentoml_service_request_total{endpoint="/schema.json",http_response_code="200",runner_name="a",service_name="a"} 2
bentoml_service_request_in_progress{endpoint="/livez",runner_name="a",service_name="a"} 1
bentoml_service_last_request_timestamp_seconds{pid="1",runner_name="a",service_name="a"} 1.7e+09
`)
	if len(list) != 1 || fmt.Sprint(contract.Scalars(list[0])) != fmt.Sprint(fleet.EngineReading{}) {
		t.Errorf("nothing is known of the service, got %+v", list)
	}
}

// The names of 1.0 and 1.1, whose runners count their part of the same requests.
func TestOldNames(t *testing.T) {
	list := decode(t, `# TYPE bentoml_api_server_request_total counter
bentoml_api_server_request_total{endpoint="/classify",http_response_code="200",service_name="iris",service_version="v1"} 8
bentoml_api_server_request_total{endpoint="/classify",http_response_code="503",service_name="iris",service_version="v1"} 2
bentoml_api_server_request_in_progress{endpoint="/classify",service_name="iris",service_version="v1"} 3
bentoml_runner_request_total{endpoint="/predict",http_response_code="200",runner_name="iris",service_name="iris",service_version="v1"} 8
`)
	if len(list) != 1 || fmt.Sprint(contract.Scalars(list[0])) != fmt.Sprint(counts("iris", 3, 10, 2)) {
		t.Errorf("%+v", list)
	}
}

func TestAFreshServerAndOthers(t *testing.T) {
	if list := decode(t, "# TYPE bentoml_service_request_total counter\n"); len(list) != 1 || list[0].Finished.OK || list[0].Running.OK {
		t.Errorf("%+v", list)
	}
	for _, body := range []string{"", "vllm:num_requests_running 1\n", "python_info 1\n"} {
		if _, err := Connector().NewDecoder().Decode([]byte(body)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(recorded(f, single)))
	f.Add([]byte("bentoml_api_server_request_total{http_response_code=\"5xx\"} 1\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Connector().NewDecoder().Decode(body)
		if err != nil && fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v", err)
		}
		for _, e := range p.Engines {
			if e.Failed.V > e.Finished.V {
				t.Errorf("more failures than requests: %+v", e)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(recorded(b, single)), Connector().NewDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}

// scanned is a page after a scanner tried so many paths, each of which the server gives series of its own.
func scanned(paths int) []byte {
	var b strings.Builder
	for i := range paths {
		labels := fmt.Sprintf("endpoint=\"/wp-%d.php\",http_response_code=\"404\"", i)
		const of = ",runner_name=\"greeter\",service_name=\"greeter\""
		for _, le := range []string{"0.005", "0.1", "1.0", "+Inf"} {
			fmt.Fprintf(&b, "bentoml_service_request_duration_seconds_bucket{%s,le=\"%s\"%s} 1\n", labels, le, of)
		}
		fmt.Fprintf(&b, "bentoml_service_request_duration_seconds_sum{%s%s} 0.25\n", labels, of)
		fmt.Fprintf(&b, "bentoml_service_request_total{%s%s} 1\n", labels, of)
	}
	return []byte(b.String())
}

func TestPathsOfAScannerAreAdded(t *testing.T) {
	e := decode(t, string(scanned(5000)))[0]
	if e.Finished.V != 5000 || e.Failed != fleet.Some(0.0) || e.E2E.Count() != 5000 || e.E2E.Sum != 1250 {
		t.Errorf("%v finished, %v failed, %v", e.Finished, e.Failed, e.E2E)
	}
}

func BenchmarkScannedPage(b *testing.B) {
	body, d := scanned(5000), Connector().NewDecoder()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
