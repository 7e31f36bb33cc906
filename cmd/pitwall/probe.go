package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"pitwall/fleet"
	"pitwall/views/plain"
)

// probeFlags are those of the command of one live probe.
type probeFlags struct {
	changeFlags
	spec    fleet.ProbeSpec
	model   string
	changed func(flag string) bool
}

// probeCommand sends one live probe now.
func probeCommand(f *flags, c console) *cobra.Command {
	x := &probeFlags{}
	cmd := &cobra.Command{Use: "probe NAME", Args: cobra.ExactArgs(1),
		Short: "Send one small chat request to a pool, a rented model, a target or a route, and say what came",
		Long: "NAME is a pool, PROVIDER or PROVIDER/MODEL, a target or a route of the configuration.\n" +
			"A pool is asked through one of its replicas, a route through its gateway; nothing else of the fleet is read. What the\n" +
			"configuration says of its probe holds where no flag says otherwise. Where the answer costs money, the most that it can\n" +
			"cost is said first, and nothing is sent without --yes. No text of an answer is shown or kept.\n" +
			"Exit code 0: it answers as asked; 1: it does not; 2: not without --yes.",
		Example: "  pitwall probe anthropic --tools --json --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			x.changed = cmd.Flags().Changed
			s, err := openSession(cmd.Context(), f, c, &x.changeFlags)
			if err != nil {
				return err
			}
			defer s.close()
			s.warn(c.errs)
			return s.probe(cmd.Context(), args[0], c, x)
		}}
	fl := cmd.Flags()
	fl.BoolVar(&x.spec.Tools, "tools", false, "ask for a tool call too")
	fl.BoolVar(&x.spec.JSON, "json", false, "ask for a JSON document too")
	fl.IntVar(&x.spec.MaxTokens, "max-tokens", 0, "tokens of each answer at the most (default 16, with tools or JSON 64)")
	fl.IntVar(&x.spec.PromptTokens, "prompt-tokens", 0, "pad the prompt to about so many tokens")
	fl.StringVar(&x.model, "model", "", "model to ask for, where it is not that of the configuration")
	fl.BoolVar(&x.yes, "yes", false, "send it, whatever it is said to cost")
	fl.StringVarP(&x.output, "output", "o", "text", "text or json")
	x.bindDemo(cmd)
	return cmd
}

// probe sends one probe to what a name means.
func (s *session) probe(ctx context.Context, name string, c console, x *probeFlags) error {
	sub, declared, err := probed(&s.inventory, name)
	if err != nil {
		return err
	}
	if err := x.over(&declared); err != nil {
		return err
	}
	spec, err := fleet.ProbeSource(&s.inventory, sub, declared)
	if err != nil {
		return &fleet.Error{Kind: fleet.KindUnsupported, Op: "send a probe", Err: err, Next: "nothing was sent"}
	}
	most, err := s.price(spec.Probe)
	if err != nil {
		return err
	}
	if most.OK && x.output != formatJSON {
		fmt.Fprintf(c.out, "%s: the answer costs up to %s by the price list\n", fleet.Label(name), most.V.Small())
	}
	if most.OK && !x.yes {
		return usage(fmt.Errorf("it costs up to %s, and --yes was not said; nothing was sent", most.V.Small()))
	}
	out, err := s.sendProbe(ctx, spec)
	out.Name = name
	if out.Probe.Last.At.IsZero() {
		return err
	}
	if err := report(c, x.output, out, func() string { return plain.ProbeRun(&out) }); err != nil {
		return err
	}
	if err != nil || !out.Probe.Last.OK {
		return exit{exitFailed, errors.New("it did not answer as asked")}
	}
	return nil
}

// mostProbe bounds what one probe may ask for: it is no load test.
const mostProbe = 32_000

// over puts what the flags say over what the configuration does.
func (x *probeFlags) over(spec *fleet.ProbeSpec) error {
	for flag, set := range map[string]func(){
		"tools": func() { spec.Tools = x.spec.Tools }, "json": func() { spec.JSON = x.spec.JSON },
		"max-tokens":    func() { spec.MaxTokens = x.spec.MaxTokens },
		"prompt-tokens": func() { spec.PromptTokens = x.spec.PromptTokens },
		"model":         func() { spec.Model = fleet.ModelName(x.model) },
	} {
		if x.changed(flag) {
			set()
		}
	}
	for _, n := range []int{spec.MaxTokens, spec.PromptTokens} {
		if n < 0 || n > mostProbe {
			return usage(fmt.Errorf("--max-tokens and --prompt-tokens lie between 1 and %d; nothing was sent", mostProbe))
		}
	}
	return nil
}

