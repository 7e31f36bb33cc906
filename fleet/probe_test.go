package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatAProbeShowedInWords(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 6, 40, 0, time.UTC)
	reading := func(ok bool, asked ...ProbeAsk) ProbeReading {
		return ProbeReading{OK: ok, Asked: asked, At: at, Total: Some(Seconds(0.512))}
	}
	cutOff := reading(true, ProbeTools, ProbeJSON)
	cutOff.Unclear = []ProbeAsk{ProbeJSON}
	failed := reading(false, ProbeTools)
	failed.Why, failed.End = Text("it answered 429; it is asked less often"), "r1"
	for want, p := range map[string]*Probe{
		"no live probe yet":                                                                   nil,
		"no live probe: it has no price":                                                      {Paused: Text("it has no price")},
		"answers a live probe with tools and JSON (14:06:40Z, 512ms)":                         {Last: reading(true, ProbeTools, ProbeJSON)},
		"answers a live probe (14:06:40Z, 512ms)":                                             {Last: reading(true, ProbePlain)},
		"answers a live probe with a long prompt, tools and JSON (14:06:40Z, 512ms)":          {Last: reading(true, ProbeLength, ProbeTools, ProbeJSON)},
		"answers a live probe with tools (14:06:40Z, 512ms), cut off before it showed JSON":   {Last: cutOff},
		"answers a live probe (14:06:40Z, 512ms), too long ago":                               {Last: reading(true, ProbePlain), Stale: true},
		"a live probe failed (14:06:40Z, 512ms, r1): it answered 429; it is asked less often": {Last: failed},
	} {
		if got := p.Text().String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func dollars(t *testing.T, s string) Money {
	t.Helper()
	m, err := ParseMoney(s, USD)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatADayOfProbesCosts(t *testing.T) {
	list := func(kind string, model ModelName) (Price, bool) {
		return Price{Input: dollars(t, "3"), Output: dollars(t, "15")}, kind == "anthropic" && model == "claude"
	}
	own := Some(Price{Input: dollars(t, "10"), Output: dollars(t, "1")})
	plan := func(most string, payers ...ProbePayer) *ProbePlan {
		p := &ProbePlan{ProbeSpec: ProbeSpec{Every: 10 * time.Minute, Tools: true, JSON: true}, Payers: payers}
		if most != "" {
			p.MaxPerDay = Some(dollars(t, most))
		}
		return p
	}
	claude, mine := ProbePayer{Kind: "anthropic", Model: "claude"}, ProbePayer{Kind: "x", Model: "y", Price: own}
	for name, c := range map[string]struct {
		plan *ProbePlan
		want string
	}{
		"own GPUs":   {plan(""), "every 10m, tools and JSON, on own GPUs: no money"},
		"under it":   {plan("5", claude), "every 10m, tools and JSON, est. $0.45 a day, at most $5.00"},
		"over it":    {plan("0.30", claude), "every 10m, tools and JSON, est. $0.30 a day, at most $0.30"},
		"the dearer": {plan("5", claude, mine), "every 10m, tools and JSON, est. $0.85 a day, at most $5.00"},
	} {
		if got := c.plan.Text(list).String(); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, c.want)
		}
	}
	if _, err := plan("5", ProbePayer{Provider: "p", Kind: "x", Model: "y"}).Rates(list); err == nil || !strings.Contains(err.Error(), "add a price") {
		t.Errorf("no price: %v", err)
	}
	euro := ProbePayer{Kind: "x", Model: "y", Price: Some(Price{Input: NewMoney(dollars(t, "1").Amount(), "EUR"), Output: NewMoney(dollars(t, "1").Amount(), "EUR")})}
	if _, err := plan("5", euro).Rates(list); err == nil || !strings.Contains(err.Error(), "another currency") {
		t.Errorf("euros: %v", err)
	}
}

