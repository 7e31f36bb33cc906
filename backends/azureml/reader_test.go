package azureml

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
	workspace = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/ml/providers/Microsoft.MachineLearningServices/workspaces/llm"
	listPath  = workspace + "/onlineEndpoints"
	chatPath  = listPath + "/chat/deployments"
	token     = "az_contract_do_not_show"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func options() map[string]string {
	return map[string]string{"site": "azure", "subscription": "00000000-0000-0000-0000-00000000000a", "resource_group": "ml", "workspace": "llm"}
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	item := func(name string) string {
		q, _ := json.Marshal(name)
		return fmt.Sprintf(`{"id":%s,"name":%s,"properties":{"provisioningState":%s,"model":%s,"environmentId":%s,"traffic":{%s:100}}}`, q, q, q, q, q, q)
	}
	contract.Run(t, contract.Case{
		New:  newReader,
		Spec: func(s *fleet.SourceSpec) { s.Subject.Cluster, s.Options = "azure", options() },
		Pages: map[string]contract.Page{listPath: page(sample(t, "endpoints.json")),
			chatPath: page(sample(t, "deployments.json"))},
		Main:      listPath,
		Judge:     judge,
		WrongType: page(strings.Replace(sample(t, "endpoints.json"), `"provisioningState": "Succeeded"`, `"provisioningState": 7`, 1)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if n := len(p.Cluster.Workloads); n != 0 {
				t.Errorf("%d objects were made of it", n)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{listPath: page(`{"value":[` + item(text) + `]}`),
				listPath + "/" + text + "/deployments": page(`{"value":[` + item(text) + `]}`)}
		},
		Series: func(n int) contract.Page {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(`{"id":"i%d","name":"e%d"}`, i, i)
			}
			return page(`{"value":[` + strings.Join(list, ",") + `]}`)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Cluster
	if c == nil || c.ID != "azure" || c.Site != "azure" || !c.Hosted || len(c.Workloads) != 3 {
		t.Fatalf("the cluster is %+v", c)
	}
	endpoint, blue, green := c.Workloads[0], c.Workloads[1], c.Workloads[2]
	if endpoint.Kind != "OnlineEndpoint" || endpoint.Name != "chat" || endpoint.Namespace != "" || endpoint.Desired != 4 ||
		endpoint.Image.String() != "llama:3" || endpoint.State != fleet.StateOK {
		t.Errorf("the endpoint is %+v", endpoint)
	}
	if blue.Kind != "OnlineDeployment" || blue.Namespace != "chat" || blue.Desired != 3 || blue.Image.String() != "vllm:7" || !blue.Gaps.Ready || !blue.Gaps.GPUs {
		t.Errorf("blue is %+v", blue)
	}
	if green.Desired != 1 || green.State != fleet.StateOK {
		t.Errorf("green is %+v", green)
	}
	if text := fmt.Sprintf("%+v", p); strings.Contains(text, "do_not_show") {
		t.Error("the value of a variable was kept")
	}
}

// A list of several pages is read on at the same server, wherever the next page is said to be.
func TestTheNextPageIsAskedForHere(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case listPath:
			return &contract.Answer{Body: `{"value":[{"id":"a","name":"a"}],"nextLink":"https://evil.example/elsewhere?api-version=2025-12-01&$skip=1"}`}
		default:
			return &contract.Answer{Body: `{"value":[]}`}
		}
	})
	r := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL, Options: options()}, fleet.NewVirtualClock(contract.Start()))
	if _, err := r.Read(t.Context()); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "more than 100 pages") {
		t.Errorf("a list without an end: %v", err)
	}
	if q := s.Query(listPath); !strings.Contains(q, "$skip=1") || s.Count("GET "+listPath) != 100 {
		t.Errorf("the next page was asked for with %q, %d times", q, s.Count("GET "+listPath))
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for option, says := range map[string]string{"workspace": "workspace is missing", "zone": "there is no option zone"} {
		o := options()
		if _, ok := o[option]; ok {
			delete(o, option)
		} else {
			o[option] = "x"
		}
		_, err := newReader(fleet.SourceSpec{ID: "x", URL: "https://management.azure.com", Options: o}, fleet.Deps{})
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", option, err)
		}
	}
}
