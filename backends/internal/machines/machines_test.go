package machines

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"pitwall/fleet"
)

func TestGPU(t *testing.T) {
	for said, want := range map[string]string{
		"NVIDIA H100 80GB HBM3": "H100", "gpu_2x_h100_sxm5": "H100", "H100x8": "H100", "h100-80gb": "H100", "H100_SXM_INF": "H100", "H100-SXM-80GB": "H100",
		"2x_nvidia_a100_80gb_sxm": "A100", "NVIDIA A100-SXM4-80GB": "A100", "gpu-h200x8-1128gb": "H200", "amd_mi300x": "MI300X", "gpu-mi300x1-192gb": "MI300X",
		"NVIDIA GeForce RTX 4090": "RTX 4090", "RTX_6000_PCI": "RTX 6000", "NVIDIA L40S": "L40S", "L4-24GB": "L4", "N/A": "", "": "", "x": "", "XX": "",
		"A10G": "A10G", "a10": "A10", "RTX": "",
	} {
		if got := GPU(said); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for said, want := range map[string]string{"838": "8.38", "838.5": "8.385", "0": "0"} {
		if got := Cents(json.Number(said)); !got.OK || got.V.Amount().String() != want {
			t.Errorf("%s cents are %v, want %s", said, got.V.Amount(), want)
		}
	}
	if got := CentsAMinute("11.2"); got.V.Amount().String() != "6.72" {
		t.Errorf("11.2 cents a minute are %v an hour", got.V.Amount())
	}
	for _, said := range []json.Number{"", "-1", "1e999999999", "1e-999999999", "100001", "NaN", "Inf", "much", "1111111111111111111111111111111111"} {
		if got := Dollars(said); got.OK {
			t.Errorf("%s is taken for %v", said, got.V.Amount())
		}
	}
}

func TestSeldom(t *testing.T) {
	var s Seldom[int]
	at, n, fails := time.Unix(1e9, 0), 0, error(nil)
	read := func() (int, error) { n++; return n, fails }
	for i, want := range []struct {
		after time.Duration
		fails bool
		v     int
	}{{0, false, 1}, {time.Minute, false, 1}, {time.Hour, true, 1}, {time.Hour + time.Second, false, 3}, {time.Hour + time.Minute, false, 3}} {
		fails = nil
		if want.fails {
			fails = errors.New("no")
		}
		if v, err := s.Get(at.Add(want.after), time.Hour, read); v != want.v || (err != nil) != want.fails {
			t.Errorf("%d: %d, %v", i, v, err)
		}
	}
}

// Whatever a provider writes: no crash, no price that is none.
func FuzzTexts(f *testing.F) {
	f.Add("H100x8", "4.29")
	f.Fuzz(func(t *testing.T, gpu, price string) {
		if g := GPU(gpu); len(g) > 64 {
			t.Errorf("%q", g)
		}
		if d := Dollars(json.Number(price)); d.OK && (d.V.Amount().IsNegative() || d.V.Currency() != fleet.USD) {
			t.Errorf("%q is %v", price, d.V.Amount())
		}
	})
}
