package viewtest

import (
	"strconv"
	"time"

	"pitwall/fleet"
)

// figures are what one pool or provider does, in the order of the wireframe's columns.
type figures struct {
	requests, errors, ttft, itl, queue, kv, out float64
}

func load(f figures) fleet.Load {
	l := fleet.Load{
		At: ago(2 * time.Second), Window: time.Minute, Requests: fleet.Some(fleet.Rate(f.requests)),
		Running: fleet.Some(fleet.Count(f.requests / 3)), OutRate: fleet.Some(fleet.TokenRate(f.out)),
		InRate: fleet.Some(fleet.TokenRate(f.out * 9)), PrefixHit: fleet.Some(fleet.Ratio(0.41)),
	}
	if f.requests > 0 {
		l.Errors = fleet.Some(fleet.Ratio(f.errors))
		l.TTFT95, l.TTFT50 = fleet.Some(fleet.Seconds(f.ttft)), fleet.Some(fleet.Seconds(f.ttft/3))
	}
	if f.itl > 0 {
		l.ITL95 = fleet.Some(fleet.Seconds(f.itl))
	}
	if f.queue >= 0 {
		l.Waiting = fleet.Some(fleet.Count(f.queue))
	}
	if f.kv >= 0 {
		l.KV = fleet.Some(fleet.Ratio(f.kv))
	}
	return l
}

func trends(f figures) fleet.Trends {
	t := fleet.Trends{
		Requests: Wave(60, f.requests, f.requests/12, 0.21), Errors: Climb(60, f.errors/9, f.errors),
		Waiting: Climb(60, 0, max(0, f.queue)), OutRate: Wave(60, f.out, f.out/15, 0.4),
		KV: Climb(60, max(0, f.kv)*0.6, max(0, f.kv)),
	}
	if f.ttft > 0 {
		t.TTFT95 = Climb(60, f.ttft*0.4, f.ttft)
	}
	if f.itl > 0 {
		t.ITL95 = Wave(60, f.itl, f.itl/20, 0.5)
	}
	return t
}

func pools() []fleet.Pool {
	b := pool("b200-a", "llama-70b", "B200", 8, figures{412, 0.062, 2.1, 0.088, 188, 0.97, 4100}, 0.99, 186,
		fleet.StateCrit)
	b.Spec.Site, b.Why, b.Since = "fra-1", fleet.Text("err 6.2% > 2.0%; 1 of 8 replicas makes no progress"),
		ago(4*time.Minute)
	lose(&b)
	h := pool("h100-b", "llama-70b", "H100", 4, figures{298, 0.0031, 0.72, 0.039, 12, 0.58, 3900}, 0.71, 98,
		fleet.StateOK)
	c := pool("h100-c", "qwen-embed", "H100", 2, figures{940, 0.0002, 0.038, 0, 0, 0.20, 88000}, 0.44, 31,
		fleet.StateOK)
	d := pool("h200-dr", "llama-70b", "H200", 2, figures{0, 0, 0, 0, 0, 0.03, 0}, 0.01, 61, fleet.StateStandby)
	d.Spec.Standby, d.PerMTok = true, fleet.None[fleet.USDPerMTok]()
	return []fleet.Pool{b, h, c, d}
}

func pool(id fleet.PoolID, model fleet.ModelName, gpu string, n int, f figures, util, burn float64,
	s fleet.State) fleet.Pool {
	p := fleet.Pool{
		Spec: fleet.PoolSpec{ID: id, Site: "fra-2", Engine: "vllm", Model: model, GPUsPerReplica: 8, GPU: gpu,
			GPUHour: fleet.Some(fleet.USDPerHour(burn / float64(n) / 8)), Labels: []string{"eu"}},
		Load: load(f), Trends: trends(f), Ready: n, Desired: n, GPUUtil: fleet.Some(fleet.Ratio(util)),
		Power: fleet.Some(fleet.Watts(float64(n) * 6200 * util)), KVTokens: fleet.Some(fleet.Tokens(n * 2_400_000)),
		Burn: fleet.Some(fleet.USDPerHour(burn)), PerMTok: fleet.Some(fleet.USDPerMTok(0.92)),
		Rating: fleet.Some(fleet.Rating{Prefill: 120000, Decode: 9000, From: ago(50 * time.Hour), Kind: "history"}),
		State:  s, Since: ago(3 * time.Hour),
		Progress: fleet.Progress{Moving: fleet.Some(true), LastToken: ago(2 * time.Second)},
	}
	p.Trends.GPUUtil = Wave(60, util, util/30, 0.3)
	for i := range n {
		name := string(id) + "-0" + strconv.Itoa(i+1)
		p.Replicas = append(p.Replicas, replica(fleet.ReplicaID(string(id)+"-r"+strconv.Itoa(i+1)),
			fleet.NodeID(name), f, float64(n)))
		p.Nodes = append(p.Nodes, Node(fleet.NodeID(name), 8, util))
	}
	return p
}

