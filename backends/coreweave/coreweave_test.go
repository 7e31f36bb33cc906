package coreweave

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func page1(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

// nodeOf is a node as a cluster of CoreWeave has it.
func nodeOf(name, labels, spec string, gpus int, ready string) string {
	return fmt.Sprintf(`{"metadata":{"name":%[1]q,"creationTimestamp":"2026-11-01T08:00:00Z","labels":{"node.coreweave.cloud/class":"gpu",
		"topology.kubernetes.io/region":"US-EAST-02"%[2]s}},"spec":{"providerID":"coreweave://%[1]s"%[3]s},
		"status":{"capacity":{"cpu":"128","nvidia.com/gpu":"%[4]d"},"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":%[5]q}],
		"addresses":[{"type":"InternalIP","address":"10.176.0.7"},{"type":"Hostname","address":%[1]q}]}}`, name, labels, spec, gpus, ready)
}

const h100 = `,"node.kubernetes.io/instance-type":"gd-8xh100ib-i128","gpu.nvidia.com/class":"H100","gpu.nvidia.com/model":"H100_NVLINK_80GB"`

func listed() string {
	return `{"kind":"NodeList","metadata":{},"items":[` + strings.Join([]string{
		nodeOf("g0a1", h100+`,"node.coreweave.cloud/state":"production"`, ``, 8, "True"),
		nodeOf("g0a2", h100+`,"node.coreweave.cloud/state":"production"`, `,"unschedulable":true`, 8, "True"),
		nodeOf("g0a3", h100+`,"node.coreweave.cloud/state":"triage"`, ``, 8, "True"),
		nodeOf("g0a4", h100+`,"node.coreweave.cloud/state":"production"`, `,"taints":[{"key":"qos.coreweave.cloud/interruptable","effect":"NoExecute"}]`, 8, "True"),
		nodeOf("g0a5", `,"node.kubernetes.io/instance-type":"gb200-4x","gpu.nvidia.com/class":"GB200","node.coreweave.cloud/state":"production"`, ``, 4, "False"),
	}, ",") + `]}`
}

func said(c *fleet.ComputeReading) string {
	var out strings.Builder
	for i := range c.Machines {
		m := &c.Machines[i]
		price := "-"
		if m.Price.OK {
			price = m.Price.V.Text().String()
		}
		fmt.Fprintf(&out, "%s %s %s x%d %s %s %s (%s)", m.ID, m.Type, m.GPU, m.GPUs.V, m.State, m.Pricing, price, m.PriceFrom)
		for _, n := range m.Notices {
			fmt.Fprintf(&out, " %s %v", n.What, n.Stops)
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestContract(t *testing.T) {
	contract.Run(t, contract.Case{
		New: newReader, Main: "/api/v1/nodes",
		Pages: map[string]contract.Page{"/api/v1/nodes": page1(listed())},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			const want = `g0a1 gd-8xh100ib-i128 H100 x8 RUNNING on-demand $49.24 (list of 2026-02)
g0a2 gd-8xh100ib-i128 H100 x8 RUNNING on-demand $49.24 (list of 2026-02) cordoned: maintenance is pending or a health check failed true
g0a3 gd-8xh100ib-i128 H100 x8 UNWELL on-demand $49.24 (list of 2026-02) CoreWeave has it in state triage true
g0a4 gd-8xh100ib-i128 H100 x8 RUNNING spot - ()
g0a5 gb200-4x GB200 x4 UNWELL on-demand - ()
`
			c := p.Compute
			if c == nil || said(c) != want || len(p.Notices) != 0 || len(c.Offers) == 0 || c.PricesAsOf.Format("2006-01") != "2026-02" {
				t.Errorf("%s %+v", said(c), p)
			}
			if m := &c.Machines[0]; m.Region.String() != "US-EAST-02" || !m.Started.OK || strings.Join(m.Addresses, " ") != "g0a1 coreweave://g0a1 10.176.0.7" {
				t.Errorf("%+v", m)
			}
		},
		WrongType:  page1(`{"kind":"NodeList","items":[{"metadata":{"name":7}}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/api/v1/nodes": page1(fmt.Sprintf(`{"kind":"NodeList","items":[{"metadata":{"name":%s,"labels":{
				"node.kubernetes.io/instance-type":%[1]s,"gpu.nvidia.com/class":%[1]s,"topology.kubernetes.io/zone":%[1]s,"node.coreweave.cloud/state":%[1]s}},
				"status":{"capacity":{"nvidia.com/gpu":%[1]s}}}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page1(`{"kind":"NodeList","items":[` + strings.TrimSuffix(strings.Repeat(`{"metadata":{"name":"a"}},`, n), ",") + `]}`)
		},
	})
}

func TestPagesAreFollowedToTheirEnd(t *testing.T) {
	asked, last := 0, 3
	s := contract.ServeAnswers(t, func(string) *contract.Answer {
		asked++
		next := fmt.Sprintf("token %d", asked)
		if asked == last {
			next = ""
		}
		return &contract.Answer{Body: fmt.Sprintf(`{"kind":"NodeList","metadata":{"continue":%q},"items":[%s]}`, next,
			nodeOf(fmt.Sprintf("n%d", asked), h100, ``, 8, "True"))}
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || len(p.Compute.Machines) != 3 ||
		s.Query("/api/v1/nodes") != "continue=token+2&labelSelector=node.coreweave.cloud%2Fclass%3Dgpu&limit=500" {
		t.Errorf("%v: %+v, %s", err, p.Compute, s.Query("/api/v1/nodes"))
	}
	asked, last = 0, -1
	if _, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.SystemClock{}).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid ||
		asked != maxPages {
		t.Errorf("%v after %d pages", err, asked)
	}
}

// Nodes under a contract cost what the configuration says, never the list price, and end with it.
func TestReservedNodes(t *testing.T) {
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: listed()} })
	for prices, want := range map[string]string{"": "-", "gd-8xh100ib-i128=21.60": "$21.60"} {
		p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Options: map[string]string{"pricing": "reserved", "until": "2027-06-30", "prices": prices}},
			fleet.NewVirtualClock(contract.Start())).Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if m := &p.Compute.Machines[0]; m.Price.OK != (want != "-") || m.Price.OK && m.Price.V.Text().String() != want || m.Pricing != fleet.PricingReserved ||
			m.Until.V.Format("2006-01-02") != "2027-06-30" {
			t.Errorf("%+v", m)
		}
		if m := &p.Compute.Machines[3]; m.Pricing != fleet.PricingSpot || m.Until.OK {
			t.Errorf("what may be taken back has no end that is known: %+v", m)
		}
	}
	for _, options := range []map[string]string{{"pricing": "cheap"}, {"until": "2027-06-30"}, {"pricing": "reserved", "until": "soon"}, {"price": "x"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://x.test", Options: options}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", options, err)
		}
	}
}
