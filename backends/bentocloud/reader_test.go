package bentocloud

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func sample(t testing.TB) string {
	t.Helper()
	body, err := os.ReadFile("testdata/deployments.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

const listPath = "/api/v2/deployments"

func TestContract(t *testing.T) {
	one := func(name, status, tag string) string {
		return fmt.Sprintf(`{"uid":"u","name":%s,"status":%s,"cluster":{"name":%s},"latest_revision":{"uid":"r","targets":[{"name":"main",`+
			`"bento":{"version":%s,"repository":{"name":%s}},"config":{"services":{%s:{"scaling":{"min_replicas":1}}}}}]}}`,
			quote(name), quote(status), quote(name), quote(tag), quote(name), quote(name))
	}
	list := func(items ...string) contract.Page {
		return contract.Page{Type: "application/json", Body: fmt.Sprintf(`{"start":0,"count":%d,"items":[%s],"total":%d}`, len(items),
			strings.Join(items, ","), len(items))}
	}
	contract.Run(t, contract.Case{
		New:       newReader,
		Spec:      func(s *fleet.SourceSpec) { s.Subject.Cluster, s.Options = "cloud", map[string]string{"site": "rented"} },
		Pages:     map[string]contract.Page{listPath: {Type: "application/json", Body: sample(t)}},
		Main:      listPath,
		Judge:     judge,
		WrongType: contract.Page{Type: "application/json", Body: strings.Replace(sample(t), `"status": "running"`, `"status": 7`, 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if n := len(p.Cluster.Workloads); n != 1 || p.Cluster.Workloads[0].Name != "embed" {
				t.Errorf("%d deployments were taken", n)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{listPath: list(one(text, text, text))}
		},
		Series: func(n int) contract.Page {
			items := make([]string, n)
			for i := range items {
				items[i] = one(fmt.Sprint("d", i), running, "v")
			}
			return list(items...)
		},
	})
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Cluster
	if c == nil || c.ID != "cloud" || c.Site != "rented" || !c.Hosted || len(c.Nodes) != 0 || len(c.Workloads) != 2 {
		t.Fatalf("the cluster is %+v", c)
	}
	chat, embed := c.Workloads[0], c.Workloads[1]
	if chat.Name != "chat" || chat.Namespace != "north-1" || chat.Kind != "BentoCloudDeployment" || chat.Desired != 3 || chat.State != fleet.StateOK ||
		chat.Image.String() != "chat:aaa111" || chat.Autoscaler.String() != "3-6" || chat.Gaps != (fleet.Gaps{Ready: true, GPUs: true}) {
		t.Errorf("chat is %+v", chat)
	}
	if embed.State != fleet.StateDown || !strings.Contains(embed.Why.String(), "could not be built") {
		t.Errorf("embed is %s: %s", embed.State, embed.Why)
	}
	if text := fmt.Sprintf("%+v", p); strings.Contains(text, "do_not_show") {
		t.Error("the value of a variable was kept")
	}
}
