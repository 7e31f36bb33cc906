package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/fleet"
	"pitwall/internal/buildinfo"
	"pitwall/themes"
)

// console is the terminal and the environment of one run.
type console struct {
	in      io.Reader
	out     io.Writer
	errs    io.Writer
	environ func(string) string
}

// flags are the global flags.
type flags struct {
	config     string
	context    string
	write      bool
	readOnly   bool
	theme      string
	ascii      bool
	color      string
	accessible bool
	calm       bool
	logFile    string
	stateDir   string
	record     string
}

// check refuses values that would silently mean something else.
func (f *flags) check() error {
	if f.theme != "" && !slices.Contains(themes.Names(), f.theme) {
		return usage(fmt.Errorf("--theme %q is none of %s", f.theme, strings.Join(themes.Names(), ", ")))
	}
	if !slices.Contains([]string{"", "auto", "always", "never"}, f.color) {
		return usage(fmt.Errorf("--color %q is none of auto, always, never", f.color))
	}
	return nil
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, c console) int {
	root := newRoot(c)
	root.SetArgs(args)
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.errs)
	err := root.ExecuteContext(ctx)
	if err != nil {
		say(c.errs, err)
	}
	return codeOf(err)
}

func newRoot(c console) *cobra.Command {
	f := &flags{}
	root := &cobra.Command{
		Use:   "pitwall",
		Short: "Terminal control console for hybrid LLM serving",
		Long: "pitwall shows the models that you host, the APIs that you rent and the gateways between them,\n" +
			"and carries out routing changes with checks, read-back and a way back.\n\n" +
			"Without a command it opens the console on the configuration found: --config, then\n" +
			"PITWALL_CONFIG, then the XDG folders. Try it without any: pitwall demo",
		Version:           buildinfo.Version(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		Args:              cobra.NoArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return openConsole(cmd.Context(), f, c) },
		PersistentPreRunE: func(*cobra.Command, []string) error { return f.check() },
	}
	p := root.PersistentFlags()
	p.StringVar(&f.config, "config", "", "configuration file")
	p.StringVar(&f.context, "context", "", "context of the configuration")
	p.BoolVar(&f.write, "write", false, "allow writing in PROD without :arm")
	p.BoolVar(&f.readOnly, "read-only", false, "construct no writer")
	p.StringVar(&f.theme, "theme", "", "default, okabe, contrast or mono")
	p.BoolVar(&f.ascii, "ascii", false, "draw with ASCII only")
	p.StringVar(&f.color, "color", "auto", "auto, always or never")
	p.BoolVar(&f.accessible, "accessible", false, "labelled lines instead of a screen")
	p.BoolVar(&f.calm, "calm", false, "slow link: 10 frames a second")
	p.StringVar(&f.logFile, "log-file", "", "log file (default: pitwall.log in the state directory)")
	p.StringVar(&f.stateDir, "state-dir", "", "where journal, audit, locks, history and log live")
	bindRecord(root, f)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.CompletionOptions.HiddenDefaultCmd = false
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		demoCommand(f, c), simCommand(c), snapshotCommand(f, c), doctorCommand(f, c), discoverCommand(f, c), configCommand(f, c),
		shiftCommand(f, c), resyncCommand(f, c), undoCommand(f, c), silenceCommand(f, c), editCommand(f, c),
		keyCommand(f, c, false), keyCommand(f, c, true),
		failoverCommand(f, c), runbookCommand(f, c), journalCommand(f, c), auditCommand(f, c),
		weightsCommand(c), goldenCommand(f, c), probeCommand(f, c), policyCommand(f, c), costCommand(f, c), computeCommand(f, c),
		tcoCommand(f, c), drillCommand(f, c),
		manCommand(root, c),
	)
	root.AddCommand(workCommands(f, c)...)
	root.InitDefaultCompletionCmd()
	strict(root)
	return root
}

// strict makes every wrong command line a usage error, and a group without a command say which ones it has.
func strict(cmd *cobra.Command) {
	if args := cmd.Args; args != nil {
		cmd.Args = func(cmd *cobra.Command, given []string) error {
			if err := args(cmd, given); err != nil {
				return usage(misused(cmd, given, err))
			}
			return nil
		}
	}
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			return usage(fmt.Errorf("%s needs a command: %s", cmd.CommandPath(), names(cmd)))
		}
	}
	for _, sub := range cmd.Commands() {
		strict(sub)
	}
}

func misused(cmd *cobra.Command, given []string, err error) error {
	if len(given) > 0 && fleet.LooksSecret(given[0]) {
		return fmt.Errorf("what was typed behind %s looks like a key itself: name keys by alias or hash", cmd.CommandPath())
	}
	if cmd.HasSubCommands() && len(given) > 0 {
		if near := cmd.SuggestionsFor(given[0]); len(near) > 0 {
			return fmt.Errorf("%s has no command %q; did you mean %s?", cmd.CommandPath(), given[0], strings.Join(near, " or "))
		}
		return fmt.Errorf("%s has no command %q; it has %s", cmd.CommandPath(), given[0], names(cmd))
	}
	return fmt.Errorf("%w; usage: %s", err, cmd.UseLine())
}

func names(cmd *cobra.Command) string {
	var list []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			list = append(list, sub.Name())
		}
	}
	return strings.Join(list, ", ")
}
