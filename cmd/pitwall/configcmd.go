package main

import (
	"fmt"
	"os"
	"path/filepath"

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
	prices, err := loadPrices(file.Prices)
	if err != nil {
		return usage(err)
	}
	set := registry.Set(registry.Connectors())
	for _, ctx := range file.Contexts {
		inv, err := ctx.Inventory(set.Interval)
		if err != nil {
			return usage(err)
		}
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
	_, err = fmt.Fprintf(c.out, "%s is good\n", fleet.Label(path))
	return err
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
