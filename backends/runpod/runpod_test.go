package runpod

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skip("no such sample here: " + path)
	}
	return string(b)
}

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

const purseBody = `{"data":{"myself":{"clientBalance":42.5,"currentSpendPerHr":5.4}}}`

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Path: "/v2", Main: "/v2/pods",
		Pages: map[string]contract.Page{"/v2/pods": page(fixture(t, "testdata/pods.json")),
			"/v2/catalog/gpus": page(fixture(t, "testdata/gpus.json"))},
		Judge:      func(t testing.TB, p fleet.Partial) { t.Helper(); judge(t, p) },
		WrongType:  page(`{"pods":[{"id":"a","cost":"much"}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a word was taken for a price: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/v2/pods": page(fmt.Sprintf(`{"pods":[{"id":%s,"name":%[1]s,"status":%[1]s,"cloud":%[1]s,
				"gpu":{"id":%[1]s,"count":1},"dataCenterId":%[1]s,"startedAt":%[1]s}]}`, q)),
				"/v2/catalog/gpus": page(fmt.Sprintf(`{"gpus":[{"id":%s,"price":{"secure":1},"availability":%[1]s,
				"dataCenters":[{"id":%[1]s,"availability":%[1]s}]}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"pods":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, n), ",") + `]}`)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Compute
	// The suite answers GET only: the balance is TestTheBalance's.
	if c == nil || len(c.Machines) != 2 || len(p.Notices) != 1 || c.Blind.IsEmpty() {
		t.Fatalf("%+v, %v", c, p.Notices)
	}
	a, b := c.Machines[0], c.Machines[1]
	if a.State != fleet.MachineRunning || a.GPU != "H100" || a.GPUs != fleet.Some(2) || a.Price.V.Text().String() != "$5.38" ||
		a.Util != fleet.Some(fleet.Ratio(.8)) || !a.Started.OK {
		t.Errorf("%+v", a)
	}
	if b.State != fleet.MachineStopped || b.GPU != "A100" || b.Paid() != fleet.Some(false) || b.Util.OK {
		t.Errorf("%+v", b)
	}
	var offers []string
	for _, o := range c.Offers {
		each := o.PerGPU()
		offers = append(offers, fmt.Sprintf("%dx%s %s %s %v", o.GPUs, o.GPU, o.Region, each.V.Text(), o.Available))
	}
	want := "[8xH100 EU-RO-1 $2.69 {true true} 8xH100 US-KS-2 $2.69 {false true} 2xL4  $0.35 {false false} 4xL4  $0.39 {false false}]"
	if got := fmt.Sprint(offers); got != want {
		t.Errorf("offers %s", got)
	}
}

// A pod's environment is nowhere in what is read of it, of either version.
func TestNoEnvironmentIsKept(t *testing.T) {
	old := `[{"id":"a","name":"x","desiredStatus":"RUNNING","costPerHr":"0.74","adjustedCostPerHr":0.69,"interruptible":true,"gpuCount":1,
		"env":{"KEY":"canary"},"machine":{"gpuTypeId":"NVIDIA L40S"},"publicIp":"203.0.113.9","lastStartedAt":"2026-11-01 10:00:00.5 +0000 UTC"},
		{"id":"b","desiredStatus":"EXITED","costPerHr":0.74}]`
	for path, body := range map[string]string{"/v2": fixture(t, "testdata/pods.json"), "/v1": old} {
		s := contract.ServeAnswers(t, func(asked string) *contract.Answer {
			if strings.HasSuffix(asked, "/pods") {
				return &contract.Answer{Body: body}
			}
			return nil
		})
		p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + path}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
		if err != nil || len(p.Compute.Machines) != 2 {
			t.Fatalf("%s: %v", path, err)
		}
		b, err := json.Marshal(p)
		if err != nil || strings.Contains(string(b)+fmt.Sprintf("%+v", p), "canary") {
			t.Errorf("%s: %v: %s", path, err, b)
		}
		if path == "/v2" { // neither catalogue nor balance was read: the pods were
			if len(p.Notices) != 2 || p.Compute.Balance.OK {
				t.Errorf("%v, %v", p.Notices, p.Compute.Balance)
			}
			continue
		}
		a, stopped := p.Compute.Machines[0], p.Compute.Machines[1]
		if a.Pricing != fleet.PricingSpot || a.Price.V.Text().String() != "$0.69" || a.GPU != "L40S" || !a.Started.OK || stopped.Price.OK {
			t.Errorf("%+v, %+v", a, stopped)
		}
		s.Only(t, "GET /v1/pods")
	}
}

func TestTheBalance(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		return map[string]*contract.Answer{"/v2/pods": {Body: `{"pods":[]}`}, "/v2/catalog/gpus": {Body: `{"gpus":[]}`},
			"/graphql": {Body: purseBody}}[path]
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Notices) != 0 || p.Compute.Balance.V.Text().String() != "$42.50" || p.Compute.Spends.V.Text().String() != "$5.40" {
		t.Errorf("%v, %v, %+v", err, p.Notices, p.Compute)
	}
	s.Only(t, "GET /v2/pods", "GET /v2/catalog/gpus", "POST /graphql")
	if q := s.Query("/v2/pods"); q != "includeClusterPods=true" { // without it the pods of clusters are left out
		t.Errorf("asked for %q", q)
	}
}

// An account that owes has nothing left: pods are about to stop.
func TestABalanceBelowZeroIsOwed(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		return map[string]*contract.Answer{"/v2/pods": {Body: `{"pods":[]}`}, "/v2/catalog/gpus": {Body: `{"gpus":[]}`},
			"/graphql": {Body: `{"data":{"myself":{"clientBalance":-1.25,"currentSpendPerHr":5.4}}}`}}[path]
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || p.Compute.Balance.V.Amount().String() != "-1.25" || p.Compute.Spends.V.Amount().String() != "5.4" {
		t.Errorf("%v, %+v", err, p.Compute)
	}
}

func TestABalanceThatCannotBeReadIsUnknown(t *testing.T) {
	for _, body := range []string{`{"errors":[{"message":"canary"}]}`, `{"data":{"myself":null}}`,
		`{"data":{"myself":{"clientBalance":"x"}}}`} {
		s := contract.ServeAnswers(t, func(path string) *contract.Answer {
			switch path {
			case "/v2/pods":
				return &contract.Answer{Body: `{"pods":[]}`}
			case "/graphql":
				return &contract.Answer{Body: body}
			}
			return &contract.Answer{Status: http.StatusForbidden}
		})
		p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
		if err != nil || p.Compute.Balance.OK || len(p.Notices) != 2 || strings.Contains(fmt.Sprint(p.Notices), "canary") {
			t.Errorf("%s: %v, %+v, %v", body, err, p.Compute, p.Notices)
		}
	}
}

func TestRecordedShapes(t *testing.T) {
	const folder = "../../../shared/data/billing/fixtures/runpod_v2_"
	pods, gpus := fixture(t, folder+"pods.json"), fixture(t, folder+"gpus.json")
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		return map[string]*contract.Answer{"/v2/pods": {Body: pods}, "/v2/catalog/gpus": {Body: gpus}, "/graphql": {Body: purseBody}}[path]
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/v2"}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Notices) != 0 || len(p.Compute.Machines) != 1 || p.Compute.Machines[0].Price.V.Text().String() != "$5.98" ||
		p.Compute.Machines[0].Util != fleet.Some(fleet.Ratio(.925)) || p.Compute.Offers[0].GPUs != 8 {
		t.Errorf("%v, %v: %+v", err, p.Notices, p.Compute)
	}
}
