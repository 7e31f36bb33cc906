package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions/desk"
	"pitwall/drills"
	"pitwall/drills/recording"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/views/plain"
)

type drillFlags struct {
	seed   uint64
	speed  float64
	freeze string
	film   string // where it is recorded
	taken  *takenUp
}

func drillStartCommand(f *flags, c console) *cobra.Command {
	x := &drillFlags{}
	cmd := &cobra.Command{Use: "start NAME|FILE", Short: "Work a drill in the console, and get a score",
		Long: "Opens the console on an embedded fleet that is about to break. :drill shows news and theories and gives hints, :mark, :tell\n" +
			"and :handover are counted, everything else is as on a real fleet. At its end the same seed is played twice more, with nobody and by\n" +
			"the reference plan, and the report is kept under drills in the state directory. It does not start while a change is open there.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return startDrill(cmd.Context(), f, c, x, args[0]) }}
	fl := cmd.Flags()
	fl.Uint64Var(&x.seed, "seed", 0, "same seed, same run; 0 takes one by the clock")
	fl.Float64Var(&x.speed, "speed", 1, "how fast its time runs")
	fl.StringVar(&x.freeze, "freeze-file", "", "file whose presence means that something real is the matter: the clock "+
		"stands while it is there")
	return cmd
}

func startDrill(ctx context.Context, f *flags, c console, x *drillFlags, name string) error {
	s, err := scenario(name)
	if err != nil {
		return err
	}
	if x.speed <= 0 || x.speed > maxSpeed {
		return usage(fmt.Errorf("--speed must lie above 0 and up to %d", maxSpeed))
	}
	if plainOutput(f, c) {
		return usage(errors.New("a drill needs a terminal; pitwall drill rehearse plays it without one"))
	}
	state, err := nothingOpen(f, c)
	if err != nil {
		return err
	}
	if x.seed == 0 {
		x.seed = uint64(time.Now().Unix())
	}
	if x.film, err = drillFile(state, s.ID, recording.Extension); err != nil {
		return err
	}
	played, err := workDrill(ctx, f, c, x, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.errs, "pitwall: scoring: the same seed is played by nobody and by the reference plan")
	r, err := scoreDrill(ctx, s, x.seed, played)
	if err != nil {
		return err
	}
	fmt.Fprintln(c.out, plain.Drill(r))
	path, err := keepDrill(state, r)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "the report is %s, and .md and .json beside it; its chain ends with %s\n", path, r.Head())
	fmt.Fprintf(c.out, "the film is %s; pitwall drill replay FILE shows it\n", x.film)
	return nil
}

// drillFile is a new file among those of drills.
func drillFile(state, scenario, extension string) (string, error) {
	dir := filepath.Join(state, "drills")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", &fleet.Error{Kind: fleet.KindInternal, Op: "keep the drill", Err: err}
	}
	return filepath.Join(dir, time.Now().UTC().Format("20060102-150405")+"-"+scenario+extension), nil
}

// nothingOpen refuses a drill while a real change is open, and gives the state directory where reports are kept.
func nothingOpen(f *flags, c console) (string, error) {
	dir := config.StateDir(f.stateDir, c.environ)
	b, err := ownChanges(f, c)
	if err != nil {
		return dir, nil //nolint:nilerr // without a configuration nothing real can be open
	}
	if open := b.Open(); len(open) > 0 {
		return "", exit{exitBlocked, fmt.Errorf("no drill while a change is open: %s; see pitwall journal list", open[0].ID)}
	}
	return dir, nil
}

// workDrill opens the console on the drill until the person leaves it.
func workDrill(ctx context.Context, f *flags, c console, x *drillFlags, s *drills.Scenario) (*drills.Played, error) {
	p, err := openGround(ctx, x.seed)
	if err != nil {
		return nil, err
	}
	if err := p.equip(1); err != nil {
		p.close()
		return nil, err
	}
	ex := &exercise{p: p, s: s, seed: x.seed, speed: x.speed, freeze: x.freeze, taken: x.taken, saw: map[fleet.ChangeID]string{},
		noted: map[fleet.ChangeID]bool{}}
	p.s.exercise, p.s.drive = ex, ex.drive
	g := *f
	g.write, g.readOnly = true, false
	g.record = x.film
	if err := p.s.console(ctx, &g, c); err != nil {
		return nil, err
	}
	return ex.result, ex.failed
}

// leave ends the drill with its console, and keeps what came of it while the fleet is still there.
func (x *exercise) leave(d *desk.Desk) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.over = true // time stands from here on
	if x.p.hands == nil {
		x.failed = errors.New("it ended before it began; nothing is scored")
		return
	}
	x.p.hands.d = d
	x.result, x.failed = x.played(d)
}

// scoreDrill plays the same seed with nobody and by the reference plan, and judges.
func scoreDrill(ctx context.Context, s *drills.Scenario, seed uint64, played *drills.Played) (*drills.Report, error) {
	p, err := openGround(ctx, seed)
	if err != nil {
		return nil, err
	}
	nothing, err := drills.Play(ctx, s, p.ground, nil, nil)
	p.close()
	if err != nil {
		return nil, err
	}
	reference, err := playActs(ctx, s, seed, s.Reference)
	if err != nil {
		return nil, err
	}
	return drills.NewReport(s, seed, nothing, reference, played), nil
}
