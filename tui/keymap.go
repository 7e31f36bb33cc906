package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"pitwall/fleet"
)

// Keymap is the effective key table.
type Keymap struct {
	list []Binding
	by   map[Scope]map[string]int
}

// NewKeymap applies the configured keys (binding ID to keys, replacing the built-in ones) to the key table.
// Unknown IDs, clashes and chords that terminals, multiplexers and flow control take for themselves are errors of
// kind invalid that name each offence.
func NewKeymap(own map[string][]string) (*Keymap, error) {
	k := &Keymap{list: keyTable()}
	var bad []string
	for _, id := range slices.Sorted(maps.Keys(own)) {
		i := slices.IndexFunc(k.list, func(b Binding) bool { return b.ID == id })
		switch {
		case i < 0:
			bad = append(bad, fmt.Sprintf("no binding is called %q", id))
		case len(own[id]) == 0:
			bad = append(bad, fmt.Sprintf("%s has no key", id))
		default:
			k.list[i].Keys = own[id]
		}
	}
	bad = append(bad, k.index()...)
	if len(bad) > 0 {
		return nil, &fleet.Error{
			Kind: fleet.KindInvalid, Op: "set keys", Next: "the printed sheet docs/keys.md lists the names",
			Err: fmt.Errorf("%s", strings.Join(bad, "; ")),
		}
	}
	return k, nil
}

// index fills the lookup and reports every offence.
func (k *Keymap) index() []string {
	var bad []string
	k.by = map[Scope]map[string]int{}
	for i := range k.list {
		b := &k.list[i]
		if k.by[b.Scope] == nil {
			k.by[b.Scope] = map[string]int{}
		}
		for _, key := range b.Keys {
			if why := unusable(b, key); why != "" {
				bad = append(bad, fmt.Sprintf("%s cannot be %q: %s", b.ID, key, why))
			}
			if j, taken := k.by[b.Scope][key]; taken {
				bad = append(bad, fmt.Sprintf("%q is both %s and %s", key, k.list[j].ID, b.ID))
				continue
			}
			k.by[b.Scope][key] = i
		}
	}
	for key, i := range k.by[ScopeAlways] {
		for _, s := range scopes() {
			if j, taken := k.by[s][key]; taken && s != ScopeAlways {
				bad = append(bad, fmt.Sprintf("%q is both %s and %s", key, k.list[i].ID, k.list[j].ID))
			}
		}
	}
	slices.Sort(bad)
	return bad
}

// unusable tells why a key may not be bound. Without the kitty protocol ctrl+i is tab, ctrl+m enter, ctrl+[ escape,
// ctrl+j a newline and ctrl+h often backspace; ctrl+a and ctrl+b belong to multiplexers, ctrl+s and ctrl+q to flow
// control, ctrl+z and ctrl+\ to the shell.
func unusable(b *Binding, key string) string {
	switch key {
	case "ctrl+i", "ctrl+m", "ctrl+[", "ctrl+j", "ctrl+h":
		return "terminals cannot tell it from another key"
	case "ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+z", `ctrl+\`:
		return "multiplexers, flow control or the shell take it"
	case "", " ":
		return "write space for the space bar"
	}
	chord := strings.Contains(key, "ctrl+") || strings.Contains(key, "alt+")
	switch {
	case b.Risk == RiskPlan && !isCapital(key):
		return "only capital letters open plans"
	case b.Risk == RiskLook && isCapital(key) && key != "G" && key != "N":
		return "capital letters open plans"
	case b.Risk == RiskSteer && chord:
		return "no control chord writes"
	}
	return ""
}

func isCapital(key string) bool {
	return utf8.RuneCountInString(key) == 1 && key[0] >= 'A' && key[0] <= 'Z'
}

// find returns the binding of a key in a scope or everywhere, nil when there is none.
func (k *Keymap) find(scope Scope, key string) *Binding {
	for _, s := range []Scope{scope, ScopeAlways} {
		if i, ok := k.by[s][key]; ok {
			return &k.list[i]
		}
	}
	return nil
}

// binding returns the binding with this ID, or nil.
func (k *Keymap) binding(id string) *Binding {
	for i := range k.list {
		if k.list[i].ID == id {
			return &k.list[i]
		}
	}
	return nil
}

// Bindings returns the effective table, in order.
func (k *Keymap) Bindings() []Binding { return slices.Clone(k.list) }

// keyNames draws keys for people: "down j".
func keyNames(keys []string) fleet.Safe {
	names := make([]fleet.Safe, len(keys))
	for i, key := range keys {
		names[i] = keyName(key)
	}
	return fleet.Join(names, fleet.Text(" "))
}

func keyName(key string) fleet.Safe { return fleet.Label(key) }
