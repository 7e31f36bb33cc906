package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pitwall/backends/kube"
	"pitwall/fleet"
	"pitwall/internal/config"
)

// fromKubeconfig makes a configuration of the contexts of the current kubeconfig, for when no file was found. names
// chooses: "" is the current context, "*" one for each API server, else a list with commas. It returns nil where there is
// no kubeconfig. The warning says which clusters are meant twice.
func fromKubeconfig(names string) (file *config.File, warning fleet.Safe, err error) {
	all, err := kube.Contexts("")
	if err != nil || len(all) == 0 {
		return nil, fleet.Safe{}, err
	}
	picked, err := pickContexts(all, names)
	if err != nil {
		return nil, fleet.Safe{}, err
	}
	kept, twice := oneEach(all, picked)
	if names == "*" && len(twice) > 0 {
		picked = kept
		warning = fleet.Textf("left out, since they lead to the API servers of others, whose pods would count twice: %s; "+
			"--context NAME,NAME takes them", nameList(twice))
	} else if len(twice) > 0 {
		warning = fleet.Textf("these contexts lead to the API servers of others that are watched, so that what runs there counts twice: %s",
			nameList(twice))
	}
	name := picked[0]
	if len(picked) > 1 {
		name = fmt.Sprintf("%d clusters", len(picked))
	}
	return &config.File{Version: config.Version, Contexts: []config.Context{*config.Clusters(name, picked)}}, warning, nil
}

// oneEach keeps one of the picked contexts for each API server: the current one, else the first that is not meant for one
// namespace, else the first. The others are twice there.
func oneEach(all []kube.Context, picked []string) (kept, twice []string) {
	best := map[string]kube.Context{}
	rank := func(c kube.Context) int {
		switch {
		case c.Current:
			return 0
		case c.Namespace == "":
			return 1
		default:
			return 2
		}
	}
	for _, c := range all {
		have, ok := best[c.Server]
		if slices.Contains(picked, c.Name) && (!ok || rank(c) < rank(have)) {
			best[c.Server] = c
		}
	}
	for _, name := range picked {
		i := slices.IndexFunc(all, func(c kube.Context) bool { return c.Name == name })
		if server := all[i].Server; server == "" || best[server].Name == name {
			kept = append(kept, name)
		} else {
			twice = append(twice, name)
		}
	}
	return kept, twice
}

// nameList names a few of many.
func nameList(names []string) fleet.Safe {
	const most = 5
	var list []fleet.Safe
	for _, name := range names[:min(most, len(names))] {
		list = append(list, fleet.Label(name))
	}
	text := fleet.Join(list, fleet.Text(", "))
	if over := len(names) - most; over > 0 {
		text = fleet.Concat(text, fleet.Textf(" and %s more", fleet.Int(over)))
	}
	return text
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
func configured(f *flags, c console) (file *config.File, name string, warning fleet.Safe, err error) {
	path, looked := config.Find(f.config, c.environ)
	if path != "" {
		file, err = config.Load(path)
		return file, f.context, warning, err
	}
	file, warning, err = fromKubeconfig(f.context)
	switch {
	case err != nil:
		return nil, "", warning, err
	case file == nil:
		where := cmp.Or(c.environ("KUBECONFIG"), "~/.kube/config")
		return nil, "", warning, errors.New(noConfig(append(looked, where)))
	}
	return file, "", warning, nil
}
