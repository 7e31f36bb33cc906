package tui

import (
	"strconv"
	"strings"

	"pitwall/fleet"
	"pitwall/themes"
)

// completions lists what can stand in place of the last word of a command line.
func (m *Model) completions(text string) []string {
	words := strings.Fields(text)
	if text == "" || strings.HasSuffix(text, " ") {
		words = append(words, "")
	}
	last := words[len(words)-1]
	var all []string
	if len(words) == 1 {
		for _, v := range verbs() {
			all = append(all, v.names[0])
		}
	} else if v, ok := findVerb(words[0]); ok && v.words != nil {
		all = v.words(m, words[1:])
	}
	var fit []string
	for _, w := range all {
		if strings.HasPrefix(w, last) && !strings.ContainsAny(w, " \t") {
			fit = append(fit, w)
		}
	}
	return fit
}

func fixedWords(words ...string) func(*Model, []string) []string {
	return func(_ *Model, args []string) []string { return onlyFirst(args, words) }
}

// onlyFirst gives words for the first argument only.
func onlyFirst(args, words []string) []string {
	if len(args) != 1 {
		return nil
	}
	return words
}

func routeWords(m *Model, args []string) []string {
	var names []string
	if m.snap != nil {
		for i := range m.snap.Routes {
			names = append(names, string(m.snap.Routes[i].Spec.ID))
		}
	}
	return onlyFirst(args, names)
}

func poolWords(m *Model, args []string) []string {
	var names []string
	if m.snap != nil {
		for i := range m.snap.Pools {
			names = append(names, string(m.snap.Pools[i].Spec.ID))
		}
	}
	return onlyFirst(args, names)
}

func shiftWords(m *Model, args []string) []string {
	if len(args) < 2 {
		return routeWords(m, args)
	}
	var words []string
	if m.snap != nil {
		for i := range m.snap.Routes {
			if r := &m.snap.Routes[i]; string(r.Spec.ID) == args[0] {
				for _, id := range r.Order() {
					words = append(words, string(id)+"=")
				}
			}
		}
	}
	return words
}

func targetWords(m *Model, args []string) []string {
	if len(args) < 2 {
		return routeWords(m, args)
	}
	var words []string
	if m.snap != nil {
		if r := m.snap.Route(fleet.RouteID(args[0])); r != nil {
			for _, id := range r.Order() {
				words = append(words, string(id))
			}
		}
	}
	return words
}

func changeWords(m *Model, args []string) []string {
	var names []string
	for i := range m.book.Changes {
		names = append(names, strconv.Itoa(m.book.Changes[i].Seq))
	}
	return onlyFirst(args, names)
}

func replicaWords(m *Model, args []string) []string {
	var names []string
	if m.snap != nil {
		for i := range m.snap.Routes {
			for _, r := range m.snap.Routes[i].Replicas {
				if r.Differs {
					names = append(names, string(r.ID))
				}
			}
		}
	}
	return onlyFirst(args, names)
}

func sortWords(m *Model, args []string) []string {
	var names []string
	for _, k := range m.sortKeys() {
		names = append(names, k.Key)
	}
	return onlyFirst(args, names)
}

func themeWords(_ *Model, args []string) []string { return onlyFirst(args, themes.Names()) }

func faultWords(m *Model, args []string) []string {
	var names []string
	for _, f := range m.faulty {
		names = append(names, f.ID)
	}
	return onlyFirst(args, names)
}
