package sim

import (
	"testing"
	"time"

	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// pace is what the demo's fleet did over a while.
type pace struct {
	load    map[fleet.PoolID]float64 // part of the pool's rating, the greater of prompt and output tokens
	slow    map[fleet.PoolID]float64 // part of the requests whose first token took more than a second
	failed  float64                  // part of the clients' requests
	refused float64                  // 429s of the first provider
}

// measure runs the fleet for d and compares what it did with the inventory's ratings.
func measure(f *Fleet, from time.Time, d time.Duration) pace {
	p := pace{load: map[fleet.PoolID]float64{}, slow: map[fleet.PoolID]float64{}}
	type counts struct{ in, out, first, slow float64 }
	take := func() (map[fleet.PoolID]counts, world.Ledger, float64) {
		pools := map[fleet.PoolID]counts{}
		for _, r := range f.world.Replicas {
			c := pools[fleet.PoolID(r.Pool.Name)]
			c.in += r.Stats.Prompt
			c.out += r.Stats.Generated
			c.first += float64(r.Stats.TTFT.Count())
			for i, n := range r.Stats.TTFT.Counts {
				if i >= len(r.Stats.TTFT.Bounds) || r.Stats.TTFT.Bounds[i] > 1 {
					c.slow += float64(n)
				}
			}
			pools[fleet.PoolID(r.Pool.Name)] = c
		}
		return pools, f.world.Ledger(), f.world.Providers[0].Refused
	}
	var a, b map[fleet.PoolID]counts
	var la, lb world.Ledger
	var ra, rb float64
	f.world.At(from, func() { a, la, ra = take() })
	f.world.At(from.Add(d), func() { b, lb, rb = take() })
	for _, spec := range f.inventory.Pools {
		in, out := (b[spec.ID].in-a[spec.ID].in)/d.Seconds(), (b[spec.ID].out-a[spec.ID].out)/d.Seconds()
		p.load[spec.ID] = max(in/float64(spec.Rating.V.Prefill), out/float64(spec.Rating.V.Decode))
		if n := b[spec.ID].first - a[spec.ID].first; n > 0 {
			p.slow[spec.ID] = (b[spec.ID].slow - a[spec.ID].slow) / n
		}
	}
	p.failed = float64(lb.Failed-la.Failed) / float64(lb.Opened-la.Opened)
	p.refused = rb - ra
	return p
}

// set writes chat's weights through gw-1 at a time.
func set(f *Fleet, at time.Time, b200, h100, rented float64) {
	f.world.At(at, func() {
		for id, w := range map[string]float64{"chat-b200-a": b200, "chat-h100-b": h100, "chat-openai": rented} {
			f.world.Gateways[0].Write(id, world.Change{Params: map[string]any{"weight": w}}, at)
		}
	})
}

func TestTheDemoIsHealthyAndAShiftIsNoticed(t *testing.T) {
	f, _ := listen(t, Options{})
	calm := measure(f, noon, 20*time.Minute)
	t.Logf("calm: %+v", calm)
	for pool, limits := range map[fleet.PoolID][2]float64{
		poolB200: {.55, .75}, poolH100: {.42, .62}, poolCode: {.50, .72}, poolDR: {0, 0},
	} {
		if l := calm.load[pool]; l < limits[0] || l > limits[1] {
			t.Errorf("%s carries %.2f of its rating, want %v", pool, l, limits)
		}
		if calm.slow[pool] > .05 {
			t.Errorf("%s: %.3f of the first tokens take more than a second", pool, calm.slow[pool])
		}
	}
	if calm.failed > .005 || calm.refused > 0 {
		t.Errorf("%.4f of the requests fail, %v are refused by the provider", calm.failed, calm.refused)
	}
	at := noon.Add(20 * time.Minute)
	set(f, at, 30, 60, 10)
	shifted := measure(f, at.Add(2*time.Minute), 10*time.Minute)
	t.Logf("shifted: %+v", shifted)
	if l := shifted.load[poolH100]; l < .75 || l > .85 {
		t.Errorf("with 30 points more h100-b carries %.2f of its rating, want 0.75 to 0.84", l)
	}
	if shifted.slow[poolH100] > .05 || shifted.failed > .005 {
		t.Errorf("the shift does harm: %.3f slow, %.4f failed", shifted.slow[poolH100], shifted.failed)
	}
	at = at.Add(15 * time.Minute)
	set(f, at, 30, 30, 40)
	rented := measure(f, at.Add(2*time.Minute), 5*time.Minute)
	if rented.refused == 0 {
		t.Error("four times the rented traffic does not meet the provider's limit")
	}
}

func TestAWholeShiftBreaksTheReceiver(t *testing.T) {
	f, _ := listen(t, Options{})
	set(f, noon, 0, 90, 10)
	p := measure(f, noon.Add(4*time.Minute), 8*time.Minute)
	if p.slow[poolH100] < .05 {
		t.Errorf("h100-b takes all of b200-a's traffic and stays quick: load %.2f, %.3f slow", p.load[poolH100],
			p.slow[poolH100])
	}
}
