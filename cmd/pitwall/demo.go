package main

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/backends/history"
	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/tui"
)

// demoOptions shape the embedded fleet of one run.
type demoOptions struct {
	seed   uint64
	speed  float64
	env    string
	faults []string
	after  time.Duration
	brief  bool // no screen is shown
	// changed tells whether a flag was given.
	changed func(flag string) bool
}

func (o *demoOptions) bind(cmd *cobra.Command, prefix string) {
	fl := cmd.Flags()
	fl.Uint64Var(&o.seed, "seed", 1, prefix+"same seed, same run")
	fl.StringVar(&o.env, "env", "stage", prefix+"prod asks for typed names, stage and dev do not")
	fl.StringSliceVar(&o.faults, "fault", nil, prefix+"start with faults: "+faultNumbers())
	fl.DurationVar(&o.after, "fault-after", 0, prefix+"when the faults begin; 0 is before the fleet is shown")
	o.changed = fl.Changed
}

// bindSpeed is for where the embedded fleet has a clock of its own.
func (o *demoOptions) bindSpeed(cmd *cobra.Command, prefix string) {
	cmd.Flags().Float64Var(&o.speed, "speed", 1, prefix+"how fast its time runs")
}

// faultNumbers lists the faults of the embedded fleet by number.
func faultNumbers() string {
	var ids []string
	for _, x := range sim.Catalogue() {
		ids = append(ids, x.ID)
	}
	return strings.Join(ids, ", ")
}

// faultTitles lists them with their titles, one a line.
func faultTitles() string {
	var b strings.Builder
	for _, x := range sim.Catalogue() {
		fmt.Fprintf(&b, "  %-5s %s\n", x.ID, x.Title)
	}
	return b.String()
}

// given tells whether anything about the embedded fleet was asked for.
func (o *demoOptions) given() bool {
	return slices.ContainsFunc([]string{"seed", "env", "fault", "fault-after", "speed"}, o.changed)
}

// check refuses what the embedded fleet cannot be.
func (o *demoOptions) check() error {
	if !slices.Contains([]fleet.Env{fleet.EnvProd, fleet.EnvStage, fleet.EnvDev}, fleet.Env(o.env)) {
		return usage(fmt.Errorf("--env %q is none of prod, stage, dev", o.env))
	}
	if o.speed < 0 || o.speed > maxSpeed {
		return usage(fmt.Errorf("--speed must lie between 0 and %d", maxSpeed))
	}
	return nil
}

// maxSpeed bounds how far the demo's clock moves in one tick.
const maxSpeed = 1000

// start puts the faults in; shown is when the fleet is shown first.
func (o *demoOptions) start(f *sim.Fleet, shown time.Time) error {
	at := time.Time{} // already under way
	if o.after > 0 {
		at = shown.Add(o.after)
	}
	for _, id := range o.faults {
		if err := f.Start(strings.ToUpper(id), at); err != nil {
			return usage(fmt.Errorf("there is no fault %q; there are %s", id, faultNumbers()))
		}
	}
	return nil
}

func demoCommand(f *flags, c console) *cobra.Command {
	o := demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The console on the embedded fleet: everything works, no configuration, no network",
		Long: "The console on the embedded fleet: everything works, no configuration, no network.\n\n" +
			"Faults that it can start with (--fault), or that f switches on its screens:\n" + faultTitles(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := openDemo(cmd.Context(), f, c, o)
			if err != nil {
				return err
			}
			return s.console(cmd.Context(), f, c)
		},
	}
	o.bind(cmd, "")
	o.bindSpeed(cmd, "")
	bindRecord(cmd, f)
	return cmd
}

func simCommand(c console) *cobra.Command {
	o := demoOptions{}
	var kubeconfig string
	var accounts []string
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "The embedded fleet as a server only, for use with curl, other consoles, or pitwall itself",
		Long: "Serves the embedded fleet on loopback in the wire formats of the real systems until interrupted,\n" +
			"and prints a configuration for it: pitwall sim > sim.yaml, then " + sim.KeyName + "=... pitwall --config sim.yaml\n\n" +
			"Faults that it can start with (--fault):\n" + faultTitles(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveSim(cmd.Context(), c, o, kubeconfig, accounts) },
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "write a kubeconfig for its clusters to this file, for kubectl and others")
	cmd.Flags().StringArrayVar(&accounts, "account", nil, "also serve an account, SYSTEM[=PROVIDER[:POOL]], which pays for the\n"+
		"traffic of a provider "+
		"and rents out the machines of a pool, in place of the other accounts of machines; systems: "+strings.Join(sim.Systems(), ", "))
	o.bind(cmd, "")
	return cmd
}

