package sim

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/opencost"
	"pitwall/fleet"
)

// capacityOn sums what a bill says of what a day's capacity costs, and of how many tokens.
func capacityOn(p fleet.Partial, day time.Time) (cost, tokens decimal.Decimal) {
	for i := range p.Bill.Lines {
		if l := &p.Bill.Lines[i]; l.Stream == fleet.StreamCapacity && l.Span.From.Equal(day) {
			cost = cost.Add(l.Cost.V.Amount())
			if l.Use.IsTokens() {
				tokens = tokens.Add(l.Quantity.V)
			}
		}
	}
	return cost, tokens
}

// priceOf is what the nodes of a site cost an hour.
func priceOf(f *Fleet, site string) decimal.Decimal {
	sum := 0.0
	for _, n := range f.standing(site).Nodes {
		sum += float64(n.GPUs) * n.Hour
	}
	return decimal.NewFromFloat(sum)
}

// OpenCost tells of the whole price of a cluster's nodes, hour by hour, with the tokens that its engines counted; what pods do not hold
// is paid for as well.
func TestOpenCostTellsOfTheWholeCluster(t *testing.T) {
	f, clock := accountAt(t, noon, Account{System: "opencost", Pool: poolH100})
	r := reads(t, f, clock, opencost.Connector())
	today, hour := noon.Truncate(24*time.Hour), priceOf(f, siteFRA)
	near := func(what string, got, want decimal.Decimal) {
		t.Helper()
		if got.Sub(want).Abs().GreaterThan(decimal.New(1, -2)) || want.IsZero() {
			t.Errorf("%s: %s, true %s", what, got, want)
		}
	}
	p := readBill(t, r)
	cost, tokens := capacityOn(p, today.AddDate(0, 0, -1))
	near("yesterday", cost, hour.Mul(decimal.NewFromInt(24)))
	near("tokens of yesterday", tokens, pastTokens(f, today.AddDate(0, 0, -1), today))
	cost, before := capacityOn(p, today)
	near("until noon", cost, hour.Mul(decimal.NewFromInt(12)))
	begun := engineTokens(f)
	move(t, clock, 59*time.Minute)
	if cost, _ := capacityOn(readBill(t, r), today); !cost.Sub(hour.Mul(decimal.NewFromInt(12))).Abs().LessThan(decimal.New(1, -2)) {
		t.Errorf("$%s before the hour is over", cost)
	}
	move(t, clock, time.Minute)
	p = readBill(t, r)
	cost, tokens = capacityOn(p, today)
	near("until one", cost, hour.Mul(decimal.NewFromInt(13)))
	near("tokens of an hour", tokens.Sub(before), engineTokens(f).Sub(begun))
	if len(p.Notices) > 0 {
		t.Errorf("%+v", p.Notices)
	}
}

// pastTokens are those in History of a site's pools whose engines count as OpenCost expects.
func pastTokens(f *Fleet, from, to time.Time) decimal.Decimal {
	sum, of := 0.0, f.poolsOf(siteFRA)
	for h := range f.History() {
		if p := of[string(h.Pool)]; p != nil && p.Engine == "vllm" && h.At.After(from) && !h.At.After(to) {
			sum += h.InTokens + h.OutTokens
		}
	}
	return decimal.NewFromFloat(sum)
}

func engineTokens(f *Fleet) decimal.Decimal {
	sum := 0.0
	for _, p := range f.standing(siteFRA).Pods {
		sum += p.Prompt + p.Generated
	}
	return decimal.NewFromFloat(sum)
}

// What nobody holds is idle, and no question without a time is answered.
func TestOpenCostAnswersAsItDoes(t *testing.T) {
	f, clock := accountAt(t, noon, Account{System: "opencost", Pool: poolDR})
	base := f.URL(accountName("opencost"))
	for path, want := range map[string]string{
		"/allocation?aggregate=namespace":                                                  `"code":400`,
		"/inferenceCost/total":                                                             `missing required 'window' parameter`,
		"/inferenceCost/total?window=today&costBasis=all":                                  `"code":400`,
		"/allocation?window=1h&aggregate=namespace&includeIdle=true":                       `"serving"`,
		"/inferenceCost/total?window=yesterday&costBasis=usage":                            `"costBasis":"usage"`,
		"/allocation?window=2025-01-01T00:00:00Z,2025-01-02T00:00:00Z&aggregate=namespace": `"data":[{}]`,
	} {
		if _, body := get(t, base+path, false); !strings.Contains(body, want) {
			t.Errorf("%s: %s", path, body)
		}
	}
	const idle = "/allocation?window=1m&aggregate=namespace&includeIdle=true"
	if resp, body := get(t, base+idle, false); resp.StatusCode != http.StatusOK || strings.Contains(body, "__idle__") {
		t.Fatalf("all is held: %d %s", resp.StatusCode, body)
	}
	f.world.At(clock.Now(), func() { f.world.Scale(poolDR, 1) })
	move(t, clock, 5*time.Minute)
	if _, body := get(t, base+idle, false); !strings.Contains(body, `"gpuCost":0.50667`) || !strings.Contains(body, `"gpuHours":0.13333`) {
		t.Errorf("eight GPUs at $3.80 are idle for a minute: %s", body)
	}
}