func replica(id fleet.ReplicaID, node fleet.NodeID, f figures, n float64) fleet.Replica {
	f.requests, f.queue, f.out = f.requests/n, f.queue/n, f.out/n
	r := fleet.Replica{ID: id, Node: node, Load: load(f), Trends: trends(f), Health: fleet.Some(true),
		Version: fleet.Text("0.24.0"), Engines: 1, State: fleet.StateOK, At: ago(2 * time.Second),
		Source:   fleet.SourceID(node),
		Progress: fleet.Progress{Moving: fleet.Some(true), LastToken: ago(2 * time.Second)}}
	if f.requests == 0 {
		r.State, r.Progress.Moving = fleet.StateIdle, fleet.None[bool]()
	}
	return r
}

// Node is a healthy machine of n GPUs at a utilisation.
func Node(id fleet.NodeID, n int, util float64) fleet.Node {
	node := fleet.Node{ID: id, State: fleet.StateOK, Power: fleet.Some(fleet.Watts(6200 * util)),
		At: ago(3 * time.Second)}
	for i := range n {
		node.GPUs = append(node.GPUs, fleet.GPU{
			Reading: fleet.GPUReading{ID: fleet.GPUID("GPU-" + string(id) + "-" + strconv.Itoa(i)),
				Index:   strconv.Itoa(i),
				Product: "NVIDIA", Host: string(id), Util: fleet.Some(fleet.Ratio(util)),
				DRAMUtil: fleet.Some(fleet.Ratio(util * 0.6)),
				MemUsed:  fleet.Some(fleet.Bytes(72 << 30)), MemFree: fleet.Some(fleet.Bytes(8 << 30)),
				Temp: fleet.Some(fleet.Celsius(60 + 20*util)), Power: fleet.Some(fleet.Watts(775 * util)),
				SMClockMHz: fleet.Some(1755.0), LastXid: fleet.Some(0), ECCDouble: fleet.Some(0.0)},
			Trend: Wave(30, util, util/20, 0.3), State: fleet.StateOK,
		})
	}
	return node
}

// lose takes the seventh node of a pool away: Xid on all of its GPUs, one of them gone from the page, and
// the replica on it with work but no tokens.
func lose(p *fleet.Pool) {
	node := &p.Nodes[6]
	node.State, node.Why = fleet.StateCrit, fleet.Text("Xid 119 on 8 GPUs: reset the node")
	for i := range node.GPUs {
		g := &node.GPUs[i]
		g.State, g.Reading.Util, g.Reading.LastXid = fleet.StateCrit, fleet.Some(fleet.Ratio(0)), fleet.Some(119)
		g.Xid = fleet.Some(fleet.XidSeen{Code: 119, Meaning: fleet.Text("GSP RPC timeout"),
			Action: fleet.Text("drain the node, then reset its GPUs"), First: fleet.Some(ago(4 * time.Minute))})
	}
	gone := &node.GPUs[7]
	gone.Missing, gone.Why, gone.Asks = true, fleet.Text("gone from the exporter's page"), fleet.Text("a node reboot")
	gone.XidHistory = []fleet.XidSeen{
		{Code: 119, Meaning: gone.Xid.V.Meaning, Action: gone.Xid.V.Action,
			Dispute: fleet.Text("gpud: reboot, inspect; device plugin: GPU unhealthy"),
			First:   fleet.Some(ago(9 * time.Minute)), Last: fleet.Some(ago(4 * time.Minute)), Count: fleet.Some(fleet.Count(8)),
			Recent: fleet.Some(fleet.Count(3)), RecentOf: 5 * time.Minute},
		{Code: 48, Meaning: fleet.Text("double-bit ECC error: data in GPU memory was lost"), Settled: true,
			Action: fleet.Text("drain, check row remap and ECC counters, then reset the GPU"), Last: fleet.Some(ago(26 * time.Hour)),
			First: fleet.Some(ago(26 * time.Hour)), Count: fleet.Some(fleet.Count(1))},
		{Code: 13, Meaning: fleet.Text("engine exception, mostly an illegal access by the program"),
			Action:  fleet.Text("restart the process; do not drain unless it repeats on this GPU"),
			Dispute: fleet.Text("gpud: warning; device plugin: ignored")},
	}
	r := &p.Replicas[6]
	r.State, r.Why = fleet.StateDown, fleet.Text("no token for 4m with 11 running, /health says ok")
	r.Progress = fleet.Progress{Moving: fleet.Some(false), LastToken: ago(4 * time.Minute), Stalled: 4 * time.Minute,
		Why: r.Why}
	r.Load.OutRate, r.Load.Errors = fleet.Some(fleet.TokenRate(0)), fleet.Some(fleet.Ratio(0.97))
	r.Load.TTFT95, r.Load.ITL95 = fleet.None[fleet.Seconds](), fleet.None[fleet.Seconds]()
	p.Ready = 7
}
