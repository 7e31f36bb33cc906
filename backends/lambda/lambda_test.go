package lambda

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

func TestContract(t *testing.T) {
	types := page(fixture(t, "types.json"))
	contract.Run(t, contract.Case{
		New: newReader, Path: "/api/v1", Main: "/api/v1/instances",
		Pages:      map[string]contract.Page{"/api/v1/instances": page(fixture(t, "instances.json")), "/api/v1/instance-types": types},
		Judge:      func(t testing.TB, p fleet.Partial) { t.Helper(); judge(t, p) },
		WrongType:  page(`{"data":[{"id":"a","instance_type":{"price_cents_per_hour":"many"}}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a word was taken for a price: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/api/v1/instances": page(fmt.Sprintf(`{"data":[{"id":%s,"name":%[1]s,"status":%[1]s,"hostname":%[1]s,
				"region":{"name":%[1]s},"instance_type":{"name":%[1]s,"gpu_description":%[1]s}}]}`, q)),
				"/api/v1/instance-types": page(fmt.Sprintf(`{"data":{%s:{"instance_type":{"specs":{"gpus":1}},
				"regions_with_capacity_available":[{"name":%[1]s}]}}}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"data":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, n), ",") + `]}`)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Compute
	if c == nil || len(c.Machines) != 3 || len(p.Notices) != 0 || c.Blind.IsEmpty() {
		t.Fatalf("%+v, %v", c, p.Notices)
	}
	a, b, gone := c.Machines[0], c.Machines[1], c.Machines[2]
	if a.State != fleet.MachineRunning || a.GPU != "H100" || a.GPUs != fleet.Some(8) || a.Price.V.Text().String() != "$31.92" ||
		a.Pricing != fleet.PricingOnDemand || strings.Join(a.Addresses, " ") != "chat-1 203-0-113-7.cloud.test 10.19.0.7 203.0.113.7 f00d01" {
		t.Errorf("%+v", a)
	}
	if b.State != fleet.MachineLeaving || b.GPU != "B200" || b.Price.OK || b.Pricing != fleet.PricingReserved || b.Leaves(p.At) == nil {
		t.Errorf("%+v", b)
	}
	if gone.State != fleet.MachineGone || !gone.Price.OK || !gone.Price.V.Amount().IsZero() || gone.Pricing != fleet.PricingUnknown {
		t.Errorf("%+v", gone)
	}
	var offers []string
	for _, o := range c.Offers {
		offers = append(offers, fmt.Sprint(o.Type, o.GPUs, o.Region, o.Price.V.Text(), o.Available.V))
	}
	// A GPU of the machine of eight is the cheaper one.
	if got := fmt.Sprint(offers[0]); len(offers) != 3 || got != "gpu_8x_h100_sxm5 8  $31.92 false" {
		t.Errorf("%q", offers)
	}
}

// What an instance is entered with is nowhere in what is read of it.
func TestNoTokenIsKept(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: fixture(t, "instances.json")} })
	p, _ := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if b, err := json.Marshal(p); err != nil || len(p.Compute.Machines) != 3 || strings.Contains(string(b)+fmt.Sprintf("%+v", p), "canary") {
		t.Errorf("%v: %s", err, b)
	}
}

func TestTypesAreAskedForSeldom(t *testing.T) {
	limited := false
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch {
		case path == "/api/v1/instances":
			return &contract.Answer{Body: `{"data":[]}`}
		case limited:
			return &contract.Answer{Status: http.StatusTooManyRequests}
		}
		return &contract.Answer{Body: fixture(t, "types.json")}
	})
	clock := fleet.NewVirtualClock(contract.Start())
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, clock)
	for minute := range 15 {
		limited = minute >= 10
		p, err := r.Read(t.Context())
		if err != nil || len(p.Compute.Offers) != 3 || (len(p.Notices) == 1) != limited {
			t.Fatalf("minute %d: %v, %+v, %v", minute, err, p.Compute, p.Notices)
		}
		if err := clock.Advance(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Count("GET /api/v1/instance-types"); n != 1+5 {
		t.Errorf("the types were asked for %d times", n)
	}
	s.Only(t, "GET /api/v1/instances", "GET /api/v1/instance-types")
}

// An empty list beside an error would look like machines that are gone.
func TestAnErrorBesideAnEmptyListIsNoAnswer(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer {
		return &contract.Answer{Body: `{"data":[],"error":{"code":"global/internal","message":"canary"}}`}
	})
	_, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context())
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "with an error inside") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

func TestRecordedShapes(t *testing.T) {
	const folder = "../../../shared/data/billing/fixtures/lambda_"
	read := func(name string) string {
		b, err := os.ReadFile(folder + name + ".json")
		if err != nil {
			t.Skip("no recorded shapes here")
		}
		return string(b)
	}
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if strings.HasSuffix(path, "types") {
			return &contract.Answer{Body: read("instance_types")}
		}
		return &contract.Answer{Body: read("instances")}
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/api/v1"},
		fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Machines) != 2 || p.Compute.Machines[0].Price.V.Text().String() != "$8.38" || len(p.Compute.Offers) != 2 {
		t.Errorf("%v: %+v", err, p.Compute)
	}
	refused := contract.ServeAnswers(t, func(string) *contract.Answer {
		return &contract.Answer{Status: http.StatusForbidden, Body: read("error")}
	})
	if _, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: refused.URL},
		fleet.SystemClock{}).Read(t.Context()); fleet.KindOf(err) != fleet.KindAuth {
		t.Error(err)
	}
}
