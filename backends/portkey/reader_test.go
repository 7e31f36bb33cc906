package portkey

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func jsonPage(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func contractPages(name string) map[string]contract.Page {
	q := quoted(name)
	return map[string]contract.Page{
		"/v1/configs": jsonPage(`{"success":true,"data":[{"id":` + q + `,"slug":"pc-a","updated_by":` + q + `,"is_default":0},{"slug":` + q +
			`,"status":"active","is_default":1}]}`),
		"/v1/configs/pc-a": jsonPage(`{"success":true,"data":{"config":{"strategy":{"mode":"loadbalance"},"targets":[{"name":` + q +
			`,"provider":` + q + `,"override_params":{"model":` + q + `},"custom_host":` + q + `,"weight":7},{"strategy":{"mode":` + q +
			`},"targets":[{"provider":` + q + `}],"weight":3}]}}}`),
	}
}

func TestContract(t *testing.T) {
	pages := contractPages("rented")
	contract.Run(t, contract.Case{
		New: newReader, Pages: pages, Main: "/v1/configs", Path: "/v1",
		Judge: func(t testing.TB, p fleet.Partial) {
			d := p.Gateway.Deployments
			if len(d) != 3 || d[0].ID != "rented" || d[0].Route != "pc-a" || d[0].Weight != fleet.Some(7.0) || d[1].Weight != fleet.Some(3.0) ||
				d[2].Route != "pc-a/targets[1]" {
				t.Errorf("read %+v", d)
			}
			if g := p.Gateway; g.Mode != fleet.GatewayModeAPI || g.Routing["pc-a"].Weighing != fleet.WeighingShares || len(g.Routing) != 2 {
				t.Errorf("read %+v", g)
			}
		},
		WrongType: jsonPage(`{"data":[{"slug":7}]}`),
		Hostile:   contractPages,
		Series: func(n int) contract.Page {
			rows := make([]string, n)
			for i := range rows {
				rows[i] = fmt.Sprintf(`{"slug":"pc-%d"}`, i)
			}
			return jsonPage(`{"data":[` + strings.Join(rows, ",") + `]}`)
		},
	})
}

// routes reads one config and gives what was made of it, by route.
func routes(t *testing.T, config string) (map[fleet.RouteID]fleet.Routing, map[fleet.RouteID][]fleet.DeploymentReading) {
	t.Helper()
	p := play(t, map[string]string{"pc": config}).read(t, nil)
	for _, n := range p.Notices {
		t.Errorf("notice: %s", n.Text)
	}
	members := map[fleet.RouteID][]fleet.DeploymentReading{}
	for _, d := range p.Gateway.Deployments {
		members[d.Route] = append(members[d.Route], d)
	}
	return p.Gateway.Routing, members
}

func told(list []fleet.DeploymentReading) string {
	var words []string
	for _, d := range list {
		text := string(d.ID)
		if d.Weight.OK {
			text += fmt.Sprintf("=%v", d.Weight.V)
		}
		if d.Order.OK {
			text += fmt.Sprintf("#%v", d.Order.V)
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}

func TestAConfigIsRead(t *testing.T) {
	for _, asText := range []bool{false, true} {
		p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`)})
		p.asText = asText
		out := p.read(t, nil)
		d := out.Gateway.Deployments
		if told(d) != "@openai-prod/gpt-4o=70 own=30" || d[0].Model != "@openai-prod/gpt-4o" || d[1].Model != "openai/llama-70b" ||
			d[1].APIBase != "https://llm.example:8443/v1" {
			t.Errorf("as text %v: %+v", asText, d)
		}
		r := out.Gateway.Routing[slug]
		if len(r.Edits) != 0 || !strings.Contains(r.EditsWhy.String(), "set its weight to 0") {
			t.Errorf("edits: %v, %s", r.Edits, r.EditsWhy)
		}
		if r.Strategy.String() != "loadbalance" || !r.KeepsShare || r.ByOrder != fleet.Some(false) || !r.Fixed.IsEmpty() ||
			r.ChangedBy.String() != "50000000-0000-4000-8000-000000000000" ||
			r.ChangedAt != fleet.Some(time.Date(2026, 11, 20, 8, 1, 0, 0, time.UTC)) {
			t.Errorf("as text %v: %+v", asText, r)
		}
		if everything, err := json.Marshal(out); err != nil || strings.Contains(string(everything)+fmt.Sprintf("%+v", out), canary) {
			t.Errorf("a credential is in the reading: %s, %v", everything, err)
		}
	}
}

func TestWeightsAreToldInWholeNumbersThatMeanTheSame(t *testing.T) {
	for _, x := range []struct{ weights, told, strategy string }{
		{`"weight":3|"weight":1`, "a=3 b=1", "loadbalance"},
		{`"weight":0.7|"weight":0.3`, "a=70 b=30", "loadbalance, weights times 100"},
		{`"weight":0.9|"weight":0`, "a=90 b=0", "loadbalance, weights times 100"},
		{`"weight":1.0|"weight":2.00`, "a=1 b=2", "loadbalance"},
		{`"weight":0.125|"x":0`, "a=125 b=1000", "loadbalance, weights times 1000"},
		{`"x":0|"x":0`, "a=1 b=1", "loadbalance"},
		{`"weight":1.5|"weight":9999`, "a=150 b=999900", "loadbalance, weights times 100"},
	} {
		a, b, _ := strings.Cut(x.weights, "|")
		routing, members := routes(t, `{"strategy":{"mode":"loadbalance"},"targets":[{"name":"a",`+a+`},{"name":"b",`+b+`}]}`)
		if r := routing["pc"]; told(members["pc"]) != x.told || r.Strategy.String() != x.strategy || !r.Fixed.IsEmpty() {
			t.Errorf("%s: %s, %+v", x.weights, told(members["pc"]), r)
		}
	}
	for _, bad := range []string{`"weight":-1`, `"weight":"0.5"`, `"weight":null`, `"weight":0.30000000000000004`, `"weight":1e3`,
		`"weight":99999999999`, `"weight":{}`} {
		routing, _ := routes(t, `{"strategy":{"mode":"loadbalance"},"targets":[{"name":"a",`+bad+`},{"name":"b","weight":1}]}`)
		if r := routing["pc"]; !strings.Contains(r.Fixed.String(), "round them in Portkey") {
			t.Errorf("%s can be changed: %+v", bad, r)
		}
	}
}

func TestTargetsWithinTargetsAreRoutes(t *testing.T) {
	routing, members := routes(t, `{"strategy":{"mode":"fallback","on_status_codes":[429,503],"cb_config":{"failure_threshold":5,
		"cooldown_interval":1000}},"retry":{"attempts":2,"on_status_codes":[500]},"request_timeout":30000,"override_params":{"model":"m"},
		"targets":[{"strategy":{"mode":"loadbalance","sticky_session":{"hash_fields":["metadata.user"],"ttl":600}},"request_timeout":5000,
		"targets":[{"provider":"a","weight":0.9},{"provider":"b","weight":0.1}]},{"provider":"c"},
		{"strategy":{"mode":"conditional"},"targets":[{"name":"big","provider":"d"},{"name":"small","provider":"e"}]}]}`)
	if len(routing) != 3 {
		t.Fatalf("routes: %v", routing)
	}
	for id, want := range map[fleet.RouteID]string{"pc": "targets[0]=1#0 c=1#1 targets[2]=1#2", "pc/targets[0]": "a=90 b=10",
		"pc/targets[2]": "big small"} {
		if got := told(members[id]); got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	top, inner, choice := routing["pc"], routing["pc/targets[0]"], routing["pc/targets[2]"]
	if top.Weighing != fleet.WeighingInOut || top.ByOrder != fleet.Some(true) || !strings.Contains(top.Fixed.String(), "order") ||
		top.Strategy.String() != "fallback on 429, 503, retries on 500" || top.Retries != fleet.Some(fleet.Count(2)) ||
		top.Timeout != fleet.Some(fleet.Seconds(30)) || top.AllowedFails != fleet.Some(fleet.Count(5)) || top.Cooldown != fleet.Some(fleet.Seconds(30)) {
		t.Errorf("the whole: %+v", top)
	}
	want := []fleet.Fallback{{Kind: fleet.FallbackFailure, To: []fleet.RouteID{"pc/targets[2]", "pc"}}}
	if inner.Weighing != fleet.WeighingShares || inner.Timeout != fleet.Some(fleet.Seconds(5)) || inner.Retries != fleet.Some(fleet.Count(2)) ||
		inner.KeepsShare || !inner.Fixed.IsEmpty() || !reflect.DeepEqual(inner.Fallbacks, want) ||
		!strings.Contains(inner.Strategy.String(), "users stay where they are for 600 s") {
		t.Errorf("the first: %+v", inner)
	}
	if choice.Weighing != fleet.WeighingIgnored || !strings.Contains(choice.Fixed.String(), "conditions") || len(choice.Fallbacks) != 0 {
		t.Errorf("the last: %+v", choice)
	}
	if m := members["pc/targets[0]"][0].Model; m != "a/m" {
		t.Errorf("the model of those around it was not taken over: %s", m)
	}
}

func TestConfigsWithoutTargets(t *testing.T) {
	routing, members := routes(t, `{"virtual_key":"`+canary+`","override_params":{"model":"gpt-4o"}}`)
	if r := routing["pc"]; !r.AloneTakesAll || !strings.Contains(r.Fixed.String(), "one target") || told(members["pc"]) != "gpt-4o=1" {
		t.Errorf("one target: %+v, %s", r, told(members["pc"]))
	}
	if routing, _ := routes(t, `{"cache":{"mode":"simple"},"retry":{"attempts":3}}`); len(routing) != 0 {
		t.Errorf("a config that leads nowhere is a route: %v", routing)
	}
}

func TestTargetsThatCannotBeToldApartAreCalledByTheirPlace(t *testing.T) {
	_, members := routes(t, `{"strategy":{"mode":"loadbalance"},"targets":[{"virtual_key":"`+canary+`"},{"virtual_key":"other"},{"provider":"a"},
		{"provider":"a","api_key":"x"},{"name":"targets[0]"},{"provider":"a","custom_host":"http://h:1/v1"}]}`)
	if got := told(members["pc"]); got != "targets[0]=1 targets[1]=1 targets[2]=1 targets[3]=1 targets[4]=1 a@h:1=1" {
		t.Errorf("called %s", got)
	}
}

func TestOneBadConfigDoesNotHideTheOthers(t *testing.T) {
	p := play(t, map[string]string{"pc-bad": `{"strategy":{"mode":"loadbalance"},"targets":"` + canary + `"}`, "pc-good": `{"provider":"a"}`,
		"pc/odd": `{}`}).read(t, nil)
	if len(p.Gateway.Routing) != 1 || len(p.Notices) != 2 {
		t.Fatalf("%+v", p)
	}
	for _, n := range p.Notices {
		if text := n.Text.String(); strings.Contains(text, canary) {
			t.Errorf("a credential is in a notice: %s", text)
		}
	}
}

func TestOnlyNamedConfigsAreRead(t *testing.T) {
	p := play(t, map[string]string{"pc-a": `{"provider":"a"}`, "pc-b": `{"provider":"b"}`})
	if out := p.read(t, map[string]string{optConfigs: " pc-b, pc-c"}); len(out.Gateway.Routing) != 1 || p.count("GET /v1/configs/pc-a") != 0 {
		t.Errorf("%+v", out.Gateway.Routing)
	}
	if _, err := newReader(fleet.SourceSpec{URL: p.URL, Options: map[string]string{"config": "x"}}, deps(fleet.SystemClock{}, io.Discard)); err == nil {
		t.Error("an option that there is not was taken")
	}
}

func TestRequestsAreCountedByModel(t *testing.T) {
	p := play(t, map[string]string{slug: chat(`"weight":70`, `"weight":30`), "pc-twins": `{"strategy":{"mode":"loadbalance"},"targets":[
		{"provider":"a","override_params":{"model":"m"}},{"provider":"b","override_params":{"model":"m"}}]}`})
	p.counted = map[string]string{"gpt-4o": "70", "gpt-4o failed": "3"}
	out := p.read(t, map[string]string{optWorkspace: "ws-a"})
	d := out.Gateway.Deployments
	if !out.Gateway.Metrics || d[0].Requests != fleet.Some(70.0) || d[0].Failures != fleet.Some(3.0) || d[1].Requests != fleet.Some(0.0) {
		t.Errorf("%s: %+v", out.Gateway.MetricsWhy, d)
	}
	if d[2].Requests.OK || d[3].Requests.OK {
		t.Errorf("targets of one model were told apart: %+v", d[2:])
	}
	p.counted["llama-70b-v2"] = "5"
	if d := p.read(t, map[string]string{optWorkspace: "ws-a"}).Gateway.Deployments; d[1].Requests.OK || d[0].Requests != fleet.Some(70.0) {
		t.Errorf("a model that is called otherwise was taken for one without requests: %+v", d)
	}
	p.refuse["GET /v1/analytics/groups/ai-models"] = 403
	if g := p.read(t, map[string]string{optWorkspace: "ws-a"}).Gateway; g.Metrics || g.Deployments[0].Requests.OK || len(g.Deployments) != 4 {
		t.Errorf("without the right: %+v", g)
	}
}
