package vertex

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const (
	location = "/v1/projects/acme/locations/europe-west4"
	listPath = location + "/endpoints"
	token    = "ya29_contract_do_not_show"
)

func sample(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func options() map[string]string {
	return map[string]string{"site": "gcp", "project": "acme", "location": "europe-west4"}
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New:       newReader,
		Spec:      func(s *fleet.SourceSpec) { s.Subject.Cluster, s.Options = "vertex", options() },
		Pages:     map[string]contract.Page{listPath: page(sample(t))},
		Main:      listPath,
		Judge:     judge,
		WrongType: page(strings.Replace(sample(t), `"minReplicaCount": 2`, `"minReplicaCount": "two"`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if n := len(p.Cluster.Workloads); n != 1 || p.Cluster.Workloads[0].Name != "embed" {
				t.Errorf("%d endpoints were taken", n)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{listPath: page(fmt.Sprintf(`{"endpoints":[{"name":"projects/p/locations/l/endpoints/1","displayName":%s,`+
				`"deployedModels":[{"id":%s,"model":%s,"displayName":%s,"dedicatedResources":{"minReplicaCount":3},`+
				`"status":{"availableReplicaCount":1,"message":%s}}]}]}`, q, q, q, q, q))}
		},
		Series: func(n int) contract.Page {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(`{"name":"p/endpoints/%d"}`, i)
			}
			return page(`{"endpoints":[` + strings.Join(list, ",") + `]}`)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Cluster
	if c == nil || c.ID != "vertex" || c.Site != "gcp" || !c.Hosted || len(c.Workloads) != 2 {
		t.Fatalf("the cluster is %+v", c)
	}
	chat, embed := c.Workloads[0], c.Workloads[1]
	if chat.Kind != "VertexEndpoint" || chat.Name != "chat" || chat.Desired != 2 || chat.Ready != 3 || chat.GPUsEach != 2 || chat.Gaps != (fleet.Gaps{}) ||
		chat.Image.String() != "456@3" || chat.State != fleet.StateOK || chat.Created.Year() != 2026 {
		t.Errorf("chat is %+v", chat)
	}
	if embed.Desired != 1 || embed.Gaps != (fleet.Gaps{Ready: true, GPUs: true}) || embed.Image.String() != "e5@1" {
		t.Errorf("embed is %+v", embed)
	}
}

// Two endpoints of one name are told apart by their IDs.
func TestANameThatIsNotOneIsNotUsed(t *testing.T) {
	body := strings.ReplaceAll(sample(t), `"displayName": "embed"`, `"displayName": "chat"`)
	s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Body: body} })
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Options: options()}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || p.Cluster.Workloads[0].Name != "8800" || p.Cluster.Workloads[1].Name != "8801" {
		t.Errorf("%+v, %v", p.Cluster, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for option, says := range map[string]string{"project": "project is missing", "zone": "there is no option zone"} {
		o := options()
		if _, ok := o[option]; ok {
			delete(o, option)
		} else {
			o[option] = "x"
		}
		_, err := newReader(fleet.SourceSpec{ID: "x", URL: "https://europe-west4-aiplatform.googleapis.com", Options: o}, fleet.Deps{})
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", option, err)
		}
	}
}
