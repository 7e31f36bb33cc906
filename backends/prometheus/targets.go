package prometheus

import (
	"cmp"
	"errors"
	"net/url"
	"slices"

	"pitwall/fleet"
)

// target is one source that is read through the store.
type target struct {
	spec fleet.SourceSpec
	want []matcher // what finds its series
	err  error     // why it cannot be asked for
}

// shortcuts are options that stand for a matcher of the label of their name.
var shortcuts = []string{"job", "instance", "namespace", "pod", "node", "hostname", "cluster"}

func newTarget(spec fleet.SourceSpec) target {
	t := target{spec: spec}
	if s := spec.Options["selector"]; s != "" {
		list, err := parseMatchers(s)
		if err != nil {
			t.err = invalid(spec.ID, "read the selector", err)
		}
		t.want = list
	}
	for _, name := range shortcuts {
		if v := spec.Options[name]; v != "" {
			t.want = append(t.want, matcher{name, "=", v})
		}
	}
	if u, err := url.Parse(spec.URL); len(t.want) == 0 && t.err == nil && err == nil && u.Host != "" {
		t.want = []matcher{{"instance", "=", u.Host}} // how Prometheus names a target by default
	}
	if len(t.want) == 0 && t.err == nil {
		t.err = invalid(spec.ID, "find it in the store", errors.New("it has neither a selector nor a url"))
	}
	return t
}

func invalid(id fleet.SourceID, op string, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: id, Err: err, Next: "correct the configuration"}
}

// batch is one query: targets of one kind whose selectors differ in one label only, or one target alone.
type batch struct {
	kind    string
	shared  []matcher        // of all of them
	vary    string           // label that tells them apart; "" for one target alone
	values  []string         // of that label
	members map[string][]int // positions of the targets by value; with vary "" the key is ""
}

// selector is what finds the series of all targets of the batch.
func (b *batch) selector() []matcher {
	if b.vary == "" {
		return b.shared
	}
	return append(slices.Clone(b.shared), matcher{b.vary, "=~", anyOf(b.values)})
}

// owners are the targets that a series belongs to.
func (b *batch) owners(r *row) []int {
	if b.vary == "" {
		return b.members[""]
	}
	return b.members[string(r.get(b.vary))]
}

// plan parts the targets into as few queries as their selectors allow, of at most size targets each.
func plan(list []target, size int) []batch {
	labels := distinct(list)
	order := make([]string, 0, len(list))
	groups := map[string][]int{}
	varies := make([]string, len(list))
	for i := range list {
		t := &list[i]
		if t.err != nil {
			continue
		}
		key := t.spec.Kind + "\x00" + write(t.want)
		if allEqual(t.want) {
			varies[i] = mostDistinct(t, labels)
			key = t.spec.Kind + "\x00" + varies[i] + "\x00" + write(without(t.want, varies[i]))
		}
		if _, known := groups[key]; !known {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	var out []batch
	for _, key := range order {
		for part := range slices.Chunk(groups[key], max(1, size)) {
			out = append(out, newBatch(list, part, varies[part[0]]))
		}
	}
	return out
}

func newBatch(list []target, members []int, vary string) batch {
	first := &list[members[0]]
	b := batch{kind: first.spec.Kind, vary: vary, shared: without(first.want, vary), members: map[string][]int{}}
	for _, i := range members {
		value := ""
		if vary != "" {
			value = valueOf(list[i].want, vary)
		}
		if _, known := b.members[value]; !known {
			b.values = append(b.values, value)
		}
		b.members[value] = append(b.members[value], i)
	}
	return b
}

// distinct counts the values of each label by kind.
func distinct(list []target) map[string]int {
	seen, count := map[string]bool{}, map[string]int{}
	for i := range list {
		for _, m := range list[i].want {
			key := list[i].spec.Kind + "\x00" + m.name
			if value := key + "\x00" + m.value; m.op == "=" && !seen[value] {
				seen[value] = true
				count[key]++
			}
		}
	}
	return count
}

func mostDistinct(t *target, count map[string]int) string {
	best := slices.MaxFunc(t.want, func(a, b matcher) int {
		return cmp.Or(cmp.Compare(count[t.spec.Kind+"\x00"+a.name], count[t.spec.Kind+"\x00"+b.name]),
			cmp.Compare(b.name, a.name))
	})
	return best.name
}

func without(list []matcher, name string) []matcher {
	out := slices.DeleteFunc(slices.Clone(list), func(m matcher) bool { return name != "" && m.name == name })
	slices.SortFunc(out, func(a, b matcher) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value)) })
	return out
}

func valueOf(list []matcher, name string) string {
	for _, m := range list {
		if m.name == name {
			return m.value
		}
	}
	return ""
}
