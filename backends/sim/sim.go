package sim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"pitwall/backends/sim/clusters"
	"pitwall/backends/sim/wire"
	"pitwall/backends/sim/world"
	"pitwall/fleet"
)

// KeyName is the credential that the inventory refers to; Secret resolves it without any environment.
const KeyName = "PITWALL_DEMO_KEY"

// key is what the simulated gateways and providers take. It opens nothing but the simulation.
const key = "sk-pitwall-demo-not-a-secret"

// Options shape the embedded fleet; the zero value is the demo.
type Options struct {
	Seed        uint64             // 0 means 1
	Clock       fleet.Clock        // nil means the system's
	Start       time.Time          // when the world begins; zero means the clock's now
	Env         fleet.Env          // "" means stage, so that confirming is practised without typing names
	Mode        fleet.Mode         // "" means demo
	Scale       int                // further pools of one replica and eight GPUs, for measuring
	Engines     map[string]string  // wire format of a pool's engines, where it is not the demo's: "llamacpp", "triton"
	Exporters   map[string]string  // wire format of the GPU exporters of a pool's nodes, where it is not the demo's
	Gateway     string             // wire format of the gateways: "" for LiteLLM, or "kong"
	MetricsAuth bool               // the gateways want a key on /metrics, as LiteLLM does from 1.85 on
	LiteLLM     string             // version that the gateways have the calls and manners of, such as "1.81.15"; "" means 1.96.0
	Loads       map[string]float64 // seconds in which a pool's engines read their weights; a minute where it is not given
	Spares      map[string]int     // engines of a pool that have devices and are not wanted at first
	Stateful    []string           // pools that a StatefulSet keeps, not a Deployment
	Demand      float64            // of the demo's traffic; 0 means all of it, .2 a fifth
	Routes      int                // further routes over the pools and the provider of chat, for measuring
	AtOnce      bool               // gateway replicas take a write over together, as none does that polls: for measuring
	Coalesce    bool               // streams have one event for all tokens since the last, so that one machine can have many
	BentoCloud  bool               // a BentoCloud beside it, with one deployment
	Play        *Play              // a configured fleet that is played in the place of the demo's; nil for the demo's
	Bypass      float64            // requests a second past the gateways; 0 means the demo's, below 0 none
	Machines    bool               // an account at Lambda and a price file say what the machines cost
	Bills       bool               // the bills of the providers and of the gateways are configured
	Accounts    []Account          // further accounts that pay for its providers' traffic or rent its machines out
	Probes      bool               // live probes of the first pool and of one rented model are configured
	// Crowd adds nodes and pods without engines behind them to the first cluster, for measuring.
	Crowd clusters.Synthetic
}

// Fleet is a running embedded fleet.
type Fleet struct {
	options   Options
	world     *world.World
	player    *player // nil for the demo's fleet
	servers   *wire.Servers
	store     *store
	alerts    *alerting
	bentos    *bentoCloud // nil for none
	rentals   *rentals    // nil for none
	accounts  []*openAccount
	clusters  []*clusters.Cluster
	inventory fleet.Inventory
	stop      context.CancelFunc
	kept      chan struct{}
}

// warmUp is how long the world has run when it is first shown, so that engines are in their steady state.
const warmUp = 90 * time.Second

