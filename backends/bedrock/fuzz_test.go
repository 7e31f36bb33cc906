package bedrock

import (
	"testing"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Whatever the lists hold: no crash, and what is said is clean and short enough for a screen.
func FuzzLists(f *testing.F) {
	f.Add([]byte(fixture(f, "foundation-models.json")), []byte(fixture(f, "inference-profiles.json")), "eu.anthropic.claude-sonnet-5")
	f.Add([]byte(`{"modelSummaries":[{"modelId":"m"}]}`), []byte(`{"inferenceProfileSummaries":[{"inferenceProfileId":"p","models":[{"modelArn":"arn:aws:b:"}]}]}`), "p")
	f.Fuzz(func(t *testing.T, models, list []byte, want string) {
		offered, err := readModels("aws", &httpx.Reply{Body: models})
		if err != nil {
			return
		}
		var page struct {
			List []profile `json:"inferenceProfileSummaries"`
		}
		found := findings{region: "eu-central-1", offered: offered}
		if (&httpx.Reply{Body: list}).JSON(&page) == nil {
			found.list = profiles{list: page.List, known: true}
		}
		found.look(fleet.ModelName(want))
		for _, n := range found.notices {
			if text := n.Text.String(); !fleet.IsClean(text) || len(text) > 2*fleet.MaxLabelBytes {
				t.Errorf("%q", text)
			}
		}
		if _, told := found.regions[fleet.ModelName(want)]; !told && len(found.notices) == 0 {
			t.Error("nothing is known of the model, and nothing said")
		}
	})
}

// Quotas are found by whole names only.
func FuzzQuotaNames(f *testing.F) {
	f.Add("Cross-region model inference tokens per minute for A B V1")
	f.Fuzz(func(t *testing.T, name string) {
		if q, ok := parseQuota(name); ok {
			if _, found := match([]quota{q}, wanted{title: q.title, scope: q.scope}); !found && q.title != "" {
				t.Errorf("%q is not found by its own name", name)
			}
		}
	})
}
