package promapi_test

import (
	"context"
	"math"
	"net/http/httptest"
	"testing"
	"time"

	"pitwall/backends/dcgm"
	"pitwall/backends/prometheus"
	"pitwall/backends/sim/promapi"
	"pitwall/fleet"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// ask reads some pools of a model as pitwall does.
func ask(t testing.TB, m *promapi.Model, names ...string) map[fleet.PoolID]fleet.PoolReading {
	t.Helper()
	clock := fleet.NewVirtualClock(noon)
	s := httptest.NewServer(promapi.New(promapi.Options{Data: promapi.NewLarge(m), Clock: clock}))
	defer s.Close()
	d := dcgm.Connector()
	r, err := prometheus.Connector().NewReader(fleet.SourceSpec{ID: "store", URL: s.URL}, fleet.Deps{Clock: clock,
		Decoders: map[string]func() fleet.Decoder{"dcgm": d.NewDecoder}, Families: map[string][]string{"dcgm": d.Families}})
	if err != nil {
		t.Fatal(err)
	}
	var pools []fleet.PoolSpec
	for _, n := range names {
		pools = append(pools, fleet.PoolSpec{ID: fleet.PoolID(n), Engine: "vllm", Store: &fleet.StorePool{Source: "store",
			Replicas: `namespace="llm",pod=~"` + n + `-.*"`, GPUs: `exported_pod=~"` + n + `-.*"`}})
	}
	r.(fleet.Store).Serve(nil, pools)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := r.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	out := map[fleet.PoolID]fleet.PoolReading{}
	for _, x := range p.Pools {
		if x.Err != nil {
			t.Errorf("%s: %v", x.Pool, x.Err)
		}
		out[x.Pool] = x
	}
	for _, n := range p.Notices {
		t.Errorf("it says %s", n.Text)
	}
	return out
}

func TestTheLargeModelIsAsLargeAsItSays(t *testing.T) {
	l := promapi.NewLarge(promapi.LargeModel(noon))
	if l.Replicas() != 10_000 || l.GPUs() != 80_000 {
		t.Errorf("%d replicas and %d GPUs", l.Replicas(), l.GPUs())
	}
}

// TestAnswersFollowFromTheModel: what is read of a pool is what its replicas were made to do.
func TestAnswersFollowFromTheModel(t *testing.T) {
	m := promapi.LargeModel(noon)
	m.Pools = m.Pools[:4]
	for i := range m.Pools {
		m.Pools[i].Replicas = 60
	}
	for name, r := range ask(t, m, "llm-01", "llm-03") {
		p := m.Pools[map[fleet.PoolID]int{"llm-01": 1, "llm-03": 3}[name]]
		about := func(what string, got, want, part float64) {
			if math.Abs(got-want) > part*want {
				t.Errorf("%s: %s is %v, want about %v", name, what, got, want)
			}
		}
		about("tokens a request", float64(r.OutRate.V/fleet.TokenRate(r.Requests.V)), p.Output, .02)
		about("prompt mean", float64(r.PromptMean.V), p.Prompt, .01)
		about("output mean", float64(r.OutputMean.V), p.Output, .01)
		about("requests", float64(r.Requests.V), p.Rate*60, .4)                             // it swings by 30 %
		about("running", float64(r.Running.V), float64(r.Requests.V)*float64(r.E2E.V), .08) // Little's law
		about("errors", float64(r.Failed.V/r.Requests.V), .001, .2)
		about("observations", r.ITL.Count()/r.TTFT.Count(), p.Output, .02)
		if r.Replicas != fleet.Some(60) || r.GPUs.Boards != fleet.Some(480) || r.GPUs.Nodes != fleet.Some(60) {
			t.Errorf("%s: %v replicas, %v boards, %v nodes", name, r.Replicas, r.GPUs.Boards, r.GPUs.Nodes)
		}
		if len(r.Worst) != 20 || len(r.Hurt) != 20 || !r.At.After(noon.Add(-m.Every)) {
			t.Errorf("%s: %d worst, %d hurt, at %v", name, len(r.Worst), len(r.Hurt), r.At)
		}
		if h := r.Hurt[0]; h.Pod == "" || !h.Util.OK || !h.Temp.OK || h.Temp.V != r.GPUs.Hottest.V && !(h.RemapFailed.V || h.LastXid.V > 0) {
			t.Errorf("%s: the worst GPU is %+v", name, h)
		}
	}
}

// TestTroubleOfTheModelIsFound: replicas that are down or stalled, and broken GPUs, come first.
func TestTroubleOfTheModelIsFound(t *testing.T) {
	m := promapi.LargeModel(noon)
	var down, stalled, broken int
	for i := range m.Pools {
		m.Pools[i].GPUs = 1
	}
	for name, r := range ask(t, m, "llm-00", "llm-14", "llm-15") { // these have some of each
		lost := r.Replicas.V - r.Up.V
		down, stalled, broken = down+lost, stalled+r.Stalled.V, broken+r.GPUs.Faulty.V
		for i, x := range r.Worst[:lost+r.Stalled.V] {
			if wrong := x.Up != fleet.Some(false); i < lost && wrong || i >= lost && !x.Stalled {
				t.Errorf("%s: number %d of the worst is %+v", name, i, x)
			}
		}
		for i := range r.GPUs.Faulty.V {
			if g := r.Hurt[i]; g.LastXid != fleet.Some(64) || g.RemapFailed != fleet.Some(true) {
				t.Errorf("%s: number %d of the GPUs is %+v", name, i, g)
			}
		}
	}
	if down == 0 || stalled == 0 || broken == 0 {
		t.Errorf("%d down, %d stalled, %d broken: the model has no trouble to find", down, stalled, broken)
	}
}

// BenchmarkLargePool asks for one pool of 250 replicas: the work of store and reader together.
func BenchmarkLargePool(b *testing.B) {
	m := promapi.LargeModel(noon)
	for b.Loop() {
		ask(b, m, "llm-00")
	}
}
