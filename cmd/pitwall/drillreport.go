package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"pitwall/drills"
	"pitwall/fleet"
	"pitwall/views/drillpage"
)

type drillReportFlags struct {
	output, out, head string
	force             bool
}

func drillReportCommand(c console) *cobra.Command {
	x := &drillReportFlags{}
	cmd := &cobra.Command{Use: "report FILE", Short: "Draw a kept report again, as Markdown, JSON or HTML",
		Long: "Draws the .json file that a drill kept. A report that was altered since is refused. The file of --out is private and replaces\n" +
			"nothing without --force.",
		Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error { return drillReport(c, x, args[0]) }}
	fl := cmd.Flags()
	fl.StringVarP(&x.output, "output", "o", "md", "md, json or html")
	fl.StringVar(&x.out, "out", "", "file to write instead of standard output")
	fl.BoolVar(&x.force, "force", false, "replace the file of --out")
	return cmd
}

func drillVerifyCommand(c console) *cobra.Command {
	x := &drillReportFlags{}
	cmd := &cobra.Command{Use: "verify FILE", Short: "Say whether a kept report was altered",
		Long: "Goes over the hash chain of the .json file that a drill kept. Whoever writes a report anew can chain it anew as well: --head\n" +
			"compares its end with the one that was noted when the drill ended.",
		Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error { return drillVerify(c, x, args[0]) }}
	cmd.Flags().StringVar(&x.head, "head", "", "the end of its chain as it was said when the drill ended")
	return cmd
}

// keptReport reads a report and holds it to its chain.
func keptReport(path, head string) (*drills.Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage(err)
	}
	defer f.Close()
	body, err := io.ReadAll(io.LimitReader(f, drills.MostReport+1))
	if err != nil {
		return nil, usage(err)
	}
	if len(body) > drills.MostReport {
		return nil, usage(fmt.Errorf("%s is larger than %d bytes", fleet.Quote(path), drills.MostReport))
	}
	r, err := drills.ReadReport(body)
	if err != nil {
		return nil, err
	}
	return r, r.Verify(head)
}

func drillVerify(c console, x *drillReportFlags, path string) error {
	r, err := keptReport(path, x.head)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "EXERCISE %s: whole, %d parts, ends with %s\n", fleet.Label(r.Scenario.ID), len(r.Chain), r.Head())
	return nil
}

func drillReport(c console, x *drillReportFlags, path string) error {
	form := reportForm(x.output)
	if form == nil {
		return usage(fmt.Errorf("-o is md, json or html, not %s", fleet.Quote(x.output)))
	}
	r, err := keptReport(path, "")
	if err != nil {
		return err
	}
	body, err := form(r)
	if err != nil {
		return err
	}
	if x.out == "" {
		_, err = c.out.Write(body)
		return err
	}
	if err := writePrivate(x.out, body, x.force); err != nil {
		return err
	}
	fmt.Fprintf(c.errs, "pitwall: wrote %s\n", fleet.Label(x.out))
	return nil
}

// reportForm writes a report in a format, nil for one that is not known.
func reportForm(format string) func(*drills.Report) ([]byte, error) {
	switch format {
	case "md":
		return func(r *drills.Report) ([]byte, error) { return []byte(drills.Markdown(r)), nil }
	case "html":
		return func(r *drills.Report) ([]byte, error) { return []byte(drillpage.HTML(r)), nil }
	case formatJSON:
		return func(r *drills.Report) ([]byte, error) {
			body, err := json.MarshalIndent(r, "", " ")
			return append(body, '\n'), err
		}
	}
	return nil
}

// writePrivate writes a file for its owner alone, whole or not at all.
func writePrivate(path string, body []byte, replace bool) error {
	return notWritten(path, privately(path, body, replace))
}

// notWritten says why a file was not written.
func notWritten(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrExist):
		return usage(fmt.Errorf("%s is there already; --force replaces it", fleet.Quote(path)))
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		err = errors.New("the disk is full; nothing of it was left")
	}
	return &fleet.Error{Kind: fleet.KindInternal, Op: "write " + fleet.Quote(path).String(), Err: err,
		Next: "make room or choose another place"}
}

func privately(path string, body []byte, replace bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pitwall-*") // private by itself
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(body); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if replace {
		return os.Rename(f.Name(), path)
	}
	return os.Link(f.Name(), path) // unlike a rename it replaces nothing
}

// keepDrill seals a report and writes it beside those of earlier drills, in each format. It gives the path of the page.
func keepDrill(state string, r *drills.Report) (string, error) {
	dir := filepath.Join(state, "drills")
	name := filepath.Join(dir, time.Now().UTC().Format("20060102-150405")+"-"+r.Scenario.ID)
	err := r.Seal()
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	for _, format := range []string{formatJSON, "md", "html"} {
		var body []byte
		if err == nil {
			body, err = reportForm(format)(r)
		}
		if err == nil {
			err = writePrivate(name+"."+format, body, false)
		}
	}
	if err != nil {
		return "", &fleet.Error{Kind: fleet.KindInternal, Op: "keep the report", Err: err, Next: "the score above still holds"}
	}
	return name + ".html", nil
}
