package bedrock

import (
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
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

// A credential is taken or refused; a refusal never repeats it.
func FuzzCredential(f *testing.F) {
	f.Add(testID + ":" + testSecret)
	f.Add(`{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2026-11-22T09:13:59Z"}`)
	f.Add("api-key")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCredential("aws", fleet.NewSecret(text), contract.Start())
		if (c.apiKey == "" && c.key.SecretAccessKey == "") != (err != nil) {
			t.Errorf("%+v, %v", c.apiKey != "", err)
		}
		if err != nil && len(text) > 40 && strings.Contains(err.Error(), text) {
			t.Error("the refusal repeats the credential")
		}
		if unprinted.MatchString(c.apiKey + c.key.AccessKeyID + c.key.SecretAccessKey + c.key.SessionToken) {
			t.Error("a header cannot carry it")
		}
	})
}

// A refusal's own words never reach the screen whole, and quotas are found by whole names only.
func FuzzWords(f *testing.F) {
	f.Add("InvalidSignatureException:x", []byte(`{"message":"Signature expired: x"}`), "Cross-region model inference tokens per minute for A B V1")
	f.Fuzz(func(t *testing.T, header string, body []byte, name string) {
		reply := &httpx.Reply{Status: 403, Header: map[string][]string{"X-Amzn-Errortype": {header}}, Body: body}
		err := told(reply, &fleet.Error{Kind: fleet.KindAuth, Op: "read", Source: "aws"}, contract.Start())
		if text := err.Error(); !fleet.IsClean(text) || len(text) > 400 {
			t.Errorf("%q", text)
		}
		if q, ok := parseQuota(name); ok {
			if _, found := match([]quota{q}, wanted{title: q.title, scope: q.scope}); !found && q.title != "" {
				t.Errorf("%q is not found by its own name", name)
			}
		}
	})
}
