package promapi_test

import (
	"math"
	"slices"
	"testing"

	"pitwall/fleet"
)

// boardOf tells the rows of one device by what the exporters of these tests say: instances share the index.
func boardOf(page string, g fleet.GPUReading) string { return page + "/" + g.Index + string(g.ID) }

// board is one device in the making, of the rows that the connector reads.
type board struct {
	utils []fleet.Ratio
	power fleet.Maybe[fleet.Watts]
	bad   bool
	known bool // whether it is bad
	xid   fleet.Maybe[int]
}

func (b *board) add(g *fleet.GPUReading) {
	if g.Util.OK {
		b.utils = append(b.utils, g.Util.V)
	}
	if g.Power.OK {
		b.power = g.Power
	}
	if g.LastXid.OK {
		b.xid = fleet.Some(max(b.xid.V, g.LastXid.V))
	}
	b.known = b.known || g.RemapFailed.OK || g.Recovery.OK || g.Healthy.OK
	b.bad = b.bad || g.RemapFailed.V || g.Recovery.V > 0 || g.Healthy.OK && !g.Healthy.V
}

// sumOf adds rows up as the totals of a pool are defined.
func (p *playedStore) sumOf(t *testing.T, kind string) fleet.GPUTotals {
	t.Helper()
	boards := map[string]*board{}
	nodes := 0
	var out fleet.GPUTotals
	var free fleet.Maybe[fleet.Bytes]
	for i, page := range p.decoded(t, kind, 0) {
		if len(page.GPUs) > 0 {
			nodes++
		}
		for j := range page.GPUs {
			g := &page.GPUs[j]
			key := boardOf(p.names[i], *g)
			if boards[key] == nil {
				boards[key] = &board{}
			}
			boards[key].add(g)
			if g.MemUsed.OK {
				out.MemUsed = fleet.Some(out.MemUsed.V + g.MemUsed.V)
			}
			if g.MemFree.OK {
				free = fleet.Some(free.V + g.MemFree.V)
			}
			if g.Temp.OK {
				out.Hottest = fleet.Some(max(out.Hottest.V, g.Temp.V))
			}
		}
	}
	out.Boards, out.Nodes = fleet.Some(len(boards)), fleet.Some(nodes)
	if out.MemUsed.OK && free.OK {
		out.MemAll = fleet.Some(out.MemUsed.V + free.V)
	}
	var utils []fleet.Ratio
	for _, b := range boards {
		if len(b.utils) > 0 {
			utils = append(utils, mean(b.utils))
		}
		if b.power.OK {
			out.Power = fleet.Some(out.Power.V + b.power.V)
		}
		if b.known {
			out.Faulty.OK = true
		}
		if b.bad {
			out.Faulty.V++
		}
		if b.xid.OK {
			out.Xid = fleet.Some(out.Xid.V + min(1, b.xid.V))
		}
	}
	out.Util = fleet.Some(mean(utils))
	return out
}

func mean(list []fleet.Ratio) fleet.Ratio {
	sum := fleet.Ratio(0)
	for _, v := range list {
		sum += v
	}
	return sum / fleet.Ratio(len(list))
}

// TestGPUsAsAWholeAreTheSumOfTheirRows: of every exporter, with boards that are cut, values that are none, rows that
// repeat each other, and names of several generations.
func TestGPUsAsAWholeAreTheSumOfTheirRows(t *testing.T) {
	for _, c := range []struct {
		exporter string
		pages    []string
		hurt     []fleet.GPUID // the worst, in order
	}{
		{"dcgm", []string{"dcgm-old-names", "dcgm-new-names"}, []fleet.GPUID{"GPU-4", "GPU-2", "GPU-2", "GPU-1"}},
		{"nvidia-gpu", []string{"nvidia-gpu-nvml", "nvidia-gpu-smi"}, []fleet.GPUID{"GPU-bbbb", "GPU-bbbb", "GPU-aaaa", "GPU-dddd"}},
		{"amd", []string{"amd-mi300", "amd-mi200"}, []fleet.GPUID{"900", "900", "900", "0", "901"}},
		{"triton", []string{"triton", "triton-hung"}, nil},
		{"nvidia-gpu", []string{"nvidia-gpu-smi"}, []fleet.GPUID{"GPU-dddd"}},
	} {
		t.Run(c.exporter+" "+c.pages[0], func(t *testing.T) {
			p := playPool(t, "vllm", c.exporter, "", append(slices.Clone(c.pages), "vllm-old-names")...)
			p.names = c.pages
			p.compareParts(t, c.exporter)
			got, want := p.read.GPUs, p.sumOf(t, c.exporter)
			for _, n := range p.notes {
				t.Errorf("it says %s", n.Text)
			}
			near := func(a, b fleet.Maybe[float64]) bool { return a.OK == b.OK && math.Abs(a.V-b.V) <= 1e-9*math.Abs(b.V) }
			if !near(plain(got.Util), plain(want.Util)) || !near(plain(got.Power), plain(want.Power)) ||
				!near(plain(got.MemUsed), plain(want.MemUsed)) || !near(plain(got.MemAll), plain(want.MemAll)) {
				t.Errorf("use %v, power %v, memory %v of %v; one by one %v, %v, %v of %v", got.Util, got.Power, got.MemUsed, got.MemAll,
					want.Util, want.Power, want.MemUsed, want.MemAll)
			}
			if got.Boards != want.Boards || got.Nodes != want.Nodes || got.Hottest != want.Hottest || got.Faulty != want.Faulty {
				t.Errorf("%v boards on %v nodes, hottest %v, %v faulty; one by one %v, %v, %v, %v", got.Boards, got.Nodes, got.Hottest,
					got.Faulty, want.Boards, want.Nodes, want.Hottest, want.Faulty)
			}
			if got.Xid != want.Xid {
				t.Errorf("%v with an Xid, one by one %v", got.Xid, want.Xid)
			}
			var hurt []fleet.GPUID
			for _, g := range p.read.Hurt {
				hurt = append(hurt, g.ID)
			}
			if !slices.Equal(hurt, c.hurt) {
				t.Errorf("the worst are %v, want %v", hurt, c.hurt)
			}
		})
	}
}
