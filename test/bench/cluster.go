package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"pitwall/test/servers"
)

// longestCluster is how long the figures of a large cluster may take, with the cluster itself.
const longestCluster = 25 * time.Minute

// crowd is the cluster of the figures.
var crowd = servers.Crowd{Nodes: 500, Namespaces: 20, Deployments: 40, Replicas: 100}

// watching says how pitwall is brought to a screen of pods, and how rows of it look.
type watching struct {
	bin   string         // the program; empty builds it
	args  []string       // its arguments
	first string         // a text of the first screen, after which keys are pressed
	keys  string         // which open the screen of pods; empty where it is the first
	rows  *regexp.Regexp // the name of a pod of the crowd, as the screen shows it
	keep  bool           // only bring the cluster up and keep it
	size  servers.Crowd
}

// clusterFlags reads the arguments after "cluster".
func clusterFlags(args []string) (*watching, error) {
	v := &watching{size: crowd}
	set := flag.NewFlagSet("bench cluster", flag.ContinueOnError)
	set.StringVar(&v.bin, "pitwall", "", "the program to measure; built from the checkout when empty")
	arguments := set.String("args", "", "its arguments, parted by spaces; KUBECONFIG names the cluster")
	set.StringVar(&v.first, "first", "help", "a text of its first screen, after which the keys are pressed")
	keys := set.String("keys", `:pods\r`, `the keys that open the screen of pods; \r is enter`)
	rows := set.String("rows", `model-\d\d-[0-9a-z]+-[0-9a-z]+`, "the name of a pod as the screen shows it")
	set.BoolVar(&v.keep, "keep", false, "measure nothing: bring the cluster up and keep it until ctrl+c")
	set.IntVar(&v.size.Nodes, "nodes", crowd.Nodes, "nodes of eight GPUs")
	set.IntVar(&v.size.Replicas, "replicas", crowd.Replicas, fmt.Sprintf("replicas of each of %d Deployments", crowd.Deployments))
	if err := set.Parse(args); err != nil {
		return nil, err
	}
	v.args, v.keys = strings.Fields(*arguments), strings.ReplaceAll(*keys, `\r`, "\r")
	var err error
	v.rows, err = regexp.Compile(*rows)
	return v, err
}

// runCluster brings a large cluster up and measures the console beside it.
func runCluster(ctx context.Context, args []string) (missed int, err error) {
	v, err := clusterFlags(args)
	if errors.Is(err, flag.ErrHelp) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	w, err := newWorkshop(ctx)
	if err != nil {
		return 0, err
	}
	defer w.close()
	if v.bin == "" {
		v.bin = w.bin
	}
	began := time.Now()
	c, err := servers.StartCluster(ctx, servers.Options{})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	progress("the control plane works after %.1f s", time.Since(began).Seconds())
	began = time.Now()
	if err := c.Fill(ctx, v.size, func(s string) { progress("%s", s) }); err != nil {
		return 0, err
	}
	progress("%d nodes and %d pods were made and run within %.0f s", v.size.Nodes, v.size.Pods(), time.Since(began).Seconds())
	if v.keep {
		progress("KUBECONFIG=%s until ctrl+c", c.Viewer.Kubeconfig)
		<-ctx.Done()
		return 0, nil
	}
	var t table
	t.add("C", again(ctx, w, figure{"pods of a large cluster",
		func(ctx context.Context, w *workshop) ([]row, error) { return v.measure(ctx, w, c) }}))
	if _, err := fmt.Printf("%s%s\n", t.text(), machine()); err != nil {
		return 0, err
	}
	return t.missed(), ctx.Err()
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }
