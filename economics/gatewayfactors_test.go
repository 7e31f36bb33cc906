package economics

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

// A gateway that counts by prices of its own shows a tenth of the bill although pitwall's meter, which prices what it counts by its
// own list, agrees with it.
func TestAGatewayThatShowsATenthOfTheBill(t *testing.T) {
	names := Names{Unit: func(fleet.ProviderID, *fleet.BillLine) (fleet.Money, bool) {
		return fleet.NewMoney(decimal.New(1, -2), fleet.USD), true
	}}
	var bills, meters, says []Page
	for i := range 3 {
		day := monday.AddDate(0, 0, i)
		bills = append(bills, dayPage(fleet.StreamBilled, day, line("m", cash("10"))))
		meters = append(meters, dayPage(fleet.StreamMetered, day, line("m", cash("10"))))
		says = append(says, dayPage(fleet.StreamMetered, day, line("m", cash("1")), tokens("new", 900, fleet.None[fleet.Money]())))
	}
	gateway := Ledger{Source: "gw", Pages: says}
	r := Reconcile([]Ledger{bill(bills...), meter(meters...), gateway}, over(7), names)
	if f, ok := Rho(r.Factors, "openai", "m", ""); !ok || f.Off || f.Rho.V != 1 {
		t.Errorf("the meter: %+v", f)
	}
	list := GatewayFactors(r.Gateways)
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	g := list[0]
	if g.Source != "gw" || g.Provider != "openai" || !g.Off || g.Last.V != 10 || g.Days != 3 || len(g.History.V) != 3 || g.Gateways != 1 ||
		math.Abs(float64(g.Share().V)-.1) > 1e-9 {
		t.Errorf("%+v", g)
	}
	is(t, "told", g.Told, "1")
	is(t, "billed", g.Billed, "10")
	second := Ledger{Source: "gw-2", Pages: []Page{dayPage(fleet.StreamMetered, monday, line("m", cash("9")))}}
	r = Reconcile([]Ledger{bill(bills[0]), {Source: "gw", Pages: says[:1]}, second}, over(7), Names{})
	for _, g := range GatewayFactors(r.Gateways) {
		if g.Off || g.Gateways != 2 {
			t.Errorf("two gateways that tell all of the bill together: %+v", g)
		}
	}
}

// What is known to pass by the gateway is not missing from the best figure in silence.
func TestBestDoesNotTrustAMeterThatIsPassedBy(t *testing.T) {
	today := monday.AddDate(0, 0, 1)
	hours := func(day time.Time, from, to int, l fleet.BillLine) (out []fleet.BillLine) {
		for n := from; n < to; n++ {
			l.Span = fleet.Span{From: day.Add(time.Duration(n) * time.Hour), To: day.Add(time.Duration(n+1) * time.Hour)}
			out = append(out, l)
		}
		return out
	}
	page := func(stream fleet.Stream, day time.Time, to int, l fleet.BillLine) Page {
		p := dayPage(stream, day, hours(day, 0, to, l)...)
		p.Covers = []fleet.Span{{From: day, To: day.Add(time.Duration(to) * time.Hour)}}
		return p
	}
	usage := Ledger{Source: "usage", Provider: "openai", Watermark: today.Add(6 * time.Hour), Pages: []Page{
		page(fleet.StreamReported, monday, 24, tokens("m", 1000, cash("1"))), page(fleet.StreamReported, today, 6, tokens("m", 1000, cash("1")))}}
	own := meter(page(fleet.StreamMetered, monday, 24, tokens("m", 700, cash(".7"))), page(fleet.StreamMetered, today, 10,
		tokens("m", 700, cash(".7"))))
	r := Reconcile([]Ledger{usage, own}, over(2), Names{})
	p := Period(r.Days, nil, fleet.Day(monday), today)
	is(t, "a day that is reported whole", p.Best, "24")
	is(t, "the meter stays what it is", p.Metered, "16.8")
	if !strings.Contains(p.BestWhy.String(), "30% of the tokens of m passed no gateway: as reported") {
		t.Errorf("%s", p.BestWhy)
	}
	p = Period(r.Days, nil, fleet.Day(today), today.Add(10*time.Hour))
	is(t, "a day that is reported in part", p.Best, "7")
	if !strings.HasPrefix(p.BestWhy.String(), "at least: 30% of the tokens of m passed no gateway") {
		t.Errorf("%s", p.BestWhy)
	}
}

// A bill settles by the lag of its provider: Anthropic's within hours, Azure's in three days.
func TestBillsSettleByTheirProvider(t *testing.T) {
	kinds := Names{Kind: func(id fleet.ProviderID) string { return string(id) }}
	for id, hours := range map[fleet.ProviderID]int{"anthropic": 6, "openai": 24, "bedrock": 48, "vertex": 48, "azure": 72, "other": 24} {
		for _, late := range []int{-1, 0} {
			day := dayPage(fleet.StreamBilled, monday, fleet.BillLine{Provider: id, Model: "m", Cost: cash("3")})
			day.At = monday.AddDate(0, 0, 1).Add(time.Duration(hours+late) * time.Hour)
			day.Was = []Was{{Model: "m", Revision: fleet.Revision{At: day.At, Cost: cash("2")}}}
			d := rowOf(t, Reconcile([]Ledger{{Source: "bill", Provider: id, Pages: []Page{day}}}, over(7), kinds), "m", monday)
			if want := late == 0; d.Closed != want || (len(d.Revised) == 1) != want {
				t.Errorf("%s, %d hours after its end: closed %v, %d revisions", id, hours+late, d.Closed, len(d.Revised))
			}
		}
	}
}
