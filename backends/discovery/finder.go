package discovery

import (
	"context"
	"sync"
	"time"

	"pitwall/fleet"
)

// Options say how one cluster is searched.
type Options struct {
	Cluster    fleet.ClusterID
	Connectors []fleet.Connector
	Deps       fleet.Deps
	Prefix     string          // put before the names of what is found, so that those of several clusters differ
	Site       fleet.SiteID    // of what is found; "" is the cluster's name
	Key        fleet.SecretRef // credential of found gateways; zero leaves their routes read-only
	NoDirect   bool            // never try the addresses of pods
}

// Retries of a pod that did not answer yet: engines load for minutes.
const (
	firstRetry = 15 * time.Second
	lastRetry  = 5 * time.Minute
	atOnce     = 4  // requests through the API server
	perRound   = 64 // questions before what is known is told
	directTry  = 3  // pods that are tried directly before a cluster counts as without a direct way
)

// finder remembers what each pod turned out to be. It belongs to one goroutine, but for ask.
type finder struct {
	opt     Options
	signs   []sign
	ask     asker
	pods    map[podKey]*verdict
	tried   int  // pods whose own address was tried in vain
	reached bool // some pod's own address was proven
}

// verdict is what is known of one pod.
type verdict struct {
	likely []candidate // nothing to ask when empty
	is     *candidate  // what was proven; nil for nothing yet
	direct bool
	// heardOf marks what a pod of the same family was proven to be, not this one.
	heardOf bool
	models  []fleet.ModelName
	why     fleet.Safe // why nothing was proven
	tries   int
	next    time.Time // when it is asked again
}

func newFinder(opt Options) *finder {
	return &finder{opt: opt, signs: known(opt.Connectors), ask: httpAsker{opt.Cluster, opt.Deps}, pods: map[podKey]*verdict{}}
}

// look asks what is due and returns when something will be due next; zero means not before the cluster changes.
func (f *finder) look(ctx context.Context, c *fleet.Cluster) time.Time {
	now := f.opt.Deps.Clock.Now()
	f.recall(c)
	spokesmen := f.spokesmen(c)
	var due []*fleet.Pod
	for _, p := range spokesmen {
		if !f.pods[identity(p)].next.After(now) && len(due) < perRound {
			due = append(due, p)
		}
	}
	f.askAll(ctx, due, now)
	f.spreadWord(c)
	var next time.Time
	for _, p := range spokesmen {
		if v := f.pods[identity(p)]; (v.is == nil || v.heardOf) && (next.IsZero() || v.next.Before(next)) {
			next = v.next
		}
	}
	return next
}

// recall keeps what is known of pods that are still there, and thinks of what to ask new ones.
func (f *finder) recall(c *fleet.Cluster) {
	here := make(map[podKey]*verdict, len(c.Pods))
	for _, p := range c.Pods {
		v := f.pods[identity(p)]
		if v == nil {
			v = &verdict{likely: candidates(p, f.signs)}
		}
		here[identity(p)] = v
	}
	f.pods = here
}

// podKey is one life of a pod: a restarted container may be another program.
type podKey struct {
	uid, namespace, name string
	restarts             int
}

func identity(p *fleet.Pod) podKey { return podKey{p.UID, p.Namespace, p.Name, p.Restarts} }

func running(p *fleet.Pod) bool { return p.Phase.String() == "Running" }

// askAll asks a few pods at once.
func (f *finder) askAll(ctx context.Context, due []*fleet.Pod, now time.Time) {
	var work sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	var mu sync.Mutex
	for _, p := range due {
		v := f.pods[identity(p)]
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			f.question(ctx, p, v, &mu)
		})
	}
	work.Wait()
	for _, p := range due {
		if v := f.pods[identity(p)]; v.is == nil || v.heardOf {
			v.next = now.Add(min(firstRetry<<min(v.tries, 8), lastRetry))
			v.tries++
		}
	}
}

// question asks one pod its likely pages until one is proven.
func (f *finder) question(ctx context.Context, p *fleet.Pod, v *verdict, mu *sync.Mutex) {
	for i := range v.likely {
		c := &v.likely[i]
		page, err := f.ask.proxied(ctx, p, c.port, c.sign.path)
		if err != nil {
			v.why = fleet.Sentence(err)
			if fleet.KindOf(err) == fleet.KindAuth && c.sign.role == gateway {
				v.is, v.heardOf = c, false // it guards its pages: that is an answer of the gateway, not a missing one
				return
			}
			continue
		}
		if !c.sign.proves(page) {
			v.why = fleet.Textf("port %s answers %s, but not as %s does", fleet.Int(c.port), fleet.Label(c.sign.path), fleet.Label(c.sign.kind))
			continue
		}
		if routes(page) {
			v.why = fleet.Text("a router in front of engines, not an engine")
			continue
		}
		v.is, v.why, v.models, v.heardOf = c, fleet.Safe{}, f.modelsOf(c.sign.kind, page), false
		v.direct = f.directly(ctx, p, c, page, mu)
		return
	}
}

// routes tells whether a page is that of the router of vLLM's production stack, which repeats the engines' names.
func routes(page []byte) bool { return hasFamily(page, []string{"vllm:healthy_pods_total"}) }

func (f *finder) modelsOf(kind string, page []byte) []fleet.ModelName {
	decoder := f.opt.Deps.Decoders[kind]
	if decoder == nil {
		return nil
	}
	reading, err := decoder().Decode(page)
	if err != nil {
		return nil
	}
	var list []fleet.ModelName
	seen := map[fleet.ModelName]bool{}
	for _, e := range reading.Engines {
		if e.Model != "" && !seen[e.Model] {
			seen[e.Model] = true
			list = append(list, e.Model)
		}
	}
	return list
}

// directly tells whether the pod's own address reaches the same process.
func (f *finder) directly(ctx context.Context, p *fleet.Pod, c *candidate, page []byte, mu *sync.Mutex) bool {
	mu.Lock()
	hopeless := f.opt.NoDirect || p.IP == "" || !f.reached && f.tried >= directTry
	mu.Unlock()
	if hopeless || len(births(page)) == 0 {
		return false
	}
	other, err := f.ask.direct(ctx, p, c.port, c.sign.path)
	same := err == nil && sameProcess(page, other)
	mu.Lock()
	defer mu.Unlock()
	if same {
		f.reached = true
	} else {
		f.tried++
	}
	return same
}
