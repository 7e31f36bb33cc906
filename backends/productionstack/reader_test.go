package productionstack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

var start = time.Date(2026, 11, 30, 20, 0, 0, 0, time.UTC)

// members lists what was read of a route.
func members(p fleet.Partial, id fleet.RouteID) string {
	var list []string
	for _, d := range p.Gateway.Deployments {
		if d.Route == id {
			list = append(list, fmt.Sprintf("%s=%v", d.ID, d.Weight.V))
		}
	}
	return strings.Join(list, " ")
}

func notices(p fleet.Partial) string {
	var list []string
	for _, n := range p.Notices {
		list = append(list, n.Text.String())
	}
	return strings.Join(list, "\n")
}

func TestListedBackEndsAreRoutes(t *testing.T) {
	r := play(t, text(fixture(t, "dynamic.yaml")))
	r.metrics = fixture(t, "metrics.prom")
	p := r.read(t)
	if got := members(p, "chat"); got != "http://10.0.0.1:8000=1 http://10.0.0.2:8000=1" {
		t.Errorf("chat is %s", got)
	}
	if got := members(p, "embed"); got != "http://10.0.0.3:8000=1" || p.Version.String() != "0.1.9" || notices(p) != "" {
		t.Errorf("embed is %s, version %s, notices %q", got, p.Version, notices(p))
	}
	g := p.Gateway
	chat := g.Routing["chat"]
	if g.Mode != fleet.GatewayModeFile || g.Strategy != "roundrobin" || g.InFlight != fleet.Some(fleet.Count(4)) || !g.Metrics ||
		chat.Weighing != fleet.WeighingInOut || !chat.Listed || !chat.KeepsShare || chat.Uneven || chat.Most != 1 || !chat.Fixed.IsEmpty() ||
		!chat.Pending.IsEmpty() || !slices.Equal(chat.Aliases, []fleet.RouteID{"gpt-4o"}) ||
		!slices.Equal(chat.Edits, []fleet.EditKind{fleet.EditAlias}) {
		t.Errorf("%+v\n%+v", g, chat)
	}
	first, second := g.Deployments[0], g.Deployments[1]
	if first.Requests != fleet.Some(45.0) || first.Successes != fleet.Some(40.0) || first.Failures != fleet.Some(5.0) ||
		first.FailuresByStatus["ClientConnectorError"] != 2 || first.Latency.Count() != 40 || first.Latency.Sum != 50.5 || first.InTokens.OK {
		t.Errorf("the first is %+v", first)
	}
	if second.Requests != fleet.Some(0.0) || !second.Latency.IsZero() {
		t.Errorf("the second is %+v", second)
	}
}

// A back end that was taken out keeps its counters, so that it can be seen that nothing comes to it.
func TestWhatIsListedNoMoreIsOut(t *testing.T) {
	r := play(t, text(strings.Replace(fixture(t, "dynamic.yaml"), "      - http://10.0.0.1:8000 # rack 1\n", "", 1)))
	r.metrics = strings.Replace(fixture(t, "metrics.prom"), "vllm:healthy_pods_total{server=\"http://10.0.0.1:8000\"} 1.0\n", "", 1)
	p := r.read(t)
	if got := members(p, "chat"); got != "http://10.0.0.2:8000=1 http://10.0.0.1:8000=0" || !p.Gateway.Routing["chat"].Pending.IsEmpty() {
		t.Errorf("chat is %s, pending %q", got, p.Gateway.Routing["chat"].Pending)
	}
	if d := p.Gateway.Deployments[1]; d.Requests != fleet.Some(45.0) {
		t.Errorf("it is %+v", d)
	}
}

