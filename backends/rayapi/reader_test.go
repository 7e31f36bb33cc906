package rayapi

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
	body, err := os.ReadFile("testdata/applications.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestContract(t *testing.T) {
	one := func(name string) string {
		q := quote(name)
		return fmt.Sprintf(`%s:{"name":%s,"status":%s,"message":%s,"source":%s,"deployments":{%s:{"status":%s,"message":%s,"target_num_replicas":1,"replicas":[{"state":%s}]}}}`,
			q, q, q, q, q, q, q, q, q)
	}
	page := func(items ...string) contract.Page {
		return contract.Page{Type: "application/json", Body: `{"applications":{` + strings.Join(items, ",") + `}}`}
	}
	contract.Run(t, contract.Case{
		New:       newReader,
		Spec:      func(s *fleet.SourceSpec) { s.Subject.Cluster, s.Options = "ray", map[string]string{"site": "fra1"} },
		Pages:     map[string]contract.Page{applicationsPath: {Type: "application/json", Body: sample(t)}},
		Main:      applicationsPath,
		Judge:     judge,
		WrongType: contract.Page{Type: "application/json", Body: strings.Replace(sample(t), `"target_num_replicas": 2`, `"target_num_replicas": "two"`, 1)},
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			if n := len(p.Cluster.Workloads); n != 2 || p.Cluster.Workloads[0].Name != "byhand" {
				t.Errorf("%d applications were taken", n)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			return map[string]contract.Page{applicationsPath: page(one(text))}
		},
		Series: func(n int) contract.Page {
			items := make([]string, n)
			for i := range items {
				items[i] = fmt.Sprintf(`"a%d":{"status":"RUNNING"}`, i)
			}
			return page(items...)
		},
	})
}

func judge(t testing.TB, p fleet.Partial) {
	t.Helper()
	c := p.Cluster
	if c == nil || c.ID != "ray" || c.Site != "fra1" || !c.Hosted || len(c.Nodes) != 0 || len(c.Workloads) != 3 {
		t.Fatalf("the cluster is %+v", c)
	}
	byHand, chat, clock := c.Workloads[0], c.Workloads[1], c.Workloads[2]
	if chat.Name != "chat" || chat.Kind != "ServeApplication" || chat.Desired != 2 || chat.Ready != 2 || chat.Updated != 2 || chat.GPUsEach != 2 ||
		chat.State != fleet.StateOK || !chat.Why.IsEmpty() || !chat.Autoscaler.IsEmpty() {
		t.Errorf("chat is %+v", chat)
	}
	if byHand.Name != "byhand" || byHand.Desired != 1 || byHand.State != fleet.StateOK {
		t.Errorf("byhand is %+v", byHand)
	}
	if clock.State != fleet.StateDown || !strings.Contains(clock.Why.String(), "DEPLOY_FAILED: no module named clock") {
		t.Errorf("time is %s: %s", clock.State, clock.Why)
	}
	if text := fmt.Sprintf("%+v", p); strings.Contains(text, "do_not_show") {
		t.Error("the value of a variable was kept")
	}
}

func TestTheVersionIsThatOfRay(t *testing.T) {
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		switch path {
		case applicationsPath:
			return &contract.Answer{Body: `{"applications":{}}`}
		case "/api/ray/version":
			return &contract.Answer{Body: `{"version":"4","ray_version":"2.60.0"}`}
		}
		return nil
	})
	p, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
	if err != nil || p.Version.String() != "2.60.0" || len(p.Cluster.Workloads) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	s.Only(t, "GET "+applicationsPath, "GET /api/ray/version")
}

func TestWhatTheAPISaysOfItsFaults(t *testing.T) {
	for _, x := range []struct {
		status     int
		body, says string
		kind       fleet.Kind
	}{
		{501, "Serve dependencies are not installed. Please run", "install ray[serve] on its head", fleet.KindUnsupported},
		{503, "Failed to get a response from the controller. The GCS may be down", "The GCS may be down", fleet.KindServer},
		{400, "Invalid 'api_type' value", "Invalid 'api_type'", fleet.KindInvalid},
		{200, `{"proxies":{}}`, "names no applications", fleet.KindInvalid},
		{401, "token tok_do_not_show is not valid", "", fleet.KindAuth},
	} {
		s := contract.ServeAnswers(t, func(string) *contract.Answer { return &contract.Answer{Status: x.status, Body: x.body} })
		_, err := contract.Open(t, Connector(), fleet.SourceSpec{URL: s.URL}, fleet.NewVirtualClock(contract.Start())).Read(t.Context())
		if fleet.KindOf(err) != x.kind || !strings.Contains(fleet.Sentence(err).String(), x.says) || strings.Contains(err.Error(), "do_not_show") {
			t.Errorf("%d: %v", x.status, fleet.Sentence(err))
		}
	}
}

func TestOptionsThatAreWrong(t *testing.T) {
	for _, options := range []map[string]string{{"cluster": "x"}, {"kuberay": "maybe"}} {
		_, err := newReader(fleet.SourceSpec{ID: "r", URL: "http://h:8265", Options: options}, contract.Deps())
		if fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", options, err)
		}
	}
}
