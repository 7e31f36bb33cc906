package gce

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/machines"
	"pitwall/fleet"
)

const list = "/compute/v1/projects/acme/aggregated/instances"

// one is an instance as Google writes it; more are further fields.
func one(id, name, kind, status, more string) string {
	return `{"id":` + id + `,"name":` + name + `,"machineType":"https://x/zones/europe-west4-b/machineTypes/` + kind + `","zone":"https://x/zones/europe-west4-b","status":"` + status + `",
 "metadata":{"items":[{"key":"startup-script","value":"canary-token"}]},"networkInterfaces":[{"networkIP":"10.0.0.9","accessConfigs":[{"natIP":"203.0.113.9"}]}],` + more +
		`"guestAccelerators":[{"acceleratorType":"https://x/acceleratorTypes/nvidia-h100-80gb","acceleratorCount":8}]}`
}

func page(more string, all ...string) string {
	return `{"kind":"compute#instanceAggregatedList","items":{"zones/europe-west4-a":{"warning":{"code":"NO_RESULTS_ON_PAGE"}},"zones/europe-west4-b":{"instances":[` +
		strings.Join(all, ",") + `]}}` + more + `}`
}

var good = page("", one(`"1"`, `"chat-1"`, "a3-highgpu-8g", "RUNNING", `"resourceStatus":{"upcomingMaintenance":{"type":"SCHEDULED","canReschedule":true,"maintenanceStatus":"PENDING",
 "windowStartTime":"2026-11-25T19:00:00Z","windowEndTime":"2026-11-25T23:00:00Z"}},`),
	one(`"2"`, `"batch-1"`, "a3-highgpu-8g", "RUNNING", `"scheduling":{"provisioningModel":"SPOT","preemptible":true,"terminationTime":"2026-11-23T00:00:00Z"},`),
	one(`"3"`, `"old"`, "a3-highgpu-8g", "TERMINATED", ""),
	`{"id":"4","name":"web","machineType":"https://x/e2-small","status":"RUNNING"}`)

func said(c *fleet.ComputeReading) string {
	var out strings.Builder
	for i := range c.Machines {
		m := &c.Machines[i]
		price := "-"
		if m.Price.OK {
			price = m.Price.V.Text().String()
		}
		fmt.Fprintf(&out, "%s %s %s x%d %s %s %s (%s)\n", m.Name, m.Type, m.GPU, m.GPUs.V, m.State, m.Pricing, price, m.PriceFrom)
	}
	return out.String()
}

func TestContract(t *testing.T) {
	of := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Main: list,
		Spec:  func(s *fleet.SourceSpec) { s.Options = map[string]string{OptionProject: "acme"} },
		Pages: map[string]contract.Page{list: of(good)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			const want = `chat-1 a3-highgpu-8g H100 x8 RUNNING on-demand $88.49 (list of 2026)
batch-1 a3-highgpu-8g H100 x8 RUNNING spot - ()
old a3-highgpu-8g H100 x8 STOPPED on-demand $0.00 (it does not run; its disks are billed apart)
`
			if p.Compute == nil || said(p.Compute) != want {
				t.Fatalf("%s", said(p.Compute))
			}
			a, b := &p.Compute.Machines[0], &p.Compute.Machines[1]
			if len(a.Notices) != 1 || !a.Notices[0].Movable || a.Notices[0].What.String() != "maintenance scheduled pending" ||
				!a.Notices[0].At.V.Equal(time.Date(2026, 11, 25, 19, 0, 0, 0, time.UTC)) || strings.Join(a.Addresses, " ") != "chat-1 10.0.0.9 203.0.113.9 gce://acme/europe-west4-b/chat-1 1" {
				t.Errorf("%+v", a)
			}
			if !b.Until.OK || b.Leaves(p.At) == nil || p.Compute.PricesAsOf.Year() != 2026 {
				t.Errorf("%+v", b)
			}
			if text := fmt.Sprintf("%+v", p); strings.Contains(text, "canary") {
				t.Error("what an instance is started with is kept")
			}
		},
		WrongType:  of(strings.Replace(good, `"acceleratorCount":8`, `"acceleratorCount":"many"`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a word was taken for a count: %+v", p.Compute) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{list: of(page(`,"unreachables":[`+string(q)+`]`, one(string(q), string(q), "a3-highgpu-8g", "x", `"hostname":`+string(q)+`,`)))}
		},
		Series: func(n int) contract.Page {
			return of(page("", strings.TrimSuffix(strings.Repeat(one(`"1"`, `"m"`, "a3-highgpu-8g", "RUNNING", "")+",", n), ",")))
		},
	})
}

