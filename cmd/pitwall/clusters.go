package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pitwall/backends/kube"
	"pitwall/internal/config"
)

// fromKubeconfig makes a configuration of the contexts of the current kubeconfig, for when no file was found. names
// chooses: "" is the current context, "*" all of them, else a list with commas. It returns nil where there is no
// kubeconfig.
func fromKubeconfig(names string) (*config.File, error) {
	all, err := kube.Contexts("")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	picked, err := pickContexts(all, names)
	if err != nil {
		return nil, err
	}
	name := picked[0]
	if len(picked) > 1 {
		name = fmt.Sprintf("%d clusters", len(picked))
	}
	return &config.File{Version: config.Version, Contexts: []config.Context{*config.Clusters(name, picked)}}, nil
}

func pickContexts(all []kube.Context, names string) ([]string, error) {
	known := make([]string, len(all))
	current := ""
	for i, c := range all {
		known[i] = c.Name
		if c.Current {
			current = c.Name
		}
	}
	switch {
	case names == "*":
		return known, nil
	case names != "":
		var picked []string
		for _, name := range strings.Split(names, ",") {
			if !slices.Contains(known, name) {
				return nil, fmt.Errorf("the kubeconfig has no context %q; it has %q", name, known)
			}
			picked = append(picked, name)
		}
		return picked, nil
	case current != "":
		return []string{current}, nil
	case len(known) == 1:
		return known, nil
	default:
		return nil, fmt.Errorf("the kubeconfig has no current context; choose with --context, or '*' for all of them: %q", known)
	}
}

// configured finds what to watch: a configuration, else the kubeconfig.
func configured(f *flags, c console) (*config.File, string, error) {
	path, looked := config.Find(f.config, c.environ)
	if path != "" {
		file, err := config.Load(path)
		return file, f.context, err
	}
	file, err := fromKubeconfig(f.context)
	switch {
	case err != nil:
		return nil, "", err
	case file == nil:
		where := cmp.Or(c.environ("KUBECONFIG"), "~/.kube/config")
		return nil, "", errors.New(noConfig(append(looked, where)))
	}
	return file, "", nil
}
