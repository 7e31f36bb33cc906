package clusters

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"pitwall/backends/sim/kubeapi"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// Options are what a cluster needs.
type Options struct {
	Name  string // of the cluster: "kube-fra1"
	Site  string
	World *world.World
	Clock fleet.Clock
	Pools []string // whose nodes are in this cluster
	// Gateways are the gateway replicas that run in it.
	Gateways []string
	// URL finds the base URL of a simulated server by the name of its replica, node or gateway replica.
	URL func(name string) string
	// Tokens are what opens the cluster.
	Tokens Tokens
	// Synthetic adds nodes and pods without engines behind them, for measuring.
	Synthetic Synthetic
}

// Tokens are the bearer tokens of one cluster's users.
type Tokens struct {
	Admin  string // may do everything
	Viewer string // reads all but secrets
	Scoped string // reads the serving namespace only
	Nobody string // may ask what is served and what it may do
}

// Names of the users behind the tokens.
const (
	AdminName  = "demo-admin"
	ViewerName = "demo-viewer"
	ScopedName = "demo-serving-viewer"
	NobodyName = "demo-nobody"
)

// Version is the release whose answers the API gives.
const Version = "v1.36.3"

// Cluster is one served cluster.
type Cluster struct {
	o      Options
	pools  map[string]*world.PoolSpec
	store  *kubeapi.Store
	api    *kubeapi.Server
	http   *http.Server
	url    string
	ca     []byte
	stop   context.CancelFunc
	pumped chan struct{}

	mu      sync.Mutex // one sync at a time
	seen    uint64     // the world's version that the objects show
	begun   bool
	dirty   bool // a client has changed what a controller looks at
	members members
	rolls   map[string]*rolling // by pool
	lines   broadcast
}

// members are the world's objects that the store shows.
type members struct {
	pods   map[string]string // by name: the engine that each carries
	nodes  map[string]bool
	events map[uint64]string
}

// pumpEvery is how far the objects may fall behind the world, on the fleet's clock, while somebody watches.
const pumpEvery = time.Second

// Serve answers on a listener until Close. Errors are KindInternal: no certificate could be made.
func Serve(o Options, l net.Listener) (*Cluster, error) {
	cert, ca, err := selfSigned(o.Name)
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "make a certificate for " + o.Name, Err: err,
			Next: "nothing was started"}
	}
	c := &Cluster{o: o, pools: map[string]*world.PoolSpec{}, url: "https://" + l.Addr().String(), ca: ca,
		store: kubeapi.NewStore(o.Clock.Now()), pumped: make(chan struct{}), rolls: map[string]*rolling{},
		members: members{pods: map[string]string{}, events: map[uint64]string{}}}
	for i := range o.World.Spec.Pools {
		p := &o.World.Spec.Pools[i]
		for _, name := range o.Pools {
			if p.Name == name {
				c.pools[name] = p
			}
		}
	}
	c.api = kubeapi.New(kubeapi.Options{Store: c.store, Backend: c, Users: users(o.Tokens), Version: Version})
	c.Refresh()
	base, cancel := context.WithCancel(context.Background())
	c.stop = cancel
	c.http = &http.Server{Handler: c.dated(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: silent(),
		BaseContext: func(net.Listener) context.Context { return base },
		TLSConfig:   &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}}
	go func() { _ = c.http.ServeTLS(l, "", "") }() // ends with http.ErrServerClosed
	c.pump(base)
	return c, nil
}

// dated serves the API with the fleet's idea of the time, which clients compare their own with.
func (c *Cluster) dated() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", c.o.Clock.Now().UTC().Format(http.TimeFormat))
		c.api.ServeHTTP(w, r)
	})
}

func users(t Tokens) map[string]kubeapi.User {
	all := map[string]kubeapi.User{t.Admin: kubeapi.Admin(AdminName), t.Viewer: kubeapi.Viewer(ViewerName),
		t.Scoped: kubeapi.NamespaceViewer(ScopedName, world.Namespace), t.Nobody: kubeapi.Nobody(NobodyName)}
	delete(all, "")
	return all
}

// pump lets watchers see the world change although nobody asks, until ctx ends.
func (c *Cluster) pump(ctx context.Context) {
	task := c.o.Clock.Task()
	go func() {
		defer close(c.pumped)
		defer task.Done()
		for task.Sleep(ctx, pumpEvery) == nil {
			if c.api.Streams() > 0 {
				c.Refresh()
			}
			c.store.Tick(c.o.Clock.Now())
		}
	}()
}

// Close ends the server and its streams.
func (c *Cluster) Close() error {
	c.stop()
	<-c.pumped
	c.store.Close()
	err := c.http.Close()
	c.api.Close()
	return err
}

// Name returns the cluster's name.
func (c *Cluster) Name() string { return c.o.Name }

// URL returns the address of the API.
func (c *Cluster) URL() string { return c.url }

// CA returns the certificate of the authority that clients must trust, as PEM.
func (c *Cluster) CA() []byte { return c.ca }

// Store returns the objects; it is for tests and measurements.
func (c *Cluster) Store() *kubeapi.Store { return c.store }

// Refresh brings the objects to the present.
func (c *Cluster) Refresh() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.o.Clock.Now()
	var s scene
	changed := false
	c.o.World.At(now, func() {
		if v := c.o.World.Version(); v != c.seen || !c.begun || c.dirty {
			changed = true
			s = look(c.o.World, v)
		}
	})
	if !changed {
		c.lines.wake()
		return
	}
	c.store.Tick(now)
	if !c.begun {
		c.found()
	}
	c.show(&s)
	c.seen, c.begun, c.dirty = s.version, true, false
	c.lines.wake()
}