func TestSmallAmounts(t *testing.T) {
	for in, want := range map[string]string{"0": "$0.00", "12.5": "$12.50", "0.45": "$0.45", "0.0312": "$0.031", "0.00036": "$0.00036", "-0.004": "$-0.0040",
		"0.00000000001": "$0.00000000"} {
		if got := dollars(t, in).Small().String(); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestWhereAProbeIsSent(t *testing.T) {
	for raw, want := range map[string]string{
		"http://h:8000":                           "http://h:8000 /v1/chat/completions",
		"http://h:8000/metrics?x=1":               "http://h:8000 /v1/chat/completions",
		"http://h:8000/engine/v1/loads":           "http://h:8000/engine /v1/chat/completions",
		"https://api.openai.com/v1":               "https://api.openai.com/v1 /chat/completions",
		"https://g.example/v1beta/openai/":        "https://g.example/v1beta/openai /chat/completions",
		"http://kong/chat/chat/completions":       "http://kong/chat /chat/completions",
		"https://api.anthropic.com":               "https://api.anthropic.com /v1/chat/completions",
		"https://x.example/openai/deployments/v2": "https://x.example/openai/deployments/v2 /chat/completions",
	} {
		if end := endAt("r", raw, ""); end.URL+" "+end.Path != want {
			t.Errorf("%s: %s %s, want %s", raw, end.URL, end.Path, want)
		}
	}
}

func TestWhoIsAskedAndPaid(t *testing.T) {
	inv := &Inventory{
		Pools: []PoolSpec{{ID: "p", Model: "m"}, {ID: "nameless"}, {ID: "stored", Model: "m"}},
		Providers: []ProviderSpec{{ID: "api", Kind: "openai", Models: []ProviderModel{{Name: "big"}, {Name: "small"}}},
			{ID: "bed", Kind: "bedrock", Models: []ProviderModel{{Name: "x"}}}},
		Gateways: []GatewaySpec{{ID: "g", Kind: "litellm"}, {ID: "k", Kind: "kong"}},
		Routes: []RouteSpec{
			{ID: "chat", Gateway: "g", Targets: []TargetSpec{{ID: "p", Pool: "p"}, {ID: "rented", Provider: "api", Model: "big"}}, Fallbacks: []TargetID{"backup"}},
			{ID: "backup", Gateway: "g", Targets: []TargetSpec{{ID: "bed", Provider: "bed", Model: "x"}}, Fallbacks: []TargetID{"chat"}},
			{ID: "own", Gateway: "g", Targets: []TargetSpec{{ID: "p", Pool: "p"}}},
			{ID: "lost", Gateway: "g", Targets: []TargetSpec{{ID: "p", Pool: "p"}}, Fallbacks: []TargetID{"nobody"}},
			{ID: "bare", Gateway: "g"}, {ID: "viakong", Gateway: "k", Targets: []TargetSpec{{ID: "p", Pool: "p"}}},
		},
		Sources: []SourceSpec{
			{ID: "r1", URL: "http://r1:1/metrics", Auth: SecretRef{Env: "P"}, Subject: Subject{Pool: "p", Replica: "r1"}},
			{ID: "n1", URL: "http://n1:1/metrics", Subject: Subject{Pool: "p", Node: "n1"}},
			{ID: "r2", URL: "http://r2:1", Auth: SecretRef{Env: "P"}, Subject: Subject{Pool: "p", Replica: "r2"}, Via: "w"},
			{ID: "r3", Subject: Subject{Pool: "stored", Replica: "r3"}, From: "prom"},
			{ID: "status", URL: "http://status", Subject: Subject{Provider: "api", About: AboutStatus}},
			{ID: "api", URL: "http://api/v1", Auth: SecretRef{Env: "A"}, Subject: Subject{Provider: "api"}},
			{ID: "gw1", URL: "http://gw1", Auth: SecretRef{Env: "G"}, Subject: Subject{Gateway: "g", GatewayReplica: "gw1"}},
		},
	}
	for _, c := range []struct {
		sub  Subject
		spec ProbeSpec
		want string
	}{
		{Subject{Pool: "p"}, ProbeSpec{}, "probe/p [m] P r1@http://r1:1 r2@http://r2:1 "},
		{Subject{Pool: "stored"}, ProbeSpec{}, "nothing that is read has an address"},
		{Subject{Pool: "stored"}, ProbeSpec{URL: "http://svc", Auth: SecretRef{Env: "S"}, Model: "n"}, "probe/stored [n] S @http://svc "},
		{Subject{Pool: "nameless"}, ProbeSpec{}, "its model is not known"},
		{Subject{Provider: "api", Model: "small"}, ProbeSpec{}, "probe/api/small [small] A @http://api/v1 pays api small"},
		{Subject{Provider: "bed", Model: "x"}, ProbeSpec{}, "no OpenAI-compatible address"},
		{Subject{Provider: "bed", Model: "x"}, ProbeSpec{URL: "http://proxy/v1"}, "probe/bed/x [x]  @http://proxy/v1 pays bed x"},
		{Subject{Gateway: "g", Route: "chat"}, ProbeSpec{}, "probe/g/chat [chat] G gw1@http://gw1 pays api big pays bed x"},
		{Subject{Gateway: "g", Route: "own"}, ProbeSpec{}, "probe/g/own [own] G gw1@http://gw1 "},
		{Subject{Gateway: "g", Route: "lost"}, ProbeSpec{}, "fallback nobody costs is not known"},
		{Subject{Gateway: "g", Route: "bare"}, ProbeSpec{}, "its targets are not in the configuration"},
		{Subject{Gateway: "k", Route: "viakong"}, ProbeSpec{}, "a gateway of kind \"kong\" is read at another address"},
		{Subject{Gateway: "k", Route: "viakong"}, ProbeSpec{URL: "http://kong/chat/chat/completions"}, "probe/k/viakong [viakong]  @http://kong/chat "},
	} {
		s, err := ProbeSource(inv, c.sub, c.spec)
		got := fmt.Sprintf("%s %v %s ", s.ID, s.Models, s.Auth.Env)
		if err != nil {
			got = err.Error()
		} else {
			for _, e := range s.Probe.Ends {
				got += e.Name + "@" + e.URL + " "
			}
			for i, x := range s.Probe.Payers {
				if i > 0 {
					got += " "
				}
				got += fmt.Sprintf("pays %s %s", x.Provider, x.Model)
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v:\ngot  %q\nwant %q", c.sub, got, c.want)
		}
		if err == nil && (s.Subject.About != AboutProbe || s.Timeout >= s.Interval || s.Kind != ProbeKind) {
			t.Errorf("%+v", s)
		}
	}
}
