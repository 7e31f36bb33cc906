package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions/desk"
	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/internal/pricefile"
	"pitwall/internal/workload"
	"pitwall/views/plain"
	"pitwall/views/tcopage"
)

// tcoFlags say what is decided on, and how it is told.
type tcoFlags struct {
	changeFlags
	workload string
	prices   string
	model    string
	api      string
	gpu      string
	set      []string
	months   int
	out      string
	brief    bool
	inputs   bool
	gpus     bool
}

func tcoCommand(f *flags, c console) *cobra.Command {
	x := &tcoFlags{}
	cmd := &cobra.Command{
		Use:   "tco [ROUTE]",
		Short: "What a route or a workload costs at an API and on own GPUs over two or three years, and what the answer hinges on",
		Long: "Compares an API with own GPUs: monthly cost, break-even volume, which input moves the answer most, the cheapest split\n" +
			"between both, and reasons beside cost. Of a ROUTE the inputs are what is measured and configured of it; without one nothing\n" +
			"is read and no connection is opened: a workload file and --set say what is not assumed. Every input is listed with where\n" +
			"it is from; --inputs says which there are.",
		Example: "  pitwall tco --set volume=300 --set growth=50\n  pitwall tco --workload chat.yaml --months 24 -o html --out chat.html\n" +
			"  pitwall tco chat --demo --set gpu_source=owned",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := x.check(args); err != nil {
				return usage(err)
			}
			return x.run(cmd.Context(), f, c, args)
		},
	}
	x.bindDemo(cmd)
	fl := cmd.Flags()
	fl.StringVar(&x.workload, "workload", "", "file that describes a workload, YAML or JSON, instead of a ROUTE")
	fl.StringVar(&x.prices, "prices", "", "without a ROUTE: file of API prices, laid over those that are compiled in")
	fl.StringVar(&x.model, "model", "", "open model that own GPUs serve, such as llama-3.3-70b")
	fl.StringVar(&x.api, "api", "", "model that it is compared with, KIND/MODEL, such as openai/gpt-4o")
	fl.StringVar(&x.gpu, "gpu", "", "offer of the table of GPU prices that sets gpu_hour, such as lambda/gpu_8x_h100_sxm5")
	fl.StringArrayVar(&x.set, "set", nil, "sets an input, KEY=VALUE, over all else; may be repeated")
	fl.IntVar(&x.months, "months", tco.MostMonths, "24 or 36")
	fl.StringVarP(&x.output, "output", "o", "table", strings.Join(tcoFormats, ", "))
	fl.StringVar(&x.out, "out", "", "file to write to, which must not exist (default: standard output)")
	fl.BoolVar(&x.brief, "brief", false, "only the verdict, costs and what moves it")
	fl.DurationVar(&x.watches, "for", warmTime, "of a ROUTE: how long to watch before its rates are taken")
	fl.BoolVar(&x.inputs, "inputs", false, "lists the inputs with their bounds and defaults instead")
	fl.BoolVar(&x.gpus, "gpus", false, "lists the table of GPU prices instead")
	return cmd
}

var tcoFormats = []string{"table", "json", "csv", "markdown", "html"}

// check refuses what cannot be meant.
func (x *tcoFlags) check(args []string) error {
	switch {
	case !slices.Contains(tcoFormats, x.output):
		return fmt.Errorf("there is no output %q; there are %s", x.output, strings.Join(tcoFormats, ", "))
	case x.months != 24 && x.months != tco.MostMonths:
		return fmt.Errorf("--months %d is neither 24 nor %d", x.months, tco.MostMonths)
	case len(args) > 0 && x.workload != "":
		return errors.New("ROUTE and --workload exclude each other")
	case len(args) > 0 && x.prices != "":
		return errors.New("--prices is for a workload; of a ROUTE the file that the configuration names is taken")
	case (x.inputs || x.gpus) && (x.output == "csv" || x.output == "html"):
		return fmt.Errorf("--inputs and --gpus are lists for table, markdown and json, not %s", x.output)
	case len(args) == 0 && (x.demo || x.sim.given()):
		return errors.New("--demo needs a ROUTE of the embedded fleet")
	}
	return nil
}