func open(t *testing.T, url string, options map[string]string) fleet.Reader {
	t.Helper()
	return contract.Open(t, Connector(), fleet.SourceSpec{URL: url, Auth: fleet.SecretRef{Env: "K"}, Options: options}, fleet.NewVirtualClock(contract.Start()))
}

func TestPagesZonesAndConfiguredPrices(t *testing.T) {
	n := 0
	s := contract.ServeAnswers(t, func(string) *contract.Answer {
		if n++; n == 1 {
			return &contract.Answer{Body: page(`,"nextPageToken":"p2","unreachables":["zones/us-east4-a"]`, one(`"9"`, `"spot"`, "a3-highgpu-8g", "RUNNING", `"scheduling":{"provisioningModel":"SPOT"},`))}
		}
		return &contract.Answer{Body: `{"kind":"compute#instanceAggregatedList"}`}
	})
	p, err := open(t, s.URL, map[string]string{OptionProject: "acme", "prices": "a3-highgpu-8g=21.5"}).Read(t.Context())
	if err != nil || s.Count("GET "+list) != 2 || !strings.Contains(s.Query(list), "pageToken=p2") || said(p.Compute) != "spot a3-highgpu-8g H100 x8 RUNNING spot $21.50 (configuration)\n" {
		t.Errorf("%v %s", err, said(p.Compute))
	}
	if len(p.Notices) != 1 || !strings.Contains(p.Notices[0].Text.String(), "zones/us-east4-a") {
		t.Errorf("%v", p.Notices)
	}
}

// The list has one size of a family; the price of its others goes with their GPUs. Of other families nothing is taken.
func TestPricesOfOtherSizesOfAFamily(t *testing.T) {
	for kind, want := range map[string]string{"a2-highgpu-8g 8": "$29.39 (list of 2026, by its GPUs)", "a3-highgpu-4g 4": "$44.24 (list of 2026, by its GPUs)",
		"a2-highgpu-8g 4": "- ()", "a2-megagpu-16g 16": "- ()", "g2-standard-8 1": "- ()", "n1-standard-8 1": "- ()", "a2-ultragpu-1g 1": "$5.07 (list of 2026)"} {
		kind, n, _ := strings.Cut(kind, " ")
		count, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		m := fleet.Machine{GPUs: fleet.Some(count), State: fleet.MachineRunning, Pricing: fleet.PricingOnDemand}
		r := &reader{Asker: &machines.Asker{}}
		asOf := r.price(&m, kind)
		got := "-"
		if m.Price.OK {
			got = m.Price.V.Text().String()
		}
		if got += " (" + m.PriceFrom.String() + ")"; got != want || asOf.IsZero() == m.Price.OK {
			t.Errorf("%s: %s as of %v", kind, got, asOf)
		}
	}
}

func TestRefusals(t *testing.T) {
	for body, kind := range map[string]fleet.Kind{`{"error":{"code":403,"status":"PERMISSION_DENIED","message":"canary","details":[{"reason":"SERVICE_DISABLED"}]}}`: fleet.KindAuth} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Status: 403, Body: body} })
		if _, err := open(t, s.URL, map[string]string{OptionProject: "acme"}).Read(t.Context()); fleet.KindOf(err) != kind || !strings.Contains(err.Error(), "switch the API on") || strings.Contains(err.Error(), "canary") {
			t.Errorf("%v", err)
		}
	}
	s := contract.ServeAnswers(t, func(string) *contract.Answer {
		return &contract.Answer{Body: `{"error":{"message":"canary"},"items":{}}`}
	})
	if _, err := open(t, s.URL, map[string]string{OptionProject: "acme"}).Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("%v", err)
	}
	for _, bad := range []map[string]string{nil, {OptionProject: "a/b"}, {OptionProject: "acme", "zone": "x"}} {
		if _, err := newReader(fleet.SourceSpec{URL: "https://compute.googleapis.com", Options: bad}, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func FuzzInstance(f *testing.F) {
	f.Add([]byte(one(`"1"`, `"m"`, "a3-highgpu-8g", "RUNNING", "")))
	f.Fuzz(func(t *testing.T, body []byte) {
		var x instance
		if json.Unmarshal(body, &x) != nil || len(x.GPUs) == 0 {
			return
		}
		m, _ := (&reader{Asker: &machines.Asker{}}).machine(&x)
		if !fleet.IsClean(m.Name.String()) || !fleet.IsClean(m.Type.String()) || m.State == "" || len(m.Addresses) > 2*mostAddresses+4 {
			t.Errorf("%+v", m)
		}
		for _, n := range m.Notices {
			if !fleet.IsClean(n.What.String()) {
				t.Errorf("%q", n.What)
			}
		}
	})
}
