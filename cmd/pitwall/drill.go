package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"pitwall/backends/registry"
	"pitwall/backends/sim"
	"pitwall/drills"
	"pitwall/economics"
	"pitwall/fleet"
)

func drillCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "drill", Short: "Incident drills on the embedded fleet, and recordings", Args: cobra.NoArgs,
		Long: "Incident drills on the embedded fleet: it breaks by causes, and what clients suffer is counted. No endpoint of any\n" +
			"configuration is asked for anything."}
	list := &cobra.Command{Use: "list", Short: "The scenarios that come with pitwall", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return drillList(c) }}
	check := &cobra.Command{Use: "check FILE", Short: "All that is wrong with a scenario file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return drillCheck(cmd.Context(), c, args[0]) }}
	cmd.AddCommand(list, check, drillStartCommand(f, c), drillResumeCommand(f, c), drillReportCommand(c), drillVerifyCommand(c),
		drillReplayCommand(f, c), drillExportCommand(c), drillRehearseCommand(c))
	return cmd
}

func drillList(c console) error {
	pack, err := drills.Pack()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tLEVEL\tMINUTES\tCAUSES\tTITLE")
	for _, s := range pack {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\n", s.ID, s.Level, s.Minutes, strings.Join(s.Rows, " "), s.Title)
	}
	return w.Flush()
}

// scenario is one of the pack, or a file.
func scenario(name string) (*drills.Scenario, error) {
	pack, err := drills.Pack()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(pack, func(s *drills.Scenario) bool { return s.ID == name }); i >= 0 {
		return pack[i], nil
	}
	body, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usage(fmt.Errorf("there is no scenario and no file %s; pitwall drill list", fleet.Quote(name)))
	}
	if err != nil {
		return nil, usage(err)
	}
	return drills.Read(body)
}

func drillCheck(ctx context.Context, c console, path string) error {
	s, err := scenario(path)
	if err != nil {
		return err
	}
	p, err := openGround(ctx, 1)
	if err != nil {
		return err
	}
	defer p.close()
	if err := drills.Plant(s, p.ground, p.clock.Now()); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: level %d, %d minutes, ok\n", fleet.Label(s.ID), s.Level, s.Minutes)
	return nil
}

func injectionOf(f drills.Fault, at, until time.Time) sim.Injection {
	return sim.Injection{ID: f.Cause, On: f.On, Magnitudes: f.Set, At: at, Until: until}
}

// playing is a drill's fleet with nobody at its console.
type playing struct {
	s      *session
	clock  *fleet.VirtualClock
	hands  *hands // nil where nobody works it
	ground *ground
	ends   []func()
}

func (p *playing) close() {
	for i := len(p.ends) - 1; i >= 0; i-- {
		p.ends[i]()
	}
}

// drillStart is when every drill begins on the clock of its fleet: load follows the hour of the day, and the same seed is the same run.
var drillStart = time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)

// drillPicture is how far pictures of the fleet are apart where nobody looks at them, and drillUnhurried how many times less often
// sources are read than the demo's are.
const (
	drillPicture   = 5 * time.Second
	drillUnhurried = 5
)

// openGround starts the embedded fleet in a state directory of its own, on a clock that moves only when it is told to. Nothing reads it.
func openGround(ctx context.Context, seed uint64) (*playing, error) {
	dir, err := os.MkdirTemp("", "pitwall-drill-")
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "start the drill", Err: err}
	}
	clock := fleet.NewVirtualClock(drillStart)
	s := &session{clock: clock, set: registry.Set(registry.Connectors()), stateDir: dir}
	p := &playing{s: s, clock: clock, ground: &ground{s: s, clock: clock}, ends: []func(){s.close}}
	s.closers = append(s.closers, func() error { return os.RemoveAll(dir) })
	s.sim, err = sim.Listen(ctx, sim.Options{Seed: seed, Clock: clock, Env: fleet.EnvStage, Mode: fleet.ModeDrill})
	if err != nil {
		p.close()
		return nil, err
	}
	s.closers = append(s.closers, s.sim.Close)
	s.inventory = s.sim.Inventory()
	return p, nil
}

// openDrill starts the embedded fleet and all that a console has on it, but for the console.
func openDrill(ctx context.Context, seed uint64) (*playing, error) {
	p, err := openGround(ctx, seed)
	if err != nil {
		return nil, err
	}
	if err := p.read(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// equip opens what reads the fleet; nothing is read before it is started.
func (p *playing) equip(unhurried time.Duration) error {
	s := p.s
	s.watchEmbedded()
	for i := range s.inventory.Sources {
		s.inventory.Sources[i].Interval *= unhurried
	}
	s.deps = fleet.Deps{Clock: p.clock, Log: s.logger(), Secret: s.sim.Secret}
	prices, err := economics.Embedded()
	if err == nil {
		err = s.fillHistory()
	}
	if err != nil {
		return err
	}
	s.openHub(prices)
	return nil
}

// read begins to read the fleet, and takes hands to it.
func (p *playing) read(ctx context.Context) error {
	if err := p.equip(drillUnhurried); err != nil {
		return err
	}
	s := p.s
	d, err := s.openDesk(&flags{write: true})
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	wait := s.start(watching)
	go d.Watch(watching) // ends with watching
	p.ends = append(p.ends, wait, stop, func() {
		leaving, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		_ = d.Stop(leaving) // the fleet ends here, so there is nothing to guard
	})
	if _, err := s.hub.Next(ctx, 0); err != nil {
		return exit{code: exitInterrupted}
	}
	s.hub.Gather(drillPicture)
	p.hands = &hands{s: s, d: d}
	p.ground.begun = p.hands.remember
	return nil
}
