package kube

import (
	"encoding/json"
	"time"

	"pitwall/fleet"
)

// managerEntry is one entry of managedFields.
type managerEntry struct {
	Manager string          `json:"manager"`
	Time    time.Time       `json:"time"`
	Fields  json.RawMessage `json:"fieldsV1"`
}

// setBy is who last set a field, by what the server keeps of that: "kubectl-edit at 12:00:00Z". "" where it says nothing.
func (d document) setBy(tokens []string) string {
	var last managerEntry
	for _, m := range d.meta.Managers {
		if m.owns(d.body, tokens) && !m.Time.Before(last.Time) {
			last = m
		}
	}
	if last.Manager == "" {
		return ""
	}
	who := fleet.Quote(last.Manager).String()
	if !last.Time.IsZero() {
		who += " at " + last.Time.UTC().Format("15:04:05Z")
	}
	return who
}

// owns walks the set of fields of an entry along a place. A set without members stands for all below it.
func (m managerEntry) owns(doc json.RawMessage, tokens []string) bool {
	set := m.Fields
	for i, t := range tokens {
		var members map[string]json.RawMessage
		if json.Unmarshal(set, &members) != nil {
			return false
		}
		if len(members) == 0 {
			return i > 0
		}
		next, ok := members["f:"+t]
		if !ok {
			if next, ok = memberOf(members, doc, t); !ok {
				return false
			}
		}
		set, doc = next, valueAt(doc, []string{t})
	}
	return true
}

// memberOf finds the item of a list by what the server knows it by: some of its fields ("k:"), its value ("v:") or its
// number ("i:").
func memberOf(members map[string]json.RawMessage, list json.RawMessage, token string) (json.RawMessage, bool) {
	item := valueAt(list, []string{token})
	if kindOfJSON(list) != '[' || item == nil {
		return nil, false
	}
	for name, below := range members {
		if len(name) < 3 {
			continue
		}
		switch rest := name[2:]; name[:2] {
		case "i:":
			if rest == token {
				return below, true
			}
		case "v:":
			if fleet.JSON(rest).Equal(fleet.JSON(item)) {
				return below, true
			}
		case "k:":
			if hasFields(item, rest) {
				return below, true
			}
		}
	}
	return nil, false
}

func hasFields(item json.RawMessage, want string) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(want), &fields) != nil {
		return false
	}
	for name, v := range fields {
		if !fleet.JSON(v).Equal(fleet.JSON(valueAt(item, []string{name}))) {
			return false
		}
	}
	return true
}