func serveSim(ctx context.Context, c console, o demoOptions, kubeconfig string, named []string) error {
	if err := o.check(); err != nil {
		return err
	}
	accounts, err := parseAccounts(named)
	if err != nil {
		return err
	}
	clock := fleet.SystemClock{}
	embedded, err := sim.Listen(ctx, sim.Options{Seed: o.seed, Clock: clock, Env: fleet.Env(o.env), Mode: fleet.ModeDemo, Probes: true,
		Machines: !slices.ContainsFunc(accounts, func(a sim.Account) bool { return a.Pool != "" }), Bills: true, Accounts: accounts})
	if err != nil {
		return err
	}
	defer embedded.Close()
	if err := o.start(embedded, clock.Now()); err != nil {
		return err
	}
	inv := embedded.Inventory()
	inv.Sources = append(inv.Sources, embedded.StoreSource())
	if kubeconfig != "" {
		if err := embedded.WriteKubeconfig(kubeconfig); err != nil {
			return err
		}
		path, err := filepath.Abs(kubeconfig)
		if err != nil {
			return err
		}
		inv.Sources = append(inv.Sources, embedded.ClusterSources(path)...)
	}
	if err := printCredentials(ctx, c, embedded); err != nil {
		return err
	}
	body, err := config.Write(inv)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s", body)
	fmt.Fprintln(c.errs, "pitwall: serving the embedded fleet on loopback, ctrl+c ends it")
	ctx, stop := untilSignal(ctx)
	defer stop()
	<-ctx.Done()
	return nil
}

// printCredentials says what to export for a configuration of the embedded fleet.
func printCredentials(ctx context.Context, c console, embedded *sim.Fleet) error {
	for _, of := range []struct {
		use   string
		names []string
	}{{"The credential of gateways and providers", []string{sim.KeyName}},
		{"For bills", []string{sim.OpenAIAdminName, sim.AnthropicAdminName}},
		{"For accounts", embedded.AccountSecrets()}} {
		for _, name := range of.names {
			secret, err := embedded.Secret(ctx, fleet.SecretRef{Env: name})
			if err != nil {
				return err
			}
			fmt.Fprintf(c.out, "# %s: export %s=%s\n", of.use, name, secret.Reveal())
		}
	}
	return nil
}

// parseAccounts reads accounts that are to be served, written SYSTEM[=PROVIDER[:POOL]].
func parseAccounts(named []string) ([]sim.Account, error) {
	var list []sim.Account
	for _, text := range named {
		system, rest, _ := strings.Cut(text, "=")
		provider, pool, _ := strings.Cut(rest, ":")
		if !slices.Contains(sim.Systems(), system) {
			return nil, usage(fmt.Errorf("--account %q names no system; there are %s", text, strings.Join(sim.Systems(), ", ")))
		}
		if slices.ContainsFunc(list, func(a sim.Account) bool {
			return a.System == system || provider != "" && string(a.Provider) == provider
		}) {
			return nil, usage(fmt.Errorf("--account %q: a system and a provider have one account each", text))
		}
		list = append(list, sim.Account{System: system, Provider: fleet.ProviderID(provider), Pool: fleet.PoolID(pool)})
	}
	return list, nil
}

// openDemo starts the embedded fleet on loopback and a session on it, as if its endpoints were real.
func openDemo(ctx context.Context, f *flags, c console, o demoOptions) (*session, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	roll := o.roll()
	clock := fleet.NewVirtualClock(time.Now().Add(-roll))
	dir := first(f.stateDir, c.environ("PITWALL_DEMO_STATE"))
	s := &session{clock: clock, set: registry.Set(registry.Connectors()), warm: roll}
	if dir == "" {
		temp, err := os.MkdirTemp("", "pitwall-demo-")
		if err != nil {
			return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "start the demo", Err: err}
		}
		dir = temp
		s.closers = append(s.closers, func() error { return os.RemoveAll(temp) })
	}
	s.stateDir = dir
	s.openLog(f)
	embedded, err := sim.Listen(ctx, sim.Options{Seed: o.seed, Clock: clock, Env: fleet.Env(o.env), Probes: !o.brief, Machines: true,
		Bills: true})
	if err != nil {
		s.close()
		return nil, err
	}
	s.closers = append(s.closers, embedded.Close)
	s.sim, s.inventory = embedded, embedded.Inventory()
	s.watchEmbedded()
	if o.brief {
		readBySeconds(s.inventory.Sources)
	}
	if err := o.start(embedded, clock.Now().Add(roll)); err != nil {
		s.close()
		return nil, err
	}
	s.deps = fleet.Deps{Clock: clock, Log: s.logger(), Secret: embedded.Secret}
	s.drive = func(ctx context.Context) {
		s.hub.Gather(unseen)
		if clock.Advance(ctx, roll) != nil {
			return
		}
		s.hub.Gather(min(unseen, time.Duration(o.speed*float64(seen))))
		if err := embedded.Drive(ctx, clock, o.speed, driveTick); err != nil {
			s.deps.Log.Error("the demo's clock stopped", "err", err)
		}
	}
	if err := s.fillHistory(); err != nil {
		s.warnings = append(s.warnings, fleet.Concat(fleet.Text("the demo starts without its history: "), fleet.Sentence(err)))
	}
	prices, err := economics.Embedded()
	if err != nil {
		return nil, err
	}
	s.openHub(prices)
	return s, nil
}

