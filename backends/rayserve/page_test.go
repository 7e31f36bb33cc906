package rayserve

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const text = "text/plain; version=0.0.4; charset=utf-8"

// recorded is a part of a page of Ray 2.60.0, see recordedOf.
func recorded(t testing.TB) string { return recordedOf(t, "2.60.0") }

// recordedOf is a part of a page of a version of Ray, recorded with test/real/testdata/rayapp.py after nine calls of "chat"
// (six good ones, two failing, one refused) and three of "time", with four long calls of "chat" at hand, of which it takes
// two. Version 2.9.3 writes counters as gauges, without "_total".
func recordedOf(t testing.TB, version string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/ray-" + version + ".prom")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func counts(running, waiting fleet.Count, model fleet.ModelName, finished, failed float64) fleet.EngineReading {
	return fleet.EngineReading{Model: model, Running: fleet.Some(running), Waiting: fleet.Some(waiting), Finished: fleet.Some(finished),
		Failed: fleet.Some(failed), Aborted: fleet.Some(0.0), Pulse: fleet.Some(finished)}
}

func judgeRecorded(t testing.TB, p fleet.Partial) {
	t.Helper()
	judgeVersion(t, p, "2.60.0", 0.3625)
}

func judgeVersion(t testing.TB, p fleet.Partial, version string, seconds float64) {
	t.Helper()
	want := []fleet.EngineReading{counts(2, 2, "chat", 9, 2), counts(0, 0, "time", 3, 0)}
	var got []fleet.EngineReading
	for _, e := range p.Engines {
		got = append(got, contract.Scalars(e))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if len(p.Engines) == 2 && (p.Engines[0].E2E.Count() != 9 || math.Abs(p.Engines[0].E2E.Sum-seconds) > 1e-6 || p.Engines[1].E2E.Count() != 3) {
		t.Errorf("latency in seconds: %v", p.Engines[0].E2E)
	}
	if p.Health != fleet.Some(true) || !p.NotReady.IsEmpty() || len(p.Notices) != 0 || p.Version.String() != version {
		t.Errorf("health %v, not ready %q, notices %v, version %q", p.Health, p.NotReady, p.Notices, p.Version)
	}
}

func TestContract(t *testing.T) {
	page := recorded(t)
	contract.Run(t, contract.Case{
		New:   Connector().NewReader,
		Pages: map[string]contract.Page{"/metrics": {Type: text, Body: page}},
		Main:  "/metrics",
		Judge: judgeRecorded,
		WrongType: contract.Page{Type: text, Body: strings.Replace(page, "# TYPE ray_serve_num_http_requests_total counter",
			"# TYPE ray_serve_num_http_requests_total histogram", 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if len(p.Engines) != 2 || p.Engines[0].Finished.OK || p.Engines[0].Running.V != 2 {
				t.Errorf("want all but the requests, got %+v", p.Engines)
			}
		},
		Hostile: func(name string) map[string]contract.Page {
			body := strings.NewReplacer(`application="chat"`, `application="`+contract.EscapeLabel(name)+`"`,
				`deployment="clock"`, `deployment="`+contract.EscapeLabel(name)+`"`, `Version="2.60.0"`,
				`Version="`+contract.EscapeLabel(name)+`"`).Replace(page)
			return map[string]contract.Page{"/metrics": {Type: text, Body: body}}
		},
		Series: func(n int) contract.Page {
			return contract.Page{Type: text, Body: strings.Repeat("ray_serve_replica_processing_queries{application=\"a\",deployment=\"b\"} 1\n", n)}
		},
	})
}

func decode(t testing.TB, deployment, body string) fleet.Partial {
	t.Helper()
	p, err := newPages(deployment, nil).Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheOtherGenerationIsReadAlike(t *testing.T) {
	judgeVersion(t, decode(t, "", recordedOf(t, "2.9.3")), "2.9.3", 0.228435)
	e := decode(t, "Greeter", recordedOf(t, "2.9.3")).Engines
	if len(e) != 1 || e[0].Engine != "chat#Greeter#YdZkkC" || e[0].Finished.V != 9 || e[0].Failed.V != 2 || e[0].Waiting.V != 2 {
		t.Errorf("%+v", e)
	}
}

func TestHistogramsAreAddedByApplication(t *testing.T) {
	p := decode(t, "", recorded(t))
	h := p.Engines[0].E2E // statuses 200, 422 and 500 are series of their own
	if len(h.Bounds) < 5 || h.Bounds[0] >= 0.01 || h.Bounds[len(h.Bounds)-2] != 600 {
		t.Errorf("bounds %v", h.Bounds)
	}
}

func TestReplicasOfOneDeployment(t *testing.T) {
	p := decode(t, "Greeter", recorded(t))
	if len(p.Engines) != 1 {
		t.Fatalf("%+v", p.Engines)
	}
	e := p.Engines[0]
	want := fleet.EngineReading{Model: "chat", Engine: "zzuo1but", Running: fleet.Some(fleet.Count(2)), Waiting: fleet.Some(fleet.Count(2)),
		Finished: fleet.Some(9.0), Failed: fleet.Some(2.0), Pulse: fleet.Some(9.0)}
	if fmt.Sprint(contract.Scalars(e)) != fmt.Sprint(want) || e.E2E.Count() != 9 {
		t.Errorf("\n got %+v\nwant %+v", e, want)
	}
	if p := decode(t, "Nobody", recorded(t)); len(p.Engines) != 0 {
		t.Errorf("a deployment that is not there: %+v", p.Engines)
	}
}

// A replica that runs on another node is named by the controller, and is none of this node.
func TestReplicasElsewhereAreNoneOfThisNode(t *testing.T) {
	p := decode(t, "d", `ray_serve_replica_processing_queries{application="a",deployment="d",replica="here"} 1
ray_serve_deployment_replica_healthy{application="a",deployment="d",replica="here"} 1
ray_serve_deployment_replica_healthy{application="a",deployment="d",replica="there"} 0
`)
	if len(p.Engines) != 1 || p.Engines[0].Engine != "here" || p.Health != fleet.Some(true) || len(p.Notices) != 1 {
		t.Errorf("%+v", p)
	}
}

// Before Ray 2.10 counters had no suffix; later ones may write both names, of which one counts.
func TestCountersOfBothGenerations(t *testing.T) {
	old := `# TYPE ray_serve_num_http_requests gauge
ray_serve_num_http_requests{application="a",route="/"} 7
# TYPE ray_serve_num_http_error_requests gauge
ray_serve_num_http_error_requests{application="a",error_code="500",route="/"} 2
ray_serve_num_http_error_requests{application="a",error_code="404",route="/"} 1
`
	both := old + `# TYPE ray_serve_num_http_requests_total counter
ray_serve_num_http_requests_total{application="a",route="/",status_code="200"} 5
ray_serve_num_http_requests_total{application="a",route="/",status_code="500"} 2
`
	for _, body := range []string{old, both} {
		p := decode(t, "", body)
		if e := p.Engines[0]; len(p.Engines) != 1 || e.Finished.V != 7 || e.Failed.V != 2 || e.Running.OK || e.Waiting.OK || len(p.Notices) != 0 {
			t.Errorf("%+v, %v", p.Engines, p.Notices)
		}
	}
}

func TestAnswersByKind(t *testing.T) {
	p := decode(t, "", `ray_serve_num_http_requests_total{application="a",status_code="200"} 10
ray_serve_num_http_requests_total{application="a",status_code="499"} 3
ray_serve_num_http_requests_total{application="a",status_code="408"} 2
ray_serve_num_http_requests_total{application="a",status_code="404"} 4
ray_serve_num_grpc_requests_total{application="a",status_code="StatusCode.OK"} 5
ray_serve_num_grpc_requests_total{application="a",status_code="StatusCode.CANCELLED"} 1
ray_serve_num_grpc_requests_total{application="a",status_code="StatusCode.INTERNAL"} 6
ray_serve_num_http_requests_total{application="",route="/-/healthz",status_code="200"} 99
`)
	if e := p.Engines[0]; len(p.Engines) != 1 || e.Finished.V != 31 || e.Failed.V != 8 || e.Aborted.V != 4 {
		t.Errorf("%+v", p.Engines)
	}
}

// A node without a proxy, or whose page only declares its families, says nothing of requests: that is unknown.
func TestWhatANodeDoesNotSayIsUnknown(t *testing.T) {
	p := decode(t, "", "ray_serve_replica_processing_queries{application=\"a\",deployment=\"d\",replica=\"r\"} 0\n")
	if e := p.Engines[0]; len(p.Engines) != 1 || e.Finished.OK || e.Failed.OK || e.Waiting.OK || !e.Running.OK || p.Health.OK {
		t.Errorf("%+v", p)
	}
	if p := decode(t, "", "# TYPE ray_serve_proxy_status gauge\n# TYPE ray_serve_application_status gauge\n"); len(p.Engines) != 0 || p.Health.OK {
		t.Errorf("%+v", p)
	}
	for _, body := range []string{"", "vllm:num_requests_running 1\n", "ray_node_cpu_count 8\n"} {
		if _, err := newPages("", nil).Decode([]byte(body)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", body, err)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(recorded(f)), "")
	f.Add([]byte("ray_serve_num_http_requests{application=\"a\",error_code=\"x\"} 1\n"), "Greeter")
	f.Fuzz(func(t *testing.T, body []byte, deployment string) {
		p, err := newPages(deployment, nil).Decode(body)
		if err != nil && fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v", err)
		}
		for _, e := range p.Engines {
			if e.Failed.OK && !e.Finished.OK {
				t.Errorf("failures of no requests: %+v", e)
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	body, d := []byte(recorded(b)), newPages("", nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := d.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
