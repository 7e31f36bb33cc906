package paperspace

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func page(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

const listed = `{"hasMore":false,"items":[
	{"id":"psabc","name":"chat-a","state":"ready","machineType":"H100x8","region":"East Coast (NY2)","privateIp":"10.64.0.4","publicIp":"203.0.113.50",
	 "dtCreated":"2026-11-01T00:00:00.000Z"},
	{"id":"psdef","name":"lab","state":"off","machineType":"A100-80G","region":"East Coast (NY2)","publicIp":null,"dtCreated":"2026-11-01T00:00:00.000Z"}]}`

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Main: "/v1/machines", Path: "/v1",
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{"prices": "H100x8=47.60\nA100-80G = 3.18"} },
		Pages: map[string]contract.Page{"/v1/machines": page(listed)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			c := p.Compute
			if c == nil || len(c.Machines) != 2 || len(p.Notices) != 0 || c.Balance.OK {
				t.Fatalf("%+v, %v", c, p.Notices)
			}
			if m := c.Machines[0]; m.State != fleet.MachineRunning || m.GPU != "H100" || m.GPUs != fleet.Some(8) ||
				m.Price.V.Text().String() != "$47.60" || m.PriceFrom.String() != "configuration" || !m.Started.OK {
				t.Errorf("%+v", m)
			}
			if m := c.Machines[1]; m.State != fleet.MachineStopped || m.GPU != "A100" || m.GPUs != fleet.Some(1) || m.Price.OK {
				t.Errorf("%+v", m)
			}
		},
		WrongType:  page(`{"items":[{"id":7}],"hasMore":false}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/v1/machines": page(fmt.Sprintf(
				`{"items":[{"id":%s,"name":%[1]s,"state":%[1]s,"machineType":%[1]s,"region":%[1]s}],"hasMore":false,"nextPage":%[1]s}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"items":[` + strings.TrimSuffix(strings.Repeat(`{"id":"a"},`, n), ",") + `],"total":1}`)
		},
	})
}

func TestPagesAreFollowedToTheirEnd(t *testing.T) {
	asked := 0
	s := contract.ServeAnswers(t, func(string) *contract.Answer {
		asked++
		return &contract.Answer{Body: fmt.Sprintf(`{"items":[{"id":"m%d"}],"hasMore":%t,"nextPage":"after %[1]d"}`, asked, asked != 3)}
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Machines) != 3 || s.Query("/v1/machines") != "after=after+2&limit=120" {
		t.Errorf("%v: %+v, %s", err, p.Compute, s.Query("/v1/machines"))
	}
	for _, next := range []string{"", `,"nextPage":""`, `,"nextPage":"same"`} { // half a list would look like machines that are gone
		s := contract.ServeAnswers(t, func(string) *contract.Answer {
			return &contract.Answer{Body: `{"items":[{"id":"m1"}],"hasMore":true` + next + `}`}
		})
		if _, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", next, err)
		}
	}
	for asked = 10; asked < 100; { // never an end
		if _, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL},
			fleet.SystemClock{}).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Fatal(err)
		}
		asked = 100
	}
}

func TestPricesThatAreNone(t *testing.T) {
	for _, said := range []string{"H100=much", "=3", "H100=-1", "H100=1e99", "H100"} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://x.test", Options: map[string]string{"prices": said}},
			contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", said, err)
		}
	}
}
