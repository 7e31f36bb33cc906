package togethercosts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/billrig"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	canary   = "canary-c0de"
	hardware = `{"object":"list","data":[{"object":"hardware","id":"2x_nvidia_h100_80gb_sxm","pricing":{"cents_per_minute":11.2},"specs":{"gpu_type":"h100-80gb","gpu_link":"sxm","gpu_memory":80,"gpu_count":2},"updated_at":"2026-11-22T10:00:00Z"}]}`
)

func listOf(endpoints ...string) string {
	return `{"object":"list","data":[` + strings.Join(endpoints, ",") + `]}`
}

func ep(id, state string) string {
	return fmt.Sprintf(`{"object":"endpoint","id":%q,"name":"acme/%s","model":"meta-llama/Llama-3.3-70B","type":"dedicated","owner":"acme","state":%q,"created_at":"2026-11-20T08:00:00.000Z"}`, id, id, state)
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader, Path: "/v1", Main: "/v1/endpoints",
		Pages: map[string]contract.Page{"/v1/endpoints": page(listOf(ep("endpoint-1", "STARTED"))), "/v1/hardware": page(hardware),
			"/v1/endpoints/endpoint-1": page(`{"hardware":"2x_nvidia_h100_80gb_sxm","autoscaling":{"min_replicas":1,"max_replicas":1}}`)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if p.Bill == nil || len(p.Bill.Streams) != 1 || p.Bill.Streams[0] != fleet.StreamCapacity || len(p.Bill.Covers) != 0 || len(p.Notices) != 0 {
				t.Errorf("%+v, %s", p.Bill, billrig.Said(p))
			}
		},
		WrongType:  page(`{"data":17}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a list: %+v", p.Bill) },
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{"/v1/endpoints": page(fmt.Sprintf(`{"data":[{"id":%[1]s,"name":%[1]s,"model":%[1]s,"state":"STARTED"}]}`, q)),
				"/v1/hardware": page(hardware)}
		},
		Series: func(n int) contract.Page {
			return page(listOf(strings.TrimSuffix(strings.Repeat(`{"id":"e","state":"STARTED"},`, n), ",")))
		},
	})
}

// account is one whose endpoints change while it is read.
type account struct {
	*billrig.Rig
	clock    *fleet.VirtualClock
	all      []string
	reserved []string
	detail   string
	models   string
}

func newAccount(t testing.TB, at time.Time) *account {
	a := &account{clock: fleet.NewVirtualClock(at), detail: `{"hardware":"2x_nvidia_h100_80gb_sxm","autoscaling":{"min_replicas":2,"max_replicas":2}}`}
	a.Rig = billrig.Serve(t, func(path string, q url.Values) (int, string) {
		switch {
		case path == "/v1/endpoints" && q.Get("usage_type") == "reserved":
			return 0, listOf(a.reserved...)
		case path == "/v1/endpoints":
			return 0, listOf(a.all...)
		case path == "/v1/hardware":
			return 0, hardware
		case path == "/v1/models":
			return 0, a.models
		case strings.HasPrefix(path, "/v1/endpoints/"):
			return 0, a.detail
		}
		return 0, ""
	})
	return a
}

func (a *account) read(t testing.TB, r fleet.Reader, after time.Duration) *fleet.BillReading {
	t.Helper()
	if err := a.clock.Advance(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	return billrig.Read(t, r).Bill
}

// totals are hours and dollars of an endpoint in the hour that begins at a time.
func totals(b *fleet.BillReading, id string, hour time.Time) string {
	for _, l := range b.Lines {
		if l.Project == id && l.Span.From.Equal(hour) {
			return fmt.Sprintf("%s h, cost %s, list %s", l.Quantity.V.Round(4), show(l.Cost), show(l.List))
		}
	}
	return "none"
}

func show(m fleet.Maybe[fleet.Money]) string {
	if !m.OK {
		return "-"
	}
	return m.V.Amount().Round(4).String()
}

func TestHoursOfEndpointsThatRun(t *testing.T) {
	start := time.Date(2026, 11, 22, 11, 50, 0, 0, time.UTC)
	noon, one := start.Add(10*time.Minute), start.Add(70*time.Minute)
	a := newAccount(t, start)
	a.all, a.reserved = []string{ep("e-1", "STARTED"), ep("e-2", "STOPPED"), ep("e-3", "STARTED")}, []string{ep("e-3", "STARTED")}
	r := a.Open(t, Connector(), a.clock)
	if b := a.read(t, r, 0); len(b.Lines)+len(b.Covers) != 0 {
		t.Errorf("the first look proves nothing: %+v", b)
	}
	b := a.read(t, r, 15*time.Minute) // 12:05
	if len(b.Covers) != 1 || !b.Covers[0].From.Equal(noon) || b.Covers[0].Length() != time.Hour || !b.Watermark.Equal(noon.Add(5*time.Minute)) {
		t.Errorf("an hour that began before the first look is told: %v, up to %v", b.Covers, b.Watermark)
	}
	// 5 minutes of two replicas at 11.2 cents a minute.
	if got := totals(b, "e-1", noon); got != "0.1667 h, cost 1.12, list 1.12" {
		t.Error(got)
	}
	if got := totals(b, "e-3", noon); got != "0.1667 h, cost -, list 1.12" {
		t.Errorf("reserved: %s", got)
	}
	a.all = []string{ep("e-2", "STARTED")}
	a.read(t, r, 15*time.Minute) // 12:20: e-1 is gone, e-2 began at a time that nobody saw
	b = a.read(t, r, 45*time.Minute)
	if got := totals(b, "e-1", noon); got != "0.1667 h, cost 1.12, list 1.12" {
		t.Errorf("gone: %s", got)
	}
	if got := totals(b, "e-2", noon) + "; " + totals(b, "e-2", one); got != "1.3333 h, cost 8.96, list 8.96; 0.1667 h, cost 1.12, list 1.12" {
		t.Error(got)
	}
	if c := b.Covers; len(c) != 1 || !c[0].From.Equal(noon) || !c[0].To.Equal(one.Add(time.Hour)) {
		t.Errorf("%v", c)
	}
	if b = a.read(t, r, 2*time.Hour); len(b.Lines)+len(b.Covers) != 0 {
		t.Errorf("nobody looked for two hours: %+v", b)
	}
}

func TestWhatIsNotToldOfAnEndpointIsUnknown(t *testing.T) {
	for detail, want := range map[string]string{
		`{"hardware":"1x_unknown","autoscaling":{"min_replicas":1,"max_replicas":1}}`:              "0.5 h, cost -, list -",
		`{"hardware":"2x_nvidia_h100_80gb_sxm"}`:                                                   "0 h, cost -, list -",
		`{"hardware":"2x_nvidia_h100_80gb_sxm","autoscaling":{"min_replicas":1,"max_replicas":9}}`: "0.5 h, cost 3.36, list 3.36",
		``: "0 h, cost -, list -",
	} {
		start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		a := newAccount(t, start)
		a.all, a.detail = []string{ep("e-1", "STARTED")}, detail
		r := a.Open(t, Connector(), a.clock)
		a.read(t, r, 0)
		b := a.read(t, r, 30*time.Minute)
		if got := totals(b, "e-1", start); got != want || b.Lines[0].Estimated != strings.Contains(detail, "9") || b.Lines[0].Quantity.OK != strings.Contains(detail, "min") {
			t.Errorf("%s: %s, %+v", detail, got, b.Lines)
		}
		billrig.Sane(t, b.Lines, nil)
	}
}

func TestListedPricesAreHeldAgainstThePriceList(t *testing.T) {
	known := func(in, out string) fleet.Prices {
		return func(kind string, m fleet.ModelName) (fleet.Price, bool) {
			return fleet.Price{Input: fleet.NewMoney(decimal.RequireFromString(in), "USD"), Output: fleet.NewMoney(decimal.RequireFromString(out), "USD")},
				kind == "together" && m == "m"
		}
	}
	for pricing, says := range map[string]string{
		`"input":0.88,"output":0.88`:             "",
		`"input":0.879,"output":0.88`:            "",
		`"input":0,"output":0`:                   "",
		`"input":0.00000088,"output":0.00000088`: "for a token",
		`"input":0.00088,"output":0.00088`:       "a thousand tokens",
		`"input":88,"output":88`:                 "in cents",
		`"input":0.6,"output":0.88`:              "is listed at $0.6 and $0.88",
		`"input":880,"output":880`:               "is listed at $880",
		`"input":"0.88","output":null`:           "",
	} {
		a := newAccount(t, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		a.models = `[{"id":"m","object":"model","created":1,"type":"chat","pricing":{"hourly":0,` + pricing + `,"base":0,"finetune":0}},{"id":"` + canary + `","object":"model","created":1,"type":"chat"}]`
		r := a.Open(t, Connector(), a.clock, func(s *fleet.SourceSpec, d *fleet.Deps) {
			s.Models, d.Prices = []fleet.ModelName{"m", "other"}, known("0.88", "0.88")
		})
		p := billrig.Read(t, r)
		if said := billrig.Said(p); !strings.Contains(said, says) || says == "" && said != "" || strings.Contains(said, canary) {
			t.Errorf("%s: %s", pricing, said)
		}
		if again := billrig.Read(t, r); len(a.Asked("/v1/models")) != 1 || billrig.Said(again) != billrig.Said(p) {
			t.Errorf("asked %d times", len(a.Asked("/v1/models")))
		}
	}
	a := newAccount(t, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	if billrig.Read(t, a.Open(t, Connector(), a.clock)); len(a.Asked("/v1/models")) != 0 {
		t.Error("prices were asked for, and there is nothing to compare them with")
	}
}

func TestCallsFitTheDescription(t *testing.T) {
	text := billrig.Shared(t, "billing/together_hardware_endpoints.openapi.yaml")
	a := newAccount(t, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	a.all, a.models = []string{ep("e-1", "STARTED")}, `[{"id":"m","object":"model","created":1,"type":"chat"}]`
	billrig.Read(t, a.Open(t, Connector(), a.clock, func(s *fleet.SourceSpec, d *fleet.Deps) {
		s.Models = []fleet.ModelName{"m"}
		d.Prices = func(string, fleet.ModelName) (fleet.Price, bool) { return fleet.Price{}, false }
	}))
	if checked := a.Fits(t, text, "/v1", "/endpoints/"); len(checked) != 3 { // it has no single endpoint
		t.Errorf("checked %v", checked)
	}
}

// Whatever a price is: no crash, and what is said is clean.
func FuzzPrices(f *testing.F) {
	f.Add([]byte(`{"id":"\u001b[2J","pricing":{"input":1e-9,"output":-3}}`), "0.88")
	f.Fuzz(func(t *testing.T, body []byte, known string) {
		var m priced
		d, ok := bills.Parse(known)
		if !ok || json.Unmarshal(body, &m) != nil {
			return
		}
		price := fleet.Price{Input: fleet.NewMoney(d, fleet.USD), Output: fleet.NewMoney(d, fleet.USD)}
		unitOf(m.Pricing.Input, d)
		m.Pricing.Output.near(price.Output)
		billrig.Sane(t, nil, []fleet.Notice{m.differs(price)})
	})
}
