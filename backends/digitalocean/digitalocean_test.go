package digitalocean

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

const (
	droplets = `{"droplets":[
		{"id":71,"name":"chat-a","status":"active","created_at":"2026-11-02T10:00:00Z","size_slug":"gpu-h100x8-640gb","region":{"slug":"tor1"},
		 "size":{"slug":"gpu-h100x8-640gb","price_hourly":23.92,"gpu_info":{"count":8,"model":"nvidia_h100","vram":{"amount":640,"unit":"gib"}}},
		 "networks":{"v4":[{"ip_address":"10.118.0.3","type":"private"},{"ip_address":"203.0.113.40","type":"public"}]}},
		{"id":72,"name":"old","status":"off","size_slug":"gpu-mi300x1-192gb","region":{"slug":"atl1"},
		 "size":{"slug":"gpu-mi300x1-192gb","price_hourly":1.99,"gpu_info":{"count":1,"model":"amd_mi300x"}}}],
		"links":{},"meta":{"total":2}}`
	sizes = `{"sizes":[{"slug":"s-1vcpu-1gb","price_hourly":0.00893,"available":true,"regions":["nyc1"]},
		{"slug":"gpu-h100x1-80gb","price_hourly":3.39,"available":true,"regions":["tor1","nyc2"],"gpu_info":{"count":1,"model":"nvidia_h100"}},
		{"slug":"gpu-h200x8-1128gb","price_hourly":27.52,"available":true,"regions":[],"gpu_info":{"count":8,"model":"nvidia_h200"}}]}`
	balance = `{"month_to_date_balance":"-120.44","account_balance":"-400.00","month_to_date_usage":"279.56","generated_at":"2026-11-22T09:00:00Z"}`
)

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Main: "/v2/droplets",
		Pages: map[string]contract.Page{"/v2/droplets": page(droplets), "/v2/sizes": page(sizes), "/v2/customers/my/balance": page(balance)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			c := p.Compute
			if c == nil || len(c.Machines) != 2 || len(p.Notices) != 0 || c.Balance.V.Text().String() != "$120.44" {
				t.Fatalf("%+v, %v", c, p.Notices)
			}
			if m := c.Machines[0]; m.ID != "71" || m.State != fleet.MachineRunning || m.GPU != "H100" || m.GPUs != fleet.Some(8) ||
				m.Price.V.Text().String() != "$23.92" || strings.Join(m.Addresses, " ") != "chat-a 10.118.0.3 203.0.113.40 71" {
				t.Errorf("%+v", m)
			}
			// What is off is charged all the same.
			if m := c.Machines[1]; m.State != fleet.MachineStopped || m.GPU != "MI300X" || m.Paid() != fleet.Some(true) {
				t.Errorf("%+v", m)
			}
			if len(c.Offers) != 2 || c.Offers[0].Available != fleet.Some(true) || c.Offers[1].GPU != "H200" ||
				c.Offers[1].Available != fleet.Some(false) {
				t.Errorf("%+v", c.Offers)
			}
		},
		WrongType:  page(`{"droplets":[{"id":"seventy"}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a word was taken for a number: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/v2/droplets": page(fmt.Sprintf(`{"droplets":[{"id":1,"name":%s,"status":%[1]s,"size_slug":%[1]s,
				"region":{"slug":%[1]s},"size":{"gpu_info":{"model":%[1]s,"count":1}}}]}`, q)),
				"/v2/sizes": page(fmt.Sprintf(`{"sizes":[{"slug":%s,"regions":[%[1]s],"gpu_info":{"model":%[1]s,"count":1}}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"droplets":[` + strings.TrimSuffix(strings.Repeat(`{"id":1},`, n), ",") + `]}`)
		},
	})
}

func TestPagesAreFollowedAndNeverHalf(t *testing.T) {
	asked, last := 0, 3
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if path != "/v2/droplets" {
			return nil
		}
		asked++
		next := `"next":"https://elsewhere.test/"` // the number of the page is ours: an address in an answer is not dialled
		if asked == last {
			next = ""
		}
		return &contract.Answer{Body: fmt.Sprintf(`{"droplets":[{"id":%d}],"links":{"pages":{%s}}}`, asked, next)}
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL + "/v2"}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Machines) != 3 || s.Query("/v2/droplets") != "type=gpus&per_page=200&page=3" || p.Compute.Balance.OK ||
		len(p.Notices) != 2 {
		t.Errorf("%v: %+v, %s, %v", err, p.Compute, s.Query("/v2/droplets"), p.Notices)
	}
	more := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case "/v2/droplets":
			return &contract.Answer{Body: `{"droplets":[]}`}
		case "/v2/sizes": // GPUs stand on the second page
			if asked++; asked == 4 {
				return &contract.Answer{Body: `{"sizes":[{"slug":"s-1vcpu-1gb"}],"links":{"pages":{"next":"https://elsewhere.test/"}}}`}
			}
			return &contract.Answer{Body: sizes}
		}
		return nil
	})
	p, err = contract.Open(t, Connector(), fleet.SourceSpec{URL: more.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Offers) != 2 || more.Query("/v2/sizes") != "per_page=200&page=2" {
		t.Errorf("%v: %+v, %s", err, p.Compute, more.Query("/v2/sizes"))
	}
	asked, last = 0, 1000
	if _, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL},
		fleet.SystemClock{}).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid || asked != mostPages {
		t.Errorf("%v after %d pages", err, asked)
	}
}
