package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"pitwall/actions"
	"pitwall/actions/journal"
	"pitwall/actions/plan"
	"pitwall/actions/shared"
	"pitwall/backends/registry"
	"pitwall/fleet"
	"pitwall/internal/config"
	"pitwall/internal/secrets"
)

// addShared adds to a book what other machines do, where a cluster of the configuration shares it. What cannot be asked is
// said, and stops nothing.
func addShared(f *flags, c console, b *actions.Book) {
	path, _ := config.Find(f.config, c.environ)
	if path == "" {
		return
	}
	readers, err := sharedReaders(f, path)
	if err != nil {
		fmt.Fprintf(c.errs, "pitwall: %s\n", fleet.Sentence(err))
	}
	if len(readers) == 0 {
		return
	}
	v := shared.NewView(shared.Options{Readers: readers, Clock: fleet.SystemClock{}, Digest: plan.Digest})
	v.Look(context.Background())
	b.At = fleet.SystemClock{}.Now()
	v.Merge(b, func(fleet.ChangeID) bool { return false }, func(string) bool { return false })
	for _, s := range b.Shared {
		if !s.Err.IsEmpty() {
			fmt.Fprintf(c.errs, "pitwall: changes of other machines in cluster %s: %s\n", fleet.Label(string(s.Cluster)), s.Err)
		}
	}
	journal.Order(b.Changes)
}

func sharedReaders(f *flags, path string) (map[fleet.ClusterID]fleet.SharedReader, error) {
	file, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	picked, err := file.Pick(f.context)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(picked.Clusters, func(k config.Cluster) bool { return k.Shared != "" }) {
		return nil, nil
	}
	set := registry.Set(registry.Connectors())
	inv, err := picked.Inventory(set.Interval)
	if err != nil {
		return nil, err
	}
	resolver := secrets.Resolver{Environ: os.LookupEnv, Seen: func(fleet.Secret) {}}
	return set.SharedReaders(inv.Sources, fleet.Deps{Clock: fleet.SystemClock{}, Secret: resolver.Resolve})
}
