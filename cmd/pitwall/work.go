package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pitwall/actions"
	"pitwall/actions/desk"
	"pitwall/actions/plan"
	"pitwall/fleet"
	"pitwall/views/plain"
)

// workFlags are those of commands that change an object of a cluster.
type workFlags struct {
	changeFlags
	cluster string
	kind    string // of the object where its name says none
	want    fleet.Want
	args    []string
	canary  string
	to      float64 // advance: percent, 0 for the next step
	surge   int
	count   int
	hold    time.Duration
	give    time.Duration
	ready   bool
}

// workCommands are the commands that change objects of clusters.
func workCommands(f *flags, c console) []*cobra.Command {
	return []*cobra.Command{
		upgradeCommand(f, c), scaleCommand(f, c), rolloutCommand(f, c),
		simpleWork(f, c, fleet.DoRestart, "restart OBJECT", "Replace the replicas of a workload one after the other, with the same version"),
		simpleWork(f, c, fleet.DoPause, "pause OBJECT", "Stop a roll where it is"),
		simpleWork(f, c, fleet.DoResume, "resume OBJECT", "Let a paused roll go on"),
		scalerCommand(f, c),
		simpleWork(f, c, fleet.DoPromote, "promote OBJECT", "Take a roll with steps to its end"),
		advanceCommand(f, c), trafficCommand(f, c),
		simpleWork(f, c, fleet.DoAbandonRoll, "abort OBJECT", "Give a roll with steps up: its traffic goes back at once"),
		nodeWork(f, c, fleet.DoCordon, "cordon NODE", "Let no further pod onto a node"),
		nodeWork(f, c, fleet.DoUncordon, "uncordon NODE", "Let pods onto a node again"),
		nodeWork(f, c, fleet.DoDrain, "drain NODE", "Move a node's pods away, one at a time, as their disruption budgets allow"),
	}
}

const objectHelp = "OBJECT is a pool, NAME, NAMESPACE/NAME, KIND/NAME or KIND/NAMESPACE/NAME."

func upgradeCommand(f *flags, c console) *cobra.Command {
	x := &workFlags{}
	cmd := x.command(f, c, fleet.DoUpgrade, "upgrade OBJECT",
		"Roll a workload to another image, model, revision or flags, by canary and with a way back")
	cmd.Long = objectHelp + "\n" +
		"The plan shows each field before and after, the GPUs that it takes, and its stages. Old and new are compared while\n" +
		"both serve; a stage that cannot be judged waits. What stands in the way for too long is taken back."
	cmd.Example = "  pitwall upgrade llm/llama-70b --image vllm/vllm-openai:v0.12.0 --canary 10,50 --dry-run\n" +
		"  pitwall upgrade llama-70b --model meta-llama/Llama-3.3-70B-Instruct --revision 6f6073b"
	fl := cmd.Flags()
	fl.StringVar(&x.want.Container, "container", "", "container (default: the one that serves)")
	fl.StringVar(&x.want.Image, "image", "", "image to run")
	fl.StringVar(&x.want.Weights, "model", "", "model ID or storage URI to load")
	fl.StringVar(&x.want.Revision, "revision", "", "revision of the weights")
	fl.StringArrayVar(&x.args, "arg", nil, "flag of the engine, as --arg max-model-len=8192")
	fl.StringVar(&x.want.Version, "to-version", "", "version that the system remembers, as pitwall rollout lists them")
	fl.StringVar(&x.canary, "canary", "", "sizes of the canary stages in percent of the replicas, such as 10,50")
	fl.IntVar(&x.surge, "surge", -1, "replicas beside the wanted ones; 0 takes some away first (default: as the object says)")
	fl.DurationVar(&x.hold, "hold", actions.DefaultCanaryHold, "how long old and new are compared after a canary stage")
	fl.DurationVar(&x.give, "patience", actions.DefaultPatience, "how long what stands in the way is waited for before it is taken back")
	fl.DurationVar(&x.soak, "soak", 0, "how long the end state is watched (default 10m)")
	fl.BoolVar(&x.ready, "by-readiness", false, "go on when the new replicas are ready, without comparing what they do")
	return cmd
}

func scalerCommand(f *flags, c console) *cobra.Command {
	cmd := &cobra.Command{Use: "autoscaler", Short: "Hold an autoscaler, or let it scale again"}
	cmd.AddCommand(
		simpleWork(f, c, fleet.DoHoldScaler, "hold OBJECT", "Keep an autoscaler at a number of replicas"),
		simpleWork(f, c, fleet.DoFreeScaler, "release OBJECT", "Let a held autoscaler scale again"),
	)
	return cmd
}

