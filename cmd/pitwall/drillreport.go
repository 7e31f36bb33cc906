package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/document"
	"pitwall/views/drillpage"
)

// drillForms are those of a report.
var drillForms = []string{"md", "json", "html"}

func drillReportCommand(c console) *cobra.Command {
	var output, out string
	var force bool
	cmd := &cobra.Command{Use: "report FILE", Short: "The report of a drill once more, as Markdown, JSON or one HTML page",
		Long: "Writes the report of a drill anew from its JSON, which drill start keeps under drills in the state directory.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readReport(args[0])
			if err != nil {
				return usage(err)
			}
			body, err := drillBody(r, output)
			if err != nil {
				return err
			}
			if out == "" {
				_, err = fmt.Fprint(c.out, body)
				return err
			}
			return writeNew(out, body, force)
		}}
	cmd.Flags().StringVarP(&output, "output", "o", "md", "md, json or html")
	cmd.Flags().StringVar(&out, "out", "", "write to this file, which must not be there")
	cmd.Flags().BoolVar(&force, "force", false, "with --out: write over what is there")
	return cmd
}

// readReport reads a report as it was kept.
func readReport(path string) (*drills.Report, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &drills.Report{}
	if err := json.Unmarshal(body, r); err != nil || r.Scenario == nil {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + fleet.Quote(path).String(), Err: errors.Join(err, errNoReport),
			Next: "a report is the .json that drill start kept"}
	}
	return r, nil
}

var errNoReport = errors.New("this is no report of a drill")

// drillBody is a report in a form.
func drillBody(r *drills.Report, form string) (string, error) {
	switch form {
	case "md":
		return document.Markdown(drillpage.Layout(r)), nil
	case "html":
		return document.HTML(drillpage.Layout(r)), nil
	case "json":
		body, err := json.MarshalIndent(r, "", " ")
		return string(body) + "\n", err
	default:
		return "", usage(fmt.Errorf("--output %q is none of %v", form, drillForms))
	}
}

// writeNew writes a private file, whole or not at all. What is there stays unless it is said to be written over.
func writeNew(path, body string, over bool) error {
	if _, err := os.Lstat(path); err == nil && !over {
		return usage(&fleet.Error{Kind: fleet.KindInvalid, Op: "write " + fleet.Quote(path).String(), Err: fs.ErrExist,
			Next: "name another file, or add --force"})
	}
	part := path + ".part"
	err := os.WriteFile(part, []byte(body), 0o600)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		_ = os.Remove(part) // what is left of it is of no use
		return &fleet.Error{Kind: fleet.KindInternal, Op: "write " + fleet.Quote(path).String(), Err: err}
	}
	return nil
}
