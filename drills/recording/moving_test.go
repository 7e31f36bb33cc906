package recording

import (
	"math"
	"math/rand/v2"
	"time"

	"pitwall/fleet"
	"pitwall/views/viewtest"
)

// moving is a fleet whose figures move: 64 pools of 8 replicas and 8 GPUs each. Replicas and targets are read each 5 s and GPUs each
// 10 s, not all in the same second; each figure then changes by up to a tenth, each for itself. Trends are full: 6 h of pools and
// routes, 1 h of replicas and GPUs.
type moving struct {
	rng  *rand.Rand
	snap *fleet.Snapshot
	step int
	past map[string][]float64
}

func newMoving(pools int) *moving {
	m := &moving{rng: rand.New(rand.NewPCG(7, 7)), snap: viewtest.Large(pools, 8), past: map[string][]float64{}}
	m.snap.At = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	return m
}

// next is the fleet a second later, as a new snapshot.
func (m *moving) next() *fleet.Snapshot {
	m.step++
	s := *m.snap
	s.At, s.Gen = s.At.Add(time.Second), s.Gen+1
	old := s.Pools
	s.Pools = make([]fleet.Pool, len(old))
	copy(s.Pools, old)
	for i := range s.Pools {
		m.pool(&s.Pools[i], i, s.At)
	}
	m.load(&s.Totals.Load, s.At)
	s.Totals.Trends = m.trends("totals", 2160, s.Totals.Load, s.At)
	s.Events = append([]fleet.Event(nil), s.Events...)
	if m.step%20 == 0 {
		s.Events = append([]fleet.Event{{At: s.At, Level: fleet.LevelWarn, Object: fleet.Text("pool-3"), Text: fleet.Textf("step %s", fleet.Int(m.step))}}, s.Events...)
		s.Events = s.Events[:min(len(s.Events), 200)]
	}
	m.snap = &s
	return &s
}

func (m *moving) pool(p *fleet.Pool, i int, at time.Time) {
	m.load(&p.Load, at)
	p.Trends = m.trends(string(p.Spec.ID), 2160, p.Load, at)
	p.Replicas = append([]fleet.Replica(nil), p.Replicas...)
	for j := range p.Replicas {
		r := &p.Replicas[j]
		if (m.step+i+j)%5 == 0 {
			m.load(&r.Load, at)
			r.At = at
		}
		r.Trends = m.trends(string(p.Spec.ID)+"/"+string(r.ID), 360, r.Load, at)
	}
	p.Nodes = append([]fleet.Node(nil), p.Nodes...)
	for j := range p.Nodes {
		n := &p.Nodes[j]
		n.GPUs = append([]fleet.GPU(nil), n.GPUs...)
		for k := range n.GPUs {
			g := &n.GPUs[k]
			if (m.step+i)%10 == 0 {
				jitter(m.rng, &g.Reading.Util)
				jitter(m.rng, &g.Reading.TensorUtil)
				jitter(m.rng, &g.Reading.DRAMUtil)
				jitter(m.rng, &g.Reading.MemUsed)
				jitter(m.rng, &g.Reading.Temp)
				jitter(m.rng, &g.Reading.Power)
				n.At = at
			}
			g.Trend = m.trend(string(n.ID)+"/"+g.Reading.Index, 360, float64(g.Reading.Util.V), at)
		}
	}
}

func (m *moving) load(l *fleet.Load, at time.Time) {
	l.At = at
	for _, x := range []*fleet.Maybe[fleet.Seconds]{&l.TTFT50, &l.TTFT95, &l.ITL95, &l.E2E, &l.E2E99} {
		jitter(m.rng, x)
	}
	jitter(m.rng, &l.Requests)
	jitter(m.rng, &l.Errors)
	jitter(m.rng, &l.KV)
	jitter(m.rng, &l.PrefixHit)
	jitter(m.rng, &l.InRate)
	jitter(m.rng, &l.OutRate)
	jitter(m.rng, &l.PromptMean)
	jitter(m.rng, &l.OutputMean)
	l.Running.V, l.Waiting.V = fleet.Count(m.rng.IntN(60)), fleet.Count(m.rng.IntN(40))
}

func jitter[T ~float64](rng *rand.Rand, x *fleet.Maybe[T]) {
	if x.OK {
		x.V *= T(0.9 + 0.2*rng.Float64())
		if x.V < 0.01 || x.V > 1e12 {
			x.V = 0.5
		}
	}
}

func (m *moving) trends(key string, most int, l fleet.Load, at time.Time) fleet.Trends {
	return fleet.Trends{
		Requests: m.trend(key+" q", most, float64(l.Requests.V), at), Errors: m.trend(key+" e", most, float64(l.Errors.V), at),
		TTFT95: m.trend(key+" t", most, float64(l.TTFT95.V), at), ITL95: m.trend(key+" i", most, float64(l.ITL95.V), at),
		Waiting: m.trend(key+" w", most, float64(l.Waiting.V), at), KV: m.trend(key+" k", most, float64(l.KV.V), at),
		OutRate: m.trend(key+" o", most, float64(l.OutRate.V), at),
	}
}

// trend is as the Hub keeps it: snapshots share one array, to which a point is added each ten seconds.
func (m *moving) trend(key string, most int, v float64, at time.Time) fleet.Trend {
	const step = 10 * time.Second
	past, known := m.past[key]
	if !known {
		for i := range most {
			past = append(past, 0.5+0.4*math.Sin(float64(i)/7)*m.rng.Float64())
		}
		past[1] = math.NaN()
	}
	if at.Unix()%10 == 0 {
		past = append(past, v)
	}
	m.past[key] = past
	show := past[len(past)-most:]
	return fleet.Trend{Step: step, End: at.Truncate(step), V: show[:most:most]}
}
