package economics

import (
	"testing"

	"pitwall/fleet"
)

func TestLinesArePricedByTheirUseAndTier(t *testing.T) {
	c := embedded(t)
	for _, x := range []struct {
		kind, want string
		line       fleet.BillLine
	}{
		{"openai", "0.0000025", fleet.BillLine{Model: "gpt-4o-2024-08-06", Use: fleet.UseInput}},
		{"openai", "0.00000125", fleet.BillLine{Model: "gpt-4o", Use: fleet.UseInput, Tier: "batch"}},
		{"anthropic", "0.000006", fleet.BillLine{Model: "claude-sonnet-4-6", Use: fleet.UseCacheWrite1h}},
		{"openai", "0.1", fleet.BillLine{Model: "sora-2", Use: fleet.UseVideoSeconds}},
		{"openai", "", fleet.BillLine{Model: "gpt-4o", Use: fleet.UseRequests}},
		{"openai", "", fleet.BillLine{Model: "gpt-4o"}},
		{"openai", "", fleet.BillLine{Model: "gpt-4o", Use: fleet.UseInput, Tier: "scale"}},
		{"openai", "", fleet.BillLine{Model: "gpt-4o", Use: fleet.UseCacheWrite1h}},
		{"openai", "", fleet.BillLine{Model: "nothing", Use: fleet.UseInput}},
	} {
		got, ok := c.LinePrice(x.kind, &x.line)
		if ok != (x.want != "") || ok && got.Amount().String() != x.want {
			t.Errorf("%+v: %v %s, want %q", x.line, ok, got.Amount(), x.want)
		}
	}
}
