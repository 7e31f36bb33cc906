package config

import (
	"reflect"
	"strings"
	"testing"

	"pitwall/fleet"
)

const probing = `
version: 1
contexts:
  - name: c
    pools:
      - id: p
        engine: vllm
        model: m
        replicas: [{id: r1, url: "http://r1:8000"}]
        probe: {POOL}
    providers:
      - id: api
        kind: openai
        url: https://api.openai.com/v1
        models:
          - name: big
            price: {input: "2.5", output: "10"}
            probe: {MODEL}
    gateways:
      - id: g
        kind: litellm
        replicas: [{id: gw1, url: "http://gw1:4000"}]
    routes:
      - id: chat
        gateway: g
        targets: [{id: p, pool: p}, {id: api, provider: api, model: big}]
        probe: {ROUTE}
`

func withProbes(pool, model, route string) []byte {
	return []byte(strings.NewReplacer("POOL", pool, "MODEL", model, "ROUTE", route).Replace(probing))
}

func TestProbesAreSourcesOnlyWhereTheyAreWritten(t *testing.T) {
	f, err := Parse(withProbes("every: 2m, tools: true, json: true, max_tokens: 32, prompt_tokens: 500, model: other, timeout: 30s",
		"tools: true, max_usd_per_day: \"0.5\"", "every: 5m, max_usd_per_day: \"1\", auth: {env: PROBE}"))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range inv.Sources {
		if s.Subject.About == fleet.AboutProbe {
			got = append(got, strings.Join([]string{string(s.ID), s.Kind, s.Interval.String(), s.Timeout.String(), string(s.Models[0]), s.Auth.Env,
				s.Probe.Ends[0].URL + s.Probe.Ends[0].Path}, " "))
		}
	}
	want := []string{
		"probe/p probe 2m0s 30s other  http://r1:8000/v1/chat/completions",
		"probe/api/big probe 1m0s 20s big  https://api.openai.com/v1/chat/completions",
		"probe/g/chat probe 5m0s 20s chat PROBE http://gw1:4000/v1/chat/completions",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	body, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if back, err := again.Contexts[0].Inventory(noDefault); err != nil || !reflect.DeepEqual(back, inv) {
		t.Errorf("%v: what is written reads back as\n%+v\nwant\n%+v", err, back, inv)
	}
	f, err = Parse([]byte(strings.NewReplacer("        probe: {POOL}\n", "", "            probe: {MODEL}\n", "", "        probe: {ROUTE}\n", "").Replace(probing)))
	if err != nil {
		t.Fatal(err)
	}
	if inv, err = f.Contexts[0].Inventory(noDefault); err != nil || len(inv.Sources) != 3 {
		t.Errorf("%v: without a word of it there are %d sources, want 3", err, len(inv.Sources))
	}
}

func TestWrongProbesAreRefused(t *testing.T) {
	const paid = `max_usd_per_day: "1"`
	for want, c := range map[string][3]string{
		"every must lie between 10s and 1h0m0s":             {"every: 1s", paid, paid},
		"every must lie between":                            {"every: 2h", paid, paid},
		"timeout must be shorter than every, which is 1m0s": {"timeout: 1m", paid, paid},
		"max_tokens must lie between 1 and 1024":            {"max_tokens: 5000", paid, paid},
		"prompt_tokens must lie between":                    {"prompt_tokens: -1", paid, paid},
		`model "big", probe: every answer costs money`:      {"", "tools: true", paid},
		`route "chat", probe: every answer costs money`:     {"", paid, "tools: true"},
		"max_usd_per_day is 0":                              {"", `max_usd_per_day: "0"`, paid},
		`"much" is no amount`:                               {"", "max_usd_per_day: much", paid},
		"url must be http:// or https://":                   {"url: ftp://x", paid, paid},
		"auth needs exactly one of":                         {"auth: {env: A, file: B}", paid, paid},
		"unknown field":                                     {"often: true", paid, paid},
	} {
		if _, err := Parse(withProbes(c[0], c[1], c[2])); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
