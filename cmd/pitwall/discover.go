package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pitwall/backends/discovery"
	"pitwall/fleet"
	"pitwall/internal/config"
)

// How long a search waits for clusters, and for how long nothing may be new before it is over.
const (
	discoverTime  = 60 * time.Second
	discoverQuiet = 4 * time.Second
)

func discoverCommand(f *flags, c console) *cobra.Command {
	x := &changeFlags{}
	var out string
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "discover",
		Short: "Write a configuration from what clusters run",
		Long: "Watches the clusters of the configuration, or of the kubeconfig where there is none, until what they run is\n" +
			"known, and writes a configuration of it. Only GET is sent, to ports that pods declare. --context chooses\n" +
			"contexts of the kubeconfig, with commas, or '*' for one of each API server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return onHub(cmd.Context(), f, c, x, func(ctx context.Context, s *session) error {
				return discover(ctx, s, c, out, wait)
			})
		},
	}
	cmd.Flags().StringVarP(&out, "output-file", "f", "", "file to write; it must not exist (default: standard output)")
	cmd.Flags().DurationVar(&wait, "wait", discoverTime, "how long to wait for clusters at most")
	x.bindDemo(cmd)
	return cmd
}

func discover(ctx context.Context, s *session, c console, out string, wait time.Duration) error {
	snap := s.search(ctx, wait)
	if ctx.Err() != nil {
		return exit{code: exitInterrupted}
	}
	if len(snap.Clusters) == 0 {
		return usage(errors.New("no cluster is configured; add clusters: to the context, or use a kubeconfig"))
	}
	text, err := config.WriteFound(s.hub.Inventory(), s.hub.Notes())
	if err != nil {
		return err
	}
	if err := emit(c, out, text); err != nil {
		return err
	}
	for _, k := range snap.Clusters {
		fmt.Fprintf(c.errs, "pitwall: %s: %s\n", fleet.Label(string(k.ID)), clusterWord(k))
	}
	return unheard(snap)
}

// findTime is how long a command waits for what clusters run, before it does with what is known.
const findTime = 20 * time.Second

// find waits for what is searched for in clusters: a picture without the pools that run there would look like an empty
// fleet, and a route of a gateway that runs there like one that does not exist.
func (s *session) find(ctx context.Context) {
	if slices.ContainsFunc(s.inventory.Sources, discovery.Searches) {
		s.search(ctx, findTime)
	}
}

// search waits until every cluster was listed or has failed, and then until nothing new was found for a while.
func (s *session) search(ctx context.Context, atMost time.Duration) *fleet.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	snap := s.hub.Latest()
	quiet, found := s.clock.Now(), 0
	for {
		if n := len(snap.Sources) + len(snap.Pools) + len(snap.Gateways); n != found || !listed(snap) {
			found, quiet = n, s.clock.Now()
		}
		if s.clock.Now().Sub(quiet) >= discoverQuiet {
			return snap
		}
		next, err := s.hub.Next(ctx, snap.Gen)
		if err != nil {
			return s.hub.Latest()
		}
		snap = next
	}
}

// listed tells whether there is nothing more to wait for: every cluster is known as far as it may be read, or failed.
func listed(snap *fleet.Snapshot) bool {
	for _, k := range snap.Clusters {
		if k.State == fleet.StateDown || k.State == fleet.StateStale {
			continue
		}
		if k.At.IsZero() || len(k.Kinds) == 0 {
			return false
		}
		for _, kind := range k.Kinds {
			if !kind.Synced && kind.Err.IsEmpty() {
				return false
			}
		}
	}
	return true
}

func clusterWord(k *fleet.Cluster) fleet.Safe {
	if k.At.IsZero() {
		return fleet.Concat(fleet.Text("not read: "), k.Why)
	}
	if why := podsUnread(k); !why.IsEmpty() {
		return fleet.Concat(fleet.Text("what it runs is not known: "), why)
	}
	text := fleet.Textf("%s, %s read", fleet.Many(len(k.Nodes), "node"), fleet.Many(len(k.Pods), "pod"))
	return fleet.Join(slices.DeleteFunc([]fleet.Safe{text, k.Scope}, fleet.Safe.IsEmpty), fleet.Text("; "))
}

// podsUnread is why the pods of a cluster could not be listed, "" where they could.
func podsUnread(k *fleet.Cluster) fleet.Safe {
	for _, kind := range k.Kinds {
		if kind.Kind == "pods" && !kind.Synced {
			return kind.Err
		}
	}
	return fleet.Safe{}
}

// unheard is the exit code of partial data where a cluster did not answer, or did not tell its pods.
func unheard(snap *fleet.Snapshot) error {
	n := 0
	for _, k := range snap.Clusters {
		if k.At.IsZero() || !podsUnread(k).IsEmpty() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return exit{exitPartial, fmt.Errorf("%d of %d clusters did not answer, or refused their pods: what they run is missing",
		n, len(snap.Clusters))}
}

// emit writes to a file that is not there yet, or to the output.
func emit(c console, out string, text []byte) error {
	if out == "" {
		_, err := c.out.Write(text)
		return err
	}
	file, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return usage(err)
	}
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
