package workload

import (
	"strings"
	"testing"

	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
)

func prices(t testing.TB) *economics.Catalogue {
	t.Helper()
	list, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const whole = `
name: support chat
model: llama-3.3-70b
api: anthropic/claude-sonnet-4-6
gpu: lambda/gpu_8x_h100_sxm5
inputs: {volume: 300, growth: 50%, gpu_source: reserved, spares: 2}
facts:
  residency: [eu]
  must_own: 30
  frontier: 12.5
  special: []
  team: true
  providers: 2
`

func TestAFileDescribesAWorkload(t *testing.T) {
	c, err := Read([]byte(whole), prices(t))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[tco.Key]struct {
		v      float64
		origin tco.Origin
	}{"volume": {300, tco.Configured}, "growth": {50, tco.Configured}, "gpu_source": {tco.Reserved, tco.Configured}, "price_out": {15, tco.PriceTable},
		"gpu_hour": {3.99, tco.PriceTable}, "people": {2, tco.Assumption}} {
		if v, _ := c.Value(key); v.V != want.v || v.Origin != want.origin {
			t.Errorf("%s: %+v, want %+v", key, v, want)
		}
	}
	f := c.Facts
	if c.Name != "support chat" || f.MustOwn.V != .3 || f.Frontier.V != .125 || !f.Special.OK || f.Latency.OK || f.AirGap.OK || f.Providers.V != 2 {
		t.Errorf("%s: %+v", c.Name, f)
	}
	j, err := Read([]byte(`{"name":"as JSON","inputs":{"volume":7.5},"facts":{"air_gap":true}}`), prices(t))
	if v, _ := j.Value("volume"); err != nil || v.V != 7.5 || !j.Facts.AirGap.V {
		t.Errorf("JSON: %v, %v", v, err)
	}
	if _, err := Read(nil, prices(t)); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

func TestAllThatIsWrongWithAFileIsSaid(t *testing.T) {
	_, err := Read([]byte("api: gpt-4o\ngpu: nobody/none\ninputs: {volume: -1, nonsense: 2}\nfacts: {must_own: 130}\n"), prices(t))
	for _, want := range []string{"api gpt-4o is not KIND/MODEL", "no offer nobody/none", "volume -1 is out of bounds", "no input nonsense",
		"facts.must_own 130 is out of bounds"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	for _, bad := range []string{"volume: 3", "inputs: [1]", "facts: {team: perhaps}", "\x00", strings.Repeat("#", MostBytes+1)} {
		if _, err := Read([]byte(bad), prices(t)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%.20q is taken: %v", bad, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	list := prices(f)
	f.Add([]byte(whole))
	f.Add([]byte("inputs: {volume: 1e300}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := Read(body, list)
		if err != nil {
			for _, line := range fleet.Sentences(err, 100) {
				if !fleet.IsClean(line.String()) {
					t.Fatalf("%q", line)
				}
			}
			return
		}
		for _, e := range c.Entries() {
			if e.Value < e.Min || e.Value > e.Max {
				t.Fatalf("%s is %v, out of bounds", e.Key, e.Value)
			}
		}
	})
}