// leastRead is how often real configurations read their quickest sources. The demo's screen is kept more lively than that.
const leastRead = 5 * time.Second

// readBySeconds reads the embedded fleet as often as a real one.
func readBySeconds(list []fleet.SourceSpec) {
	for i := range list {
		list[i].Interval = max(list[i].Interval, leastRead)
	}
}

// watchEmbedded adds the embedded clusters, which are reached by a kubeconfig as any others are. Without a place for
// that file the demo goes on without them.
func (s *session) watchEmbedded() {
	file, err := os.CreateTemp("", "pitwall-demo-kubeconfig-")
	if err == nil {
		s.closers = append(s.closers, func() error { return os.Remove(file.Name()) })
		_ = file.Close() // it is written anew by its name
		err = s.sim.WriteKubeconfig(file.Name())
	}
	if err != nil {
		s.warnings = append(s.warnings, fleet.Concat(fleet.Text("the demo's clusters are not watched: "), fleet.Sentence(err)))
		return
	}
	s.inventory.Sources = append(s.inventory.Sources, s.sim.ClusterSources(file.Name())...)
}

// preRoll is fleet time that passes as fast as the polls are answered before the demo is shown: rates and shares
// need more than one reading, and nobody waits a minute for a demo.
const preRoll = 70 * time.Second

// briefRoll is enough for a command without a screen, which draws no charts: every rate stands by then. What a fault does
// takes its time, and gets it.
const briefRoll = 45 * time.Second

func (o *demoOptions) roll() time.Duration {
	if o.brief && len(o.faults) == 0 {
		return briefRoll
	}
	return preRoll
}

// Snapshots of the demo: no more than four a second of whoever looks, which are unseen in the pre-roll and further apart in
// the fleet's time the faster that runs, but at least one for each of its seconds.
const (
	seen   = 250 * time.Millisecond
	unseen = time.Second
)

// driveTick is how often the demo's clock moves.
const driveTick = 50 * time.Millisecond

// fillHistory writes the demo's last fourteen days where the look-back reads them.
func (s *session) fillHistory() error {
	store, err := history.Open(s.historyDir(), 0)
	if err != nil {
		return err
	}
	return store.Fill(moved(s.sim.Past(), s.clock.Now()))
}

// moved makes the past end where the demo begins, and not at the last full step before: the shortest look-back
// windows are covered from the first look on, at any minute of the hour.
func moved(past iter.Seq[history.Point], begin time.Time) iter.Seq[history.Point] {
	gap := begin.Sub(begin.Truncate(history.Step))
	return func(yield func(history.Point) bool) {
		for p := range past {
			p.At = p.At.Add(gap)
			if !yield(p) {
				return
			}
		}
	}
}

// demoFaults lets the console switch the demo's faults.
type demoFaults struct{ s *session }

// Faults lists what can be switched.
func (d demoFaults) Faults() []tui.FaultInfo {
	var out []tui.FaultInfo
	for _, x := range d.s.sim.Faults() {
		out = append(out, tui.FaultInfo{ID: x.ID, Title: x.Title, On: x.Active})
	}
	return out
}

// ToggleFault starts a fault, or takes it out.
func (d demoFaults) ToggleFault(id string) error {
	for _, x := range d.s.sim.Faults() {
		if strings.EqualFold(x.ID, id) && x.Active {
			return d.s.sim.Stop(x.ID)
		}
	}
	return d.s.sim.Start(strings.ToUpper(id), d.s.clock.Now())
}
