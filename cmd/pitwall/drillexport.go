package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pitwall/drills/recording"
)

func drillExportCommand(c console) *cobra.Command {
	return &cobra.Command{Use: "export FILE NEWFILE", Short: "A recording without the names and texts of its site",
		Long: "Writes a recording anew: names, keys, tenants, addresses and all texts become words such as pool-1, the same for the same,\n" +
			"and times move to 2020. Figures stay, and with them rates and distributions.",
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := recording.Open(args[0])
			if err != nil {
				return usage(err)
			}
			defer func() { _ = f.Close() }() // it was only read
			if err := recording.Scrub(f, args[1]); err != nil {
				return usage(err)
			}
			if !f.Cut.IsEmpty() {
				fmt.Fprintf(c.errs, "pitwall: %s\n", f.Cut)
			}
			fmt.Fprintf(c.out, "%s: %s without names\n", args[1], f.Last().Sub(f.First()))
			return nil
		}}
}
