package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/internal/buildinfo"
	"pitwall/internal/config"
)

func configCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "The configuration file: check, example, schema", Args: cobra.NoArgs}
	cmd.AddCommand(
		&cobra.Command{Use: "check [FILE]", Short: "Read a file strictly and say what it declares", Args: cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { return checkConfig(f, c, args) }},
		&cobra.Command{Use: "example", Short: "Print a commented example", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := fmt.Fprint(c.out, config.Example)
				return err
			}},
		&cobra.Command{Use: "schema", Short: "Print the JSON Schema of the file, for editors", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				text, err := config.Schema()
				if err != nil {
					return err
				}
				_, err = c.out.Write(text)
				return err
			}})
	return cmd
}

func checkConfig(f *flags, c console, args []string) error {
	flag := f.config
	if len(args) > 0 {
		flag = args[0]
	}
	path, looked := config.Find(flag, c.environ)
	if path == "" {
		return usage(fmt.Errorf("%s", noConfig(looked)))
	}
	file, err := config.Load(path)
	if err != nil {
		return usage(err)
	}
	prices, err := loadPrices(file, "")
	if err != nil {
		return usage(err)
	}
	set := registry.Set(registry.Connectors())
	var rented []fleet.ProviderSpec
	for _, ctx := range file.Contexts {
		inv, err := ctx.Inventory(set.Interval)
		if err != nil {
			return usage(err)
		}
		rented = append(rented, inv.Providers...)
		_, problems := set.Readers(inv.Sources, fleet.Deps{Clock: fleet.SystemClock{}, Prices: prices.Price})
		for id, err := range problems {
			return usage(fmt.Errorf("context %q, source %q: %w", ctx.Name, id, err))
		}
		fmt.Fprintf(c.out, "%s: %s, %s, %s, %s, %s, %s\n", fleet.Label(ctx.Name), inv.Env, fleet.Many(len(inv.Pools), "pool"),
			fleet.Many(len(inv.Providers), "provider"), fleet.Many(len(inv.Gateways), "gateway"), fleet.Many(len(inv.Routes), "route"),
			fleet.Many(len(inv.Sources), "source"))
		for _, s := range inv.Sources {
			if s.Probe != nil {
				fmt.Fprintf(c.out, "  %s: %s\n", fleet.Label(string(s.ID)), s.Probe.Text(prices.Price))
			}
		}
	}
	saidRules(c.out, file.Rules())
	for _, line := range prices.Report(time.Now(), inUse(prices, rented)) {
		fmt.Fprintln(c.out, line)
	}
	for _, line := range unpriced(prices, rented) {
		fmt.Fprintln(c.out, line)
	}
	for _, w := range prices.Warnings {
		fmt.Fprintln(c.out, w)
	}
	_, err = fmt.Fprintf(c.out, "%s is good\n", fleet.Label(path))
	return err
}

// saidRules says what the site lays down about changes.
func saidRules(out io.Writer, r fleet.SiteRules) {
	now := time.Now()
	for i := range r.Freezes {
		one := fleet.SiteRules{Freezes: r.Freezes[i : i+1]}
		z := &r.Freezes[i]
		env := fleet.EnvProd
		if len(z.Scope.Envs) > 0 {
			env = z.Scope.Envs[0]
		}
		next := fleet.Text("none within a week")
		if len(z.Weekly) == 0 {
			next = fleet.Textf("%s to %s", fleet.Stamp(z.From), fleet.Stamp(z.To))
		} else if w := one.Windows(env, now); len(w) > 0 {
			next = fleet.Textf("weekly, next %s to %s", fleet.Stamp(w[0].From), fleet.Stamp(w[0].To))
		}
		fmt.Fprintf(out, "freeze %s: %s\n", fleet.Label(z.Name), next)
	}
	for i := range r.Blocking {
		fmt.Fprintf(out, "blocking alert %s: %s\n", fleet.Label(r.Blocking[i].Name), fleet.MatchersText(r.Blocking[i].Match))
	}
	for _, p := range r.Policy {
		fmt.Fprintf(out, "policy: %s\n", p.Text())
	}
}

func manCommand(root *cobra.Command, c console) *cobra.Command {
	var dir string
	cmd := &cobra.Command{Use: "man", Short: "Print the manual page, or write all pages into a folder", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			head := &doc.GenManHeader{Title: "PITWALL", Section: "1", Source: "pitwall " + buildinfo.Version(), Manual: "pitwall"}
			if dir == "" {
				return doc.GenMan(root, head, c.out)
			}
			if err := os.MkdirAll(filepath.Clean(dir), 0o750); err != nil {
				return err
			}
			return doc.GenManTree(root, head, dir)
		}}
	cmd.Flags().StringVar(&dir, "dir", "", "folder for one page a command")
	return cmd
}
