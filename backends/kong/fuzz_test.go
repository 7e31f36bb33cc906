package kong

import (
	"strings"
	"testing"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Whatever a plugin is, members have names of their own, weights that are no numbers are unknown, and nothing of auth is kept.
func FuzzPlugin(f *testing.F) {
	f.Add(string(mustRead(f, "testdata/plugins.json")))
	f.Add(`[{"name":"ai-proxy-advanced","id":"1","config":{"targets":[{},{"weight":"a"},{"weight":1e400},null,3,{"model":7}]}}]`)
	f.Add(`[{"name":"ai-proxy","id":"1","config":null,"updated_at":1e300,"tags":[[]]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := jsonptr.Decode(fleet.JSON(text))
		docs, ok := list.([]any)
		if err != nil || !ok {
			return
		}
		for _, doc := range docs {
			r, ok := pluginRoute(doc)
			if !ok {
				continue
			}
			seen := map[fleet.DeploymentID]bool{}
			for _, m := range r.members {
				if seen[m.id] && r.routing.Fixed.IsEmpty() {
					t.Errorf("two members are %q, and may be changed", m.id)
				}
				seen[m.id] = true
				if strings.Contains(m.base, "@") && strings.Contains(m.base, "://") && strings.Contains(strings.SplitN(m.base, "/", 4)[2], "@") {
					t.Errorf("an address with a user: %q", m.base)
				}
			}
			if _, differ := differs(doc, doc, ""); differ {
				t.Error("a document differs from itself")
			}
		}
	})
}
