package views_test

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

// billed is the scene with bills on file.
func billed(sc views.Scene) views.Scene {
	sc.Snap = viewtest.Billed(sc.Snap)
	return sc
}

func billsFrame(u views.BillsState) func(views.Scene, views.Size) string {
	return func(sc views.Scene, sz views.Size) string { return views.Bills(billed(sc), u, sz) }
}

// A gateway that shows a tenth of the bill stands first, and says so.
func TestWhatIsFarFromItsBillStandsFirst(t *testing.T) {
	sc := billed(scene(true, themes.Mono))
	sc.Snap.Spend.Books.Factors = append(sc.Snap.Spend.Books.Factors, fleet.Factor{Provider: "anthropic", Rho: fleet.Some(1.01)})
	sc.Snap.Spend.Books.Gateways = []fleet.GatewayFactor{{Source: "litellm-bill", Factor: fleet.Factor{Provider: "openai", Last: fleet.Some(10.0),
		Rho: fleet.Some(1.5), Days: 7, Off: true}, Told: fleet.Some(viewtest.Dollars("41.20")), Billed: fleet.Some(viewtest.Dollars("412")), Gateways: 1}}
	order := views.BillsOrder(sc, views.BillsState{})["billfactors"]
	if len(order) != 4 || order[0] != views.FactorID("openai", "gpt-4o", "") {
		t.Fatalf("order %q", order)
	}
	frame := plain(views.Bills(sc, views.BillsState{}, views.Size{W: 120, H: 40}))
	for _, want := range []string{"10% of the bill", "GATEWAY litellm-bill shows 10% of the bill of openai: $41.20 of $412", "BYPASS openai gpt-4o: 90%", "UNPRICED gpt-next", "openai,gpt-next,chat,,,,,", "ends ", "no bill yet", "all of anthropic", "HTTP 403"} {
		if !strings.Contains(frame, want) {
			t.Errorf("no %q in\n%s", want, frame)
		}
	}
}

// What is not known is no zero, and what is used up is no warning of the future.
func TestUnknownMoneyIsNoZero(t *testing.T) {
	sc := billed(scene(true, themes.Mono))
	for i := range sc.Snap.Spend.Books.Days {
		d := &sc.Snap.Spend.Books.Days[i]
		d.Reported, d.Billed, d.Closed = fleet.StreamSum{}, fleet.StreamSum{}, false
		d.Metered.Cost = fleet.None[fleet.Money]()
	}
	sc.Snap.Spend.Ends[0].At = fleet.Some(viewtest.Now().Add(-time.Minute))
	u := views.BillsState{Of: views.FactorID("openai", "gpt-4o", "")}
	if days := plain(views.Bills(sc, u, views.Size{W: 120, H: 40})); strings.Contains(days, "$0") || !strings.Contains(days, "it does not speak of this day") {
		t.Errorf("unknown days\n%s", days)
	}
	if frame := plain(views.Bills(sc, views.BillsState{}, views.Size{W: 120, H: 40})); !strings.Contains(frame, "USED UP") {
		t.Errorf("a budget that is gone\n%s", frame)
	}
}

// Names and sentences of bills are somebody else's text.
func TestHostileBillsStayText(t *testing.T) {
	sc := billed(scene(true, themes.Mono))
	evil := "\x1b[2J\u202e" + strings.Repeat("X", 3000)
	k := sc.Snap.Spend.Books
	k.Days[0].Model, k.Factors[0].Model, k.Bills[2].Files[0].Name = fleet.ModelName(evil), fleet.ModelName(evil), evil
	sc.Snap.Spend.Rows[0].Name = evil
	for _, sz := range sizes {
		for _, u := range []views.BillsState{{}, {Pane: "billparts"}, {Pane: "billsources", Sources: views.Table{Selected: "exports"}}, {Of: views.FactorID("anthropic", fleet.ModelName(evil), "")}} {
			exact(t, views.Bills(sc, u, sz), sz)
		}
	}
}
