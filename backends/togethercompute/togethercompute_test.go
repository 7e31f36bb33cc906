package togethercompute

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

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

const one = `{"id":"endpoint-1","state":"STARTED","hardware":"4x_nvidia_h100_80gb_sxm","autoscaling":{"min_replicas":2,"max_replicas":2}}`

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Main: "/v1/endpoints",
		Spec: func(s *fleet.SourceSpec) { s.Options = map[string]string{"prices": "H100_SXM = 28.80\n"} },
		Pages: map[string]contract.Page{"/v1/endpoints": page(fixture(t, "testdata/endpoints.json")), "/v1/endpoints/endpoint-1": page(one),
			"/v1/hardware": page(fixture(t, "testdata/hardware.json")), "/v1/compute/clusters": page(fixture(t, "testdata/clusters.json"))},
		Judge:      func(t testing.TB, p fleet.Partial) { t.Helper(); judge(t, p) },
		WrongType:  page(`{"data":[{"id":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{
				"/v1/endpoints": page(fmt.Sprintf(`{"data":[{"id":%s,"name":%[1]s,"state":%[1]s,"hardware":%[1]s,"created_at":%[1]s}]}`, q)),
				"/v1/hardware":  page(fmt.Sprintf(`{"data":[{"id":%s,"specs":{"gpu_type":%[1]s,"gpu_count":1},"availability":{"status":%[1]s}}]}`, q)),
				"/v1/compute/clusters": page(fmt.Sprintf(`{"clusters":[{"cluster_id":%s,"cluster_name":%[1]s,"region":%[1]s,"gpu_type":%[1]s,
					"status":%[1]s,"gpu_worker_nodes":[{"node_id":%[1]s,"node_name":%[1]s,"status":%[1]s}]}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"data":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, n), ",") + `]}`)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Compute
	if c == nil || len(c.Machines) != 5 || len(p.Notices) != 0 {
		t.Fatalf("%+v, %v", c, p.Notices)
	}
	// 22.5 cents a minute, two replicas: 0.225 * 60 * 2.
	if m := c.Machines[0]; m.State != fleet.MachineRunning || m.GPU != "H100" || m.GPUs != fleet.Some(8) ||
		m.Price.V.Text().String() != "$27.00" {
		t.Errorf("%+v", m)
	}
	if m := c.Machines[1]; m.State != fleet.MachineStopped || m.Paid() != fleet.Some(false) || m.GPUs.OK {
		t.Errorf("%+v", m)
	}
	m := c.Machines[3]
	if m.State != fleet.MachineUnwell || m.ID != "cl-1/n2" || m.GPUs != fleet.Some(8) || m.Price.V.Text().String() != "$28.80" ||
		m.Pricing != fleet.PricingReserved ||
		!m.Until.V.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || m.Said.String() != "Degraded, node NotReady" {
		t.Errorf("%+v", m)
	}
	if m := c.Machines[4]; m.State != fleet.MachineStarting || m.GPUs != fleet.Some(8) || m.Price.OK || m.GPU != "B200" {
		t.Errorf("%+v", m)
	}
	if len(c.Offers) != 2 || c.Offers[0].GPU != "H100" || c.Offers[0].Available != fleet.Some(false) ||
		c.Offers[0].Price.V.Text().String() != "$13.50" ||
		c.Offers[1].Available.OK {
		t.Errorf("%+v", c.Offers)
	}
}

// A cluster's kubeconfig is nowhere in what is read of it.
func TestNoKubeconfigIsKept(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path == "/v1/compute/clusters" {
			return &contract.Answer{Body: fixture(t, "testdata/clusters.json")}
		}
		return &contract.Answer{Body: `{"data":[]}`}
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Machines) != 3 {
		t.Fatal(err)
	}
	if b, err := json.Marshal(p); err != nil || strings.Contains(string(b)+fmt.Sprintf("%+v", p), "canary") {
		t.Errorf("%v: %s", err, b)
	}
}

// An account whose key may not read clusters still has its endpoints; one that scales has no known price.
func TestPartsThatAreRefusedAreSaid(t *testing.T) {
	scaling := strings.Replace(one, `"max_replicas":2`, `"max_replicas":4`, 1)
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		return map[string]*contract.Answer{"/v1/endpoints": {Body: fixture(t, "testdata/endpoints.json")},
			"/v1/endpoints/endpoint-1": {Body: scaling},
			"/v1/hardware":             {Body: fixture(t, "testdata/hardware.json")}, "/v1/compute/clusters": {Status: 403}}[path]
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Notices) != 1 || len(p.Compute.Machines) != 2 || p.Compute.Machines[0].Price.OK {
		t.Errorf("%v, %v, %+v", err, p.Notices, p.Compute)
	}
}

func TestRecordedShapes(t *testing.T) {
	body := fixture(t, "../../../shared/data/billing/fixtures/together_hardware.json")
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		return map[string]*contract.Answer{"/v1/endpoints": {Body: `{"data":[]}`}, "/v1/hardware": {Body: body},
			"/v1/compute/clusters": {Body: `{"clusters":[]}`}}[path]
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Notices) != 0 || len(p.Compute.Offers) != 1 || p.Compute.Offers[0].Price.V.Text().String() != "$6.72" {
		t.Errorf("%v, %v: %+v", err, p.Notices, p.Compute)
	}
}