func TestWhatIsOddIsSaid(t *testing.T) {
	yamlText := fixture(t, "dynamic.yaml")
	for name, c := range map[string]struct {
		change []string
		as     func(*router)
		says   string // of a notice, of pending, or of what is fixed
	}{
		"listed twice": {[]string{"      - http://10.0.0.2:8000\n", "      - http://10.0.0.2:8000\n      - http://10.0.0.2:8000\n"}, nil,
			`http://10.0.0.2:8000 is listed 2 times for chat: that is no weight`},
		"an alias to nowhere": {[]string{"ada: embed", "ada: gone"}, nil, "the alias ada leads to gone, which has no back end"},
		"left out by its own check": {[]string{"routing_logic", "static_backend_health_checks: true\nrouting_logic"},
			func(r *router) { delete(r.in, "http://10.0.0.2:8000") }, "health check leaves http://10.0.0.2:8000 out of chat"},
		"taken over in part": {nil, func(r *router) { r.in["http://10.0.0.9:8000"] = "chat" }, "not those of the file that it says it holds (http://10.0.0.9:8000)"},
		"not chosen from":    {nil, func(r *router) { delete(r.in, "http://10.0.0.2:8000") }, "not those of the file that it says it holds (http://10.0.0.2:8000)"},
		"roles by label":     {[]string{"session_key", "static_model_labels: a,b,c\nsession_key"}, nil, "labels stand by their place"},
		"kvaware":            {[]string{"roundrobin", "kvaware"}, nil, "lose the ports or labels"},
		"by session":         {[]string{"roundrobin", "session"}, nil, "session by x-user"},
		"no metrics page of a router": {nil, func(r *router) {
			r.metrics = "# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{model_name=\"a\"} 1\n"
		},
			"that of an engine"},
	} {
		t.Run(name, func(t *testing.T) {
			r := play(t, text(strings.NewReplacer(c.change...).Replace(yamlText)))
			if c.as != nil {
				c.as(r)
			}
			p := r.read(t)
			chat := p.Gateway.Routing["chat"]
			all := strings.Join([]string{notices(p), chat.Pending.String(), chat.Fixed.String(), chat.Strategy.String(),
				p.Gateway.MetricsWhy.String()}, "\n")
			if !strings.Contains(all, c.says) {
				t.Errorf("it says %q, want %q", all, c.says)
			}
		})
	}
}

func TestARouterThatFollowsNoFileSaysWhatCanBeDone(t *testing.T) {
	r := play(t, text(fixture(t, "dynamic.yaml")))
	r.dynamic, r.engines = false, []string{"chat", "chat", "embed"}
	r.metrics = fixture(t, "metrics.prom")
	p := r.read(t)
	g := p.Gateway
	if g.Mode != fleet.GatewayModeNone || !strings.Contains(g.ModeWhy.String(), "start it with one of them") ||
		!strings.Contains(g.Routing["embed"].Fixed.String(), "--dynamic-config-yaml") || g.Routing["chat"].Listed {
		t.Errorf("%+v", g)
	}
	if got := members(p, "chat"); got != "http://10.0.0.1:8000=1" || !strings.Contains(notices(p), "of the 2 back ends of chat the router names 1") {
		t.Errorf("chat is %s, notices %q", got, notices(p))
	}
	r.engines = []string{"chat", "chat,lora", "chat"}
	p = r.read(t)
	if got := members(p, "chat"); got != "http://10.0.0.1:8000=1 http://10.0.0.2:8000=1 http://10.0.0.3:8000=1" {
		t.Errorf("with one model chat is %s", got)
	}
	r.dynamic, r.echo = true, map[string]any{"service_discovery": "k8s", "routing_logic": "prefixaware", "static_models": nil}
	g = r.read(t).Gateway
	if !g.Routing["lora"].Uneven || g.Strategy != "prefixaware" || !strings.Contains(g.Routing["lora"].Fixed.String(), "take the label off a pod") {
		t.Errorf("%+v", g)
	}
}

func TestAnswersThatAreNoRouters(t *testing.T) {
	r := play(t, text(fixture(t, "dynamic.yaml")))
	r.status = "Engine stats scraper is down."
	if _, err := r.tryRead(t); fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), "Engine stats scraper is down.") {
		t.Errorf("%v", err)
	}
	r.status, r.echo = "", map[string]any{"static_models": []string{"a"}}
	if _, err := r.tryRead(t); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "no text") {
		t.Errorf("%v", err)
	}
}