// Listen starts the fleet on free ports of 127.0.0.1. ctx bounds the start only. Errors are KindUnreachable.
func Listen(ctx context.Context, o Options) (*Fleet, error) {
	o = o.withDefaults()
	spec := o.spec()
	var played *player
	if o.Play != nil {
		var err error
		if played, err = newPlayer(*o.Play, o); err != nil {
			return nil, err
		}
		spec = played.spec
		if played.kong {
			o.Gateway = wire.GatewayKong
		}
	}
	held, err := wire.Reserve(ctx, endpoints(&spec))
	if err != nil {
		return nil, err
	}
	port, alerts, err := reserveOwn(ctx)
	if err != nil {
		for _, l := range held {
			_ = l.Close()
		}
		return nil, err
	}
	cloud, err := serveBentos(ctx, o)
	if err != nil {
		for _, l := range held {
			_ = l.Close()
		}
		return nil, errors.Join(err, port.Close(), alerts.Close())
	}
	f := &Fleet{options: o, world: world.New(&spec), bentos: cloud, player: played}
	f.world.At(o.Start, func() {})
	f.servers = wire.Serve(wire.Options{
		World: f.world, Clock: o.Clock, Key: key, MetricsAuth: o.MetricsAuth, LiteLLM: o.LiteLLM, Exporters: o.exporters(&spec),
		Gateway: o.Gateway, Coalesce: o.Coalesce,
		Styles: f.styles(), Admins: f.admins(), Past: f.billing(),
	}, held)
	if err := f.serveClusters(&spec, held); err != nil {
		return nil, errors.Join(err, port.Close(), alerts.Close(), cloud.close(), f.closeClusters(), f.servers.Close())
	}
	f.store = newStore(port, o, &spec, f.servers.URL, newStoreMemory(&spec, f.History))
	f.alerts = newAlerting(alerts, o, f.world)
	if f.rentals, err = rentMachines(ctx, o, f.world, &spec); err != nil {
		return nil, errors.Join(err, f.store.close(), f.alerts.close(), cloud.close(), f.closeClusters(), f.servers.Close())
	}
	if played != nil {
		f.inventory = played.inventory(f)
	} else {
		f.inventory = f.buildInventory(&spec)
	}
	if err := errors.Join(f.openAccounts(ctx), f.addAccounts(&f.inventory)); err != nil {
		return nil, errors.Join(err, f.closeServers())
	}
	f.promise()
	f.keep()
	return f, nil
}

// styles are those of the providers whose answers are not OpenAI's.
func (f *Fleet) styles() map[string]string {
	if f.player != nil {
		return f.player.styles
	}
	return map[string]string{providerAnthropic: "anthropic"}
}

// keepEvery is how far the world may fall behind while nobody looks, so that the next look is quick.
const keepEvery = 10 * time.Second

// keep makes the world follow the clock until Close.
func (f *Fleet) keep() {
	var ctx context.Context
	ctx, f.stop = context.WithCancel(context.Background())
	f.kept = make(chan struct{})
	task := f.options.Clock.Task()
	go func() {
		defer close(f.kept)
		defer task.Done()
		for task.Sleep(ctx, keepEvery) == nil {
			f.world.At(f.options.Clock.Now(), func() {})
			f.alerts.api.Look()
			f.keepAccounts()
		}
	}()
}

func (o Options) withDefaults() Options {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Clock == nil {
		o.Clock = fleet.SystemClock{}
	}
	if o.Start.IsZero() {
		o.Start = o.Clock.Now()
	}
	o.Start = o.Start.UTC().Truncate(world.Step)
	if o.Env == "" {
		o.Env = fleet.EnvStage
	}
	if o.Mode == "" {
		o.Mode = fleet.ModeDemo
	}
	return o
}

// Close stops all servers; requests under way are cut.
func (f *Fleet) Close() error {
	f.stop()
	<-f.kept
	return f.closeServers()
}

func (f *Fleet) closeServers() error {
	return errors.Join(f.store.close(), f.alerts.close(), f.bentos.close(), f.rentals.close(), f.closeAccounts(), f.closeClusters(),
		f.servers.Close())
}

// Inventory names the endpoints as a configuration would.
func (f *Fleet) Inventory() fleet.Inventory { return f.inventory }

// Secret resolves the credentials that the inventory refers to.
func (f *Fleet) Secret(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
	switch {
	case ref.IsZero():
		return fleet.Secret{}, nil
	case ref.Env == KeyName:
		return fleet.NewSecret(key), nil
	case ref.Env == OpenAIAdminName:
		return fleet.NewSecret(adminKey), nil
	case ref.Env == AnthropicAdminName:
		return fleet.NewSecret(claudeAdminKey), nil
	}
	if text, ok := f.accountSecret(ref.Env); ok {
		return fleet.NewSecret(text), nil
	}
	return fleet.Secret{}, &fleet.Error{Kind: fleet.KindAuth, Op: "read credential",
		Next: "the embedded fleet has only " + KeyName + ", " + OpenAIAdminName + " and " + AnthropicAdminName}
}

// Fault is a cause that can be put into the fleet: its number in the failure catalogue, a title, and what it changes.
type Fault struct {
	ID     string
	Title  fleet.Safe
	Text   fleet.Safe
	Active bool
}

