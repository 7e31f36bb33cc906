package kube

import (
	"slices"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// maxWords is how many different texts an interner holds before it starts again: what comes later is then shared with
// other later rows only.
const maxWords = 100_000

// words shares the texts, label sets and argument lists that thousands of rows have in common. One goroutine uses it.
type words struct {
	texts  map[string]string
	labels map[string]map[string]string
	lists  map[string][]string
	ports  map[string][]fleet.PodPort
	key    strings.Builder
}

func newWords() *words { return &words{} }

func (w *words) text(s string) string {
	if s == "" {
		return ""
	}
	if known, ok := w.texts[s]; ok {
		return known
	}
	if w.texts == nil || len(w.texts) >= maxWords {
		w.texts = map[string]string{}
	}
	w.texts[s] = s
	return s
}

// set shares a map of labels. Those that only repeat a pod's own name are left out: they would make each set unique.
func (w *words) set(labels map[string]string) map[string]string {
	names := make([]string, 0, len(labels))
	for name := range labels {
		if !repeatsName[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	w.key.Reset()
	for _, name := range names {
		w.key.WriteString(name)
		w.key.WriteByte(0)
		w.key.WriteString(labels[name])
		w.key.WriteByte(0)
	}
	if known, ok := w.labels[w.key.String()]; ok {
		return known
	}
	if w.labels == nil || len(w.labels) >= maxWords {
		w.labels = map[string]map[string]string{}
	}
	own := make(map[string]string, len(names))
	for _, name := range names {
		own[w.text(name)] = w.text(labels[name])
	}
	w.labels[w.key.String()] = own
	return own
}

var repeatsName = map[string]bool{
	"statefulset.kubernetes.io/pod-name": true,
	"apps.kubernetes.io/pod-index":       true,
	"controller-revision-hash":           true,
	"pod-template-generation":            true,
}

// list shares what make makes of a list; equal lists are made once.
func (w *words) list(list []string, make func([]string) []string) []string {
	if len(list) == 0 {
		return nil
	}
	key := strings.Join(list, "\x00")
	if known, ok := w.lists[key]; ok {
		return known
	}
	if w.lists == nil || len(w.lists) >= maxWords {
		w.lists = map[string][]string{}
	}
	own := make(list)
	w.lists[key] = own
	return own
}

func (w *words) portList(list []fleet.PodPort) []fleet.PodPort {
	w.key.Reset()
	for _, p := range list {
		w.key.WriteString(p.Container)
		w.key.WriteByte(0)
		w.key.WriteString(p.Name)
		w.key.WriteByte(0)
		w.key.WriteString(strconv.Itoa(p.Port))
		w.key.WriteByte(0)
	}
	if known, ok := w.ports[w.key.String()]; ok {
		return known
	}
	if w.ports == nil || len(w.ports) >= maxWords {
		w.ports = map[string][]fleet.PodPort{}
	}
	w.ports[w.key.String()] = list
	return list
}