func scaleCommand(f *flags, c console) *cobra.Command {
	x := &workFlags{}
	cmd := x.command(f, c, fleet.DoScale, "scale OBJECT --replicas N", "Set the number of replicas of a workload")
	cmd.Flags().IntVar(&x.count, "replicas", -1, "replicas that are wanted")
	cmd.Flags().StringVar(&x.want.Container, "container", "",
		"part that is scaled, where it has several: service, deployed model, of Ray Serve APPLICATION/DEPLOYMENT")
	return cmd
}

func advanceCommand(f *flags, c console) *cobra.Command {
	x := &workFlags{}
	cmd := x.command(f, c, fleet.DoAdvance, "advance OBJECT", "Take a roll with steps one step further")
	cmd.Flags().Float64Var(&x.to, "to", 0, "percent that the new version gets, where the system takes any")
	return cmd
}

func trafficCommand(f *flags, c console) *cobra.Command {
	x := &workFlags{}
	cmd := x.command(f, c, fleet.DoTraffic, "traffic OBJECT MEMBER=WEIGHT ...",
		"Set the weights of the members among which an object splits its traffic")
	cmd.Args = cobra.MinimumNArgs(2)
	cmd.Long = objectHelp + "\nMembers that are not named keep their weight. pitwall rollout OBJECT lists them."
	cmd.Example = "  pitwall traffic HTTPRoute/llm/chat llama-v1=90 llama-v2=10 --dry-run"
	return cmd
}

func simpleWork(f *flags, c console, do fleet.Deed, use, short string) *cobra.Command {
	x := &workFlags{}
	cmd := x.command(f, c, do, use, short)
	if do == fleet.DoHoldScaler {
		cmd.Flags().IntVar(&x.count, "replicas", -1, "replicas to keep (default: as many as run)")
		cmd.Flags().StringVar(&x.want.Container, "container", "",
			"APPLICATION/DEPLOYMENT of Ray Serve, where the object has several that are scaled")
	}
	return cmd
}

func nodeWork(f *flags, c console, do fleet.Deed, use, short string) *cobra.Command {
	x := &workFlags{kind: "Node"}
	cmd := x.command(f, c, do, use, short)
	if do == fleet.DoDrain {
		cmd.Flags().DurationVar(&x.give, "patience", actions.DefaultPatience,
			"how long a budget that refuses is asked again before a person is asked what to do")
	}
	return cmd
}

// command makes a command that plans and carries out one deed.
func (x *workFlags) command(f *flags, c console, do fleet.Deed, use, short string) *cobra.Command {
	x.want.Do, x.count, x.surge = do, -1, -1
	x.objects = true
	x.ends = do == fleet.DoUpgrade || do == fleet.DoRestart || do == fleet.DoScale || do == fleet.DoDrain
	cmd := &cobra.Command{Use: use, Short: short, Long: objectHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := x.complete(args[1:]); err != nil {
				return usage(err)
			}
			if x.want.Do == fleet.DoScale {
				x.grows = func(s *fleet.Snapshot) bool { return x.scalesUp(s, args[0]) }
			}
			x.refused = func(ctx context.Context, s *session, d *desk.Desk) error {
				in, err := x.workIntent(s, args[0])
				if err != nil {
					return err
				}
				return d.Refusal(ctx, x.intent(in))
			}
			return onFleet(cmd.Context(), f, c, &x.changeFlags, func(ctx context.Context, s *session, d *desk.Desk, how *ending) error {
				in, err := x.workIntent(s, args[0])
				if err != nil {
					return err
				}
				return s.change(ctx, d, in, c, &x.changeFlags, how)
			})
		}}
	if x.kind == "Node" {
		cmd.Long = ""
	}
	x.bindConfirm(cmd, "name of the object, typed: needed in PROD and for overrides")
	cmd.Flags().StringVar(&x.cluster, "cluster", "",
		"cluster (context of the kubeconfig, or id of an orchestrator), where the name is in several")
	return cmd
}

// workIntent is what the command wants of the object that a person named.
func (x *workFlags) workIntent(s *session, name string) (actions.Intent, error) {
	o, err := plan.FindObject(s.hub.Latest(), name, x.kind, fleet.ClusterID(x.cluster))
	if err != nil {
		return actions.Intent{}, err
	}
	want := x.want
	if want.Do == fleet.DoRestart {
		want.Stamp = s.clock.Now().UTC()
	}
	return actions.Intent{Kind: actions.Kind(want.Do), Work: &actions.WorkIntent{Object: o, Want: want, Hold: x.hold, Patience: x.give,
		ByReadiness: x.ready}}, nil
}