// Faults lists what can be started.
func (f *Fleet) Faults() []Fault {
	var out []Fault
	f.world.At(f.options.Clock.Now(), func() {
		for _, x := range f.world.Faults() {
			out = append(out, Fault{ID: x.ID, Title: fleet.Label(x.Title), Text: fleet.Label(x.Text), Active: x.Active})
		}
	})
	return out
}

// Start puts a fault in at a time; a time that has passed means now. An unknown fault is KindNotFound.
func (f *Fleet) Start(id string, at time.Time) error {
	return f.fault(id, func() bool { return f.world.Start(id, at) })
}

// Stop takes a fault out. Recovery follows from the model, at its own speed.
func (f *Fleet) Stop(id string) error {
	return f.fault(id, func() bool { return f.world.Stop(id) })
}

func (f *Fleet) fault(id string, change func() bool) error {
	found := false
	f.world.At(f.options.Clock.Now(), func() { found = change() })
	f.refreshClusters()
	if !found {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "find fault " + id, Next: "known are " + f.known()}
	}
	return nil
}

// known lists the numbers of the faults in words.
func (f *Fleet) known() string {
	var ids []string
	for _, x := range f.Faults() {
		ids = append(ids, x.ID)
	}
	return strings.Join(ids, ", ")
}

// Catalogue lists the faults that an embedded fleet can have, without starting one: number and title.
func Catalogue() []Fault {
	var out []Fault
	for _, x := range world.Known() {
		out = append(out, Fault{ID: x.ID, Title: fleet.Label(x.Title)})
	}
	return out
}

// Lose ends every engine of a pool, as a power cut of its machines does, until it is over: no engine starts meanwhile. An unknown
// pool is KindNotFound.
func (f *Fleet) Lose(pool fleet.PoolID, on bool) error {
	found := false
	f.world.At(f.options.Clock.Now(), func() { found = f.world.Lose(string(pool), on) })
	f.refreshClusters()
	if !found {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "find the pool " + string(pool)}
	}
	return nil
}

// Skew sets the clock of one endpoint off by d; the fleet runs on. The name is that of a replica, node, gateway
// replica or provider.
func (f *Fleet) Skew(name string, d time.Duration) error {
	return known(name, f.servers.Skew(name, d))
}

// FreezeTelemetry makes one endpoint's metrics page repeat what it says next, or lets it go on.
func (f *Fleet) FreezeTelemetry(name string, on bool) error {
	return known(name, f.servers.Freeze(name, on))
}

func known(name string, ok bool) error {
	if !ok {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: "find endpoint " + name}
	}
	return nil
}

// URL returns the base URL of an endpoint, "" when there is none of that name.
func (f *Fleet) URL(name string) string {
	if name == StoreName {
		return f.store.url
	}
	if name == AlertmanagerName {
		return f.alerts.url
	}
	if name == BentoCloudName && f.bentos != nil {
		return f.bentos.url
	}
	if name == LambdaName && f.rentals != nil {
		return f.rentals.url
	}
	for _, a := range f.accounts {
		if name == accountName(a.system.Name) {
			return a.at.URL
		}
	}
	if url := f.servers.URL(name); url != "" {
		return url
	}
	return f.clusterURL(name)
}

// Endpoints lists the names of all endpoints in order.
func (f *Fleet) Endpoints() []string {
	names := append(f.servers.Names(), StoreName, AlertmanagerName)
	if f.bentos != nil {
		names = append(names, BentoCloudName)
	}
	if f.rentals != nil {
		names = append(names, LambdaName)
	}
	for _, a := range f.accounts {
		if a.server != nil {
			names = append(names, accountName(a.system.Name))
		}
	}
	for _, c := range f.clusters {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	return names
}

// Drive moves a virtual clock with real time times speed until ctx ends; tick is the real time between moves. The
// clock waits for whoever is at work, so that rates are true at any speed.
func (f *Fleet) Drive(ctx context.Context, clock *fleet.VirtualClock, speed float64, tick time.Duration) error {
	real := fleet.SystemClock{}
	task := real.Task()
	defer task.Done()
	last := real.Now()
	for {
		if err := task.Sleep(ctx, tick); err != nil {
			return nil // the end of ctx is the way to stop
		}
		now := real.Now()
		step := time.Duration(float64(now.Sub(last)) * speed)
		last = now
		if err := clock.Advance(ctx, step); err != nil {
			return nil
		}
	}
}
