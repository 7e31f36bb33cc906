package restobjects

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// unspoken takes out of an error what hide takes out of the documents that were sent: an API that refuses a document may repeat a
// part of it.
func unspoken(err error, hide func(any) any, bodies ...fleet.JSON) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || hide == nil {
		return err
	}
	var secrets []string
	for _, body := range bodies {
		if doc, err := jsonptr.Decode(body); err == nil {
			secrets = append(secrets, hidden(doc, hide(doc))...)
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	said := *e
	for _, text := range []*string{&said.Op, &said.Next} {
		*text = without(*text, secrets)
	}
	if e.Err != nil {
		if clean := without(e.Err.Error(), secrets); clean != e.Err.Error() {
			said.Err = errors.New(clean)
		}
	}
	return &said
}

// leastSecret is how long a value is that is looked for: shorter ones are in any text.
const leastSecret = 4

func without(text string, secrets []string) string {
	for _, s := range secrets {
		for _, written := range []string{s, fleet.Quote(s).String(), inJSON(s)} {
			if len(written) >= leastSecret {
				text = strings.ReplaceAll(text, written, Hidden)
			}
		}
	}
	return text
}

// inJSON is a text as it stands between the marks of a JSON text.
func inJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return s
	}
	return string(b[1 : len(b)-1])
}

// hidden lists the texts and numbers of a document in whose place another has Hidden.
func hidden(doc, shown any) []string {
	var list []string
	switch x := doc.(type) {
	case map[string]any:
		y, _ := shown.(map[string]any)
		for k, v := range x {
			list = append(list, hidden(v, y[k])...)
		}
	case []any:
		y, _ := shown.([]any)
		for i, v := range x {
			if i < len(y) {
				list = append(list, hidden(v, y[i])...)
			}
		}
	case string:
		if shown == Hidden {
			list = append(list, x)
		}
	case json.Number:
		if shown == Hidden {
			list = append(list, x.String())
		}
	}
	return list
}