// scalesUp tells whether more replicas are asked for than an object has, so that none ends. Nothing is known of what is not
// watched.
func (x *workFlags) scalesUp(s *fleet.Snapshot, name string) bool {
	o, err := plan.FindObject(s, name, x.kind, fleet.ClusterID(x.cluster))
	if err != nil {
		return false
	}
	c := s.Cluster(o.Cluster)
	return c != nil && slices.ContainsFunc(c.Workloads, func(w *fleet.Workload) bool {
		return w.Kind == o.Kind && w.Namespace == o.Namespace && w.Name == o.Name && x.count >= w.Desired
	})
}

// complete reads the flags that have a form of their own.
func (x *workFlags) complete(words []string) error {
	for _, word := range words {
		share, err := parseShare(word)
		if err != nil {
			return err
		}
		x.want.Shares = append(x.want.Shares, share)
	}
	if x.to != 0 {
		if !(x.to > 0 && x.to <= 100) {
			return fmt.Errorf("--to %g is no percentage above 0 and up to 100", x.to)
		}
		x.want.Parts = []fleet.Ratio{fleet.Ratio(x.to / 100)}
	}
	if x.count >= 0 {
		x.want.Replicas = fleet.Some(x.count)
	} else if x.want.Do == fleet.DoScale {
		return errors.New("scale needs --replicas N, 0 or more")
	}
	if x.surge >= 0 {
		x.want.Surge = fleet.Some(x.surge)
	}
	for _, a := range x.args {
		flag, value, ok := strings.Cut(a, "=")
		if !ok || flag == "" {
			return fmt.Errorf("--arg %q is not FLAG=VALUE", a)
		}
		if !strings.HasPrefix(flag, "-") {
			flag = "--" + flag
		}
		x.want.Args = append(x.want.Args, fleet.ArgEdit{Flag: flag, Value: value})
	}
	if err := x.want.Check(false); err != nil {
		return err
	}
	if x.canary == "" {
		return nil
	}
	parts, err := parseParts(x.canary)
	x.want.Parts = parts
	return err
}

// parseShare reads MEMBER=WEIGHT. A member's name may hold "=": the last one counts.
func parseShare(word string) (fleet.Share, error) {
	at := strings.LastIndex(word, "=")
	if at <= 0 {
		return fleet.Share{}, fmt.Errorf("%q is not MEMBER=WEIGHT", word)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(word[at+1:], "%"))
	if err != nil || n < 0 {
		return fleet.Share{}, fmt.Errorf("%q: the weight is no whole number of 0 or more", word)
	}
	return fleet.Share{Member: word[:at], Weight: n}, nil
}

// parseParts reads rising percentages.
func parseParts(text string) ([]fleet.Ratio, error) {
	var out []fleet.Ratio
	for _, word := range strings.Split(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(word), "%"), 64)
		if err != nil || !(v > 0 && v <= 100) {
			return nil, fmt.Errorf("--canary %q: %q is no percentage above 0 and up to 100", text, word)
		}
		if n := len(out); n > 0 && fleet.Ratio(v/100) <= out[n-1] {
			return nil, fmt.Errorf("--canary %q: the percentages must rise", text)
		}
		out = append(out, fleet.Ratio(v/100))
	}
	return out, nil
}

// rolloutCommand shows how an object stands.
func rolloutCommand(f *flags, c console) *cobra.Command {
	x := &workFlags{}
	cmd := &cobra.Command{Use: "rollout OBJECT",
		Short: "Show how a workload stands: version, progress, what stands in the way, what it can go back to",
		Long:  objectHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			x.objects = true
			return onFleet(cmd.Context(), f, c, &x.changeFlags, func(ctx context.Context, s *session, d *desk.Desk, _ *ending) error {
				o, err := plan.FindObject(s.hub.Latest(), args[0], x.kind, fleet.ClusterID(x.cluster))
				if err != nil {
					return err
				}
				r, err := d.Rollout(ctx, o)
				if err != nil {
					return err
				}
				return report(c, x.output, r, func() string { return plain.Rollout(r) })
			})
		}}
	fl := cmd.Flags()
	fl.StringVar(&x.cluster, "cluster", "",
		"cluster (context of the kubeconfig, or id of an orchestrator), where the name is in several")
	fl.StringVarP(&x.output, "output", "o", "text", "text or json")
	x.bindDemo(cmd)
	return cmd
}
