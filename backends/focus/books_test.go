package focus

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/books"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// The books hold each amount once, however often a month is delivered, grows within a day, is corrected, or bears tax and
// credits whose time is longer than that of the use.
func TestTheBooksCountEachRowOnce(t *testing.T) {
	const head = "BilledCost,BillingAccountId,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceCategory,ServiceName,ProviderName,SkuMeter\n"
	row := func(cost, category, from, to string) string {
		return fmt.Sprintf("%s,acct,USD,%s,%s,%s,AI and Machine Learning,OpenAI,OpenAI,Input Tokens\n", cost, category, from, to)
	}
	for _, several := range []bool{false, true} { // providers whose files cover different times
		for _, grain := range []string{"day", "hour"} {
			dir := t.TempDir()
			clock := fleet.NewVirtualClock(contract.Start())
			r := contract.Open(t, Connector(), fleet.SourceSpec{File: dir, Options: map[string]string{OptionGrain: grain}}, clock)
			b, err := books.Open("", clock.Now)
			if err != nil {
				t.Fatal(err)
			}
			if several {
				put(t, dir, "other.csv", fixture(t, "anthropic-costs.csv"))
			}
			take := func(want string, rows ...string) {
				t.Helper()
				put(t, dir, "november.csv", head+strings.Join(rows, ""))
				if err := clock.Advance(t.Context(), time.Hour); err != nil {
					t.Fatal(err)
				}
				stamp(t, dir+"/november.csv", clock.Now().Add(-time.Minute))
				for range 2 { // the second finds nothing new
					if err := b.Take("files", "", clock.Now(), again(t, r)); err != nil {
						t.Fatal(err)
					}
				}
				usage, rest := decimal.Zero, decimal.Zero
				for _, l := range b.Ledgers(nil) {
					for _, p := range l.Pages {
						for i := range p.Lines {
							switch x := &p.Lines[i]; {
							case x.Provider != "openai":
							case x.IsUsage():
								usage = usage.Add(x.Cost.V.Amount())
							default:
								rest = rest.Add(x.Cost.V.Amount())
							}
						}
					}
				}
				if got := usage.String() + " and " + rest.String(); got != want {
					t.Errorf("by %s, several %v: the books hold %s, want %s", grain, several, got, want)
				}
			}
			tax := row("9", "Tax", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")
			early := row("-5", "Credit", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z")
			first := row("1", "Usage", "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z")
			take("1 and 4", first, tax, early)
			take("3 and 4", first, row("2", "Usage", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"), tax, early)
			take("7 and 5", first, row("2", "Usage", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"), row("4", "Usage", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z"),
				strings.Replace(tax, "9", "10", 1), early)
			take("6.5 and 5", row("0.5", "Usage", "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z"), row("2", "Usage", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"),
				row("4", "Usage", "2026-11-21T00:00:00Z", "2026-11-21T01:00:00Z"), strings.Replace(tax, "9", "10", 1), early)
		}
	}
}