// price is what one probe costs at the most, and lets it cost that much; unknown where nobody is paid.
func (s *session) price(p *fleet.ProbePlan) (fleet.Maybe[fleet.Money], error) {
	p.MaxPerDay = fleet.Some(fleet.NewMoney(decimal.NewFromInt(1), fleet.USD)) // set below
	price, err := p.Rates(s.deps.Prices)
	if err != nil {
		return fleet.None[fleet.Money](), &fleet.Error{Kind: fleet.KindInvalid, Op: "say what the probe costs", Err: err,
			Next: "nothing was sent"}
	}
	if !price.OK {
		p.MaxPerDay = fleet.None[fleet.Money]()
		return fleet.None[fleet.Money](), nil
	}
	p.MaxPerDay = fleet.Some(p.Once(price.V))
	return p.MaxPerDay, nil
}

// sendProbe sends it, and notes what it cost beside what the probes of the configuration do.
func (s *session) sendProbe(ctx context.Context, spec fleet.SourceSpec) (plain.Probe, error) {
	out := plain.Probe{Probe: fleet.Probe{Every: spec.Interval, Source: spec.ID}}
	if s.sim != nil { // its clock must run for answers to come
		watching, stop := context.WithCancel(ctx)
		wait := s.start(watching)
		defer wait()
		defer stop()
		s.watch(ctx, func(*fleet.Snapshot) bool { return false })
	}
	deps := s.deps
	deps.Purse = nil // a person said yes to this one
	r, err := s.set.Open(spec, deps)
	if err != nil {
		return out, err
	}
	ctx, cancel := context.WithTimeout(ctx, spec.Timeout)
	defer cancel()
	p, err := r.Read(ctx)
	if p.Probe == nil {
		return out, err
	}
	out.Probe.Last = *p.Probe
	if spent := p.Probe.Spent; spent.OK && s.deps.Purse != nil {
		if err := s.deps.Purse.Spend(spec.ID, p.At, spent.V); err != nil {
			s.deps.Log.Warn("what a probe cost was not noted", "err", err)
		}
	}
	return out, err
}

// probed is what a name means, and the probe that is declared for it.
func probed(inv *fleet.Inventory, name string) (fleet.Subject, fleet.ProbeSpec, error) {
	for i := range inv.Routes {
		if r := &inv.Routes[i]; string(r.ID) == name {
			return fleet.Subject{Gateway: r.Gateway, Route: r.ID}, declared(r.Probe), nil
		}
	}
	for i := range inv.Pools {
		if p := &inv.Pools[i]; string(p.ID) == name {
			return fleet.Subject{Pool: p.ID}, declared(p.Probe), nil
		}
	}
	account, model, _ := strings.Cut(name, "/")
	for i := range inv.Providers {
		p := &inv.Providers[i]
		at := slices.IndexFunc(p.Models, func(m fleet.ProviderModel) bool { return model == "" || string(m.Name) == model })
		if string(p.ID) == account && at >= 0 {
			return fleet.Subject{Provider: p.ID, Model: p.Models[at].Name}, declared(p.Models[at].Probe), nil
		}
	}
	for i := range inv.Routes {
		for _, t := range inv.Routes[i].Targets {
			switch {
			case string(t.ID) != name:
			case t.Pool != "":
				return probed(inv, string(t.Pool))
			case t.Model != "":
				return probed(inv, string(t.Provider)+"/"+string(t.Model))
			}
		}
	}
	err := fmt.Errorf("the configuration has no pool, provider, target or route %q; nothing was sent", fleet.Label(name))
	return fleet.Subject{}, fleet.ProbeSpec{}, usage(err)
}

func declared(p *fleet.ProbeSpec) fleet.ProbeSpec {
	if p == nil {
		return fleet.ProbeSpec{}
	}
	return *p
}