func (x *tcoFlags) run(ctx context.Context, f *flags, c console, args []string) error {
	switch {
	case x.inputs:
		return x.list(c, tcopage.Table(), tco.Inputs())
	case x.gpus:
		return x.listGPUs(c)
	case len(args) == 0:
		prices, err := pricefile.Load(pricefile.Config{Path: x.prices}, time.Now())
		if err != nil {
			return err
		}
		decision, err := x.described(prices.Catalogue)
		if err != nil {
			return err
		}
		return x.answer(c, &decision)
	}
	format := x.output
	x.output = "table" // what a session knows; the answer's own is kept
	x.refused = func(_ context.Context, s *session, _ *desk.Desk) error {
		_, err := tco.FromRoute(s.hub.Latest(), fleet.RouteID(args[0]), nil)
		return err
	}
	return onFleet(ctx, f, c, &x.changeFlags, func(_ context.Context, s *session, _ *desk.Desk, _ *ending) error {
		x.output = format
		prices, err := s.catalogue()
		if err != nil {
			return err
		}
		decision, err := tco.FromRoute(s.hub.Latest(), fleet.RouteID(args[0]), prices)
		if err != nil {
			return err
		}
		return x.answer(c, &decision)
	})
}

// catalogue is the price list in force, the built-in one in the demo.
func (s *session) catalogue() (*economics.Catalogue, error) {
	if s.prices == nil {
		return economics.Embedded()
	}
	return s.prices.Now().Catalogue, nil
}

// described is the case of a workload file, or of defaults.
func (x *tcoFlags) described(prices *economics.Catalogue) (tco.Case, error) {
	if x.workload == "" {
		decision := tco.New("workload", prices)
		return decision, workload.API(&decision, "")
	}
	body, err := readBounded(x.workload, workload.MostBytes)
	if err != nil {
		return tco.Case{}, usage(err)
	}
	return workload.Read(body, prices)
}

// answer lays what flags say over a case, solves it and tells it.
func (x *tcoFlags) answer(c console, decision *tco.Case) error {
	if x.model != "" {
		decision.Model = x.model
	}
	errs := make([]error, 0, len(x.set)+2)
	if x.api != "" {
		errs = append(errs, workload.API(decision, x.api))
	}
	errs = append(errs, workload.GPU(decision, x.gpu))
	for _, one := range x.set {
		key, value, ok := strings.Cut(one, "=")
		if !ok {
			errs = append(errs, &fleet.Error{Kind: fleet.KindInvalid, Op: "read the inputs", Err: fmt.Errorf("--set %s is not KEY=VALUE",
				fleet.Quote(one))})
			continue
		}
		errs = append(errs, decision.Set(tco.Key(strings.TrimSpace(key)), value, tco.Edited, fleet.Text("--set")))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	a := tco.Solve(decision, x.months)
	return x.tell(c, func() (string, error) { return x.text(&a) }, a)
}

// text is an answer in a format other than JSON.
func (x *tcoFlags) text(a *tco.Answer) (string, error) {
	d := tcopage.Layout(a)
	if x.brief {
		d = d.Brief()
	}
	switch x.output {
	case "csv":
		return tcopage.CSV(a)
	case "markdown":
		return tcopage.Markdown(d), nil
	case "html":
		return tcopage.HTML(d), nil
	default:
		return plain.TCO(d), nil
	}
}

// tell writes to the file that is named, or to standard output.
func (x *tcoFlags) tell(c console, text func() (string, error), v any) error {
	body, format := "", x.output
	if format != formatJSON {
		format = "text"
		var err error
		if body, err = text(); err != nil {
			return err
		}
	}
	var all bytes.Buffer
	if err := report(console{out: &all}, format, v, func() string { return body }); err != nil {
		return err
	}
	if err := emit(c, x.out, all.Bytes()); err != nil || x.out == "" {
		return err
	}
	fmt.Fprintf(c.errs, "pitwall: wrote %s\n", fleet.Label(x.out))
	return nil
}

// listGPUs shows the table of GPU prices.
func (x *tcoFlags) listGPUs(c console) error {
	list, err := economics.GPUHours()
	if err != nil {
		return err
	}
	return x.list(c, tcopage.GPUTable(list), list)
}

// list tells a table alone.
func (x *tcoFlags) list(c console, table tcopage.Section, v any) error {
	return x.tell(c, func() (string, error) {
		if x.output == "markdown" {
			return tcopage.MarkdownTable(&table), nil
		}
		return plain.TCOTable(table), nil
	}, v)
}
