package kong

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// A change of weights sends all targets back whole, since Kong replaces arrays. What Kong does not show as it is would be
// destroyed by that.

// untouchable is why the targets of a plugin must not be sent back; empty where they may.
func untouchable(doc any) fleet.Safe {
	if inPartial(doc) {
		return fleet.Text("a part of its targets is in a partial of Kong, and sending the targets back would take them out of it; " +
			"change the weights in Kong")
	}
	targets, _ := jsonptr.Find(doc, "/config/targets")
	path, ok := hidden(targets, "/config/targets")
	if !ok {
		return fleet.Safe{}
	}
	return fleet.Concat(fleet.Text("Kong does not show "), fleet.Label(path), fleet.Text(" as it is, and sending the targets back would "+
		"destroy it; use a reference to a vault there, or a token that may read it"))
}

// inPartial tells whether a partial holds a part of the targets. One whose place is not said may.
func inPartial(doc any) bool {
	partials, _ := jsonptr.Find(doc, "/partials")
	list, _ := partials.([]any)
	for _, p := range list {
		if path := jsonptr.Text(p, "/path"); path == "" || strings.HasPrefix(path, "config.targets") {
			return true
		}
	}
	return false
}

// description is free text, in which anything may stand.
const description = "description"

// hidden finds the first value that Kong masks, encrypts or keeps back, by its pointer.
func hidden(v any, path string) (string, bool) {
	switch v := v.(type) {
	case string:
		return path, isMask(v)
	case []any:
		for i, item := range v {
			if at, ok := hidden(item, path+"/"+strconv.Itoa(i)); ok {
				return at, true
			}
		}
	case map[string]any:
		for _, pair := range pairs {
			if heldBack(v, pair) {
				return path + "/" + pair.value, true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name == description {
				continue
			}
			if at, ok := hidden(v[name], path+"/"+name); ok {
				return at, true
			}
		}
	}
	return "", false
}

// pairs are fields of auth that Kong takes together only: one alone is what is left of an answer from which the other was
// taken out (schemas of 3.10 and 3.15).
var pairs = []struct{ name, value string }{
	{"header_name", "header_value"}, {"param_name", "param_value"}, {"aws_access_key_id", "aws_secret_access_key"},
}

func heldBack(auth map[string]any, pair struct{ name, value string }) bool {
	name, _ := auth[pair.name].(string)
	value, _ := auth[pair.value].(string)
	return name != "" && value == ""
}

// masks are parts of texts that stand for a value.
var masks = []string{"***", "•••", "●●●", "redacted", "<hidden>", "[hidden]", "<masked>", "[masked]", "<sensitive>", "(sensitive)"}

// sealPrefix begins a value that is still encrypted by Kong's keyring.
const sealPrefix = "$ke$"

func isMask(s string) bool {
	lower := strings.ToLower(s)
	if strings.HasPrefix(lower, "{vault://") {
		return false
	}
	if strings.HasPrefix(lower, sealPrefix) || len(lower) >= 4 && (strings.Trim(lower, "x") == "" || strings.Trim(lower, "*") == "") {
		return true
	}
	for _, m := range masks {
		if strings.Contains(lower, m) {
			return true
		}
	}
	return false
}
