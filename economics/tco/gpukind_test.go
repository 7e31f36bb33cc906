package tco

import (
	"math"
	"strings"
	"testing"

	"pitwall/fleet"
)

// Another GPU than the H100 has its own price by the hour, and no silent price of a server.
func TestDefaultsOfAnotherGPUSaySo(t *testing.T) {
	s := routed(t)
	p := &s.Pools[0].Spec
	for gpu, want := range map[string]struct {
		hour   float64
		origin Origin
		said   string
	}{
		"H100":                  {4, Assumption, "example of an 8 x H100 server; enter your own"},
		"NVIDIA A100-SXM4-80GB": {1.39, PriceTable, "no figure for NVIDIA A100-SXM4-80GB"},
		"L4":                    {0.6752, PriceTable, "no figure for L4"},
		"MI300X":                {4, Assumption, "no figure for MI300X"},
		"":                      {4, Assumption, "the GPU is not known"},
	} {
		p.GPU, p.GPUHour = gpu, fleet.None[fleet.USDPerHour]()
		c := filled(t, s)
		hour, _ := c.Value("gpu_hour")
		if hour.Origin != want.origin || want.origin == Assumption && hour.V != want.hour || hour.V > want.hour+.1 || hour.V < want.hour-.3 {
			t.Errorf("%s: %v by the hour, %s (%s)", gpu, hour.V, hour.Origin, hour.From)
		}
		for _, key := range []Key{"capex", "server_kw", "colo_kw"} {
			if v, _ := c.Value(key); v.Origin != Assumption || !strings.Contains(v.From.String(), want.said) {
				t.Errorf("%s: %s is %s (%s)", gpu, key, v.Origin, v.From)
			}
		}
		if want.origin == PriceTable {
			if v, _ := c.Value("gpu_hour_reserved"); math.Abs(v.V-hour.V*reservedPart) > .006 || v.Origin != Assumption {
				t.Errorf("%s: reserved at %v", gpu, v.V)
			}
		}
	}
	p.GPU, p.GPUHour = "A100", fleet.Some(fleet.USDPerHour(1.2))
	c := filled(t, s)
	stands(t, &c, "gpu_hour", 1.2, Configured)
	stands(t, &c, "gpu_hour_spot", .6, Assumption)
	put(t, &c, "capex", 90_000)
	if v, _ := c.Value("capex"); v.From.String() != "test" {
		t.Errorf("what is entered stands: %s", v.From)
	}
}
