package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const withStores = `version: 1
contexts:
  - name: a
    stores:
      - id: mimir
        kind: mimir
        url: https://mimir.internal/prometheus
        tenant: team-a|team-b
        headers: {X-Source: pitwall}
        params: {max_source_resolution: auto}
        window: 10m
        auth: {env: MIMIR_TOKEN}
        tls: {ca_file: /etc/ca.pem}
        poll: {interval: 20s}
      - id: prom
        url: http://prometheus:9090
    pools:
      - id: huge
        engine: vllm
        store: mimir
        selector: namespace="llm",pod=~"huge-.*"
        gpu_selector: exported_pod=~"huge-.*"
        gpu_exporter: amd
        worst: 30
      - id: small
        engine: sglang
        store: prom
        replicas:
          - {id: s-0, url: "http://10.0.0.1:30000"}
          - {id: s-1, selector: 'namespace="llm",pod="s-1"'}
        nodes:
          - {id: n-0, selector: 'node="n-0"', gpus: 8}
`

func TestStoresBecomeSources(t *testing.T) {
	f, err := Parse([]byte(withStores))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[fleet.SourceID]fleet.SourceSpec{}
	for _, s := range inv.Sources {
		byID[s.ID] = s
	}
	mimir := byID["mimir"]
	if mimir.Kind != StoreKind || mimir.Interval != 20*time.Second || mimir.Auth.Env != "MIMIR_TOKEN" || mimir.TLS.CAFile == "" {
		t.Errorf("the store is %+v", mimir)
	}
	want := map[string]string{"flavour": "mimir", "tenant": "team-a|team-b", "header.X-Source": "pitwall",
		"param.max_source_resolution": "auto", "window": "10m0s"}
	if !reflect.DeepEqual(mimir.Options, want) {
		t.Errorf("options are %v, want %v", mimir.Options, want)
	}
	if got := inv.Pools[0].Store; got == nil || *got != (fleet.StorePool{Source: "mimir", Replicas: `namespace="llm",pod=~"huge-.*"`,
		GPUs: `exported_pod=~"huge-.*"`, Exporter: "amd", Worst: 30}) {
		t.Errorf("the huge pool is %+v", got)
	}
	if inv.Pools[1].Store != nil {
		t.Error("a pool with replicas is asked for as a whole")
	}
	for _, id := range []fleet.SourceID{"s-0", "s-1", "dcgm/n-0"} {
		if s := byID[id]; s.From != "prom" || s.Interval != partInterval {
			t.Errorf("%s: %+v", id, s)
		}
	}
	if byID["s-1"].Options["selector"] != `namespace="llm",pod="s-1"` || byID["s-0"].URL == "" {
		t.Errorf("%+v, %+v", byID["s-0"], byID["s-1"])
	}
	body, err := Write(inv)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	if got, err := again.Contexts[0].Inventory(noDefault); err != nil || !reflect.DeepEqual(got, inv) {
		t.Errorf("%v, got\n%+v\nwant\n%+v", err, got, inv)
	}
}

func TestBadStores(t *testing.T) {
	for name, tc := range map[string]struct{ old, new, want string }{
		"unknown store":         {"store: prom", "store: other", `there is no store "other"`},
		"unknown kind":          {"kind: mimir", "kind: influx", "none of prometheus"},
		"unknown exporter":      {"gpu_exporter: amd", "gpu_exporter: intel", "none of dcgm, nvidia-gpu, amd, triton"},
		"exporter of nothing":   {`gpu_selector: exported_pod=~"huge-.*"`, "", "that is missing"},
		"short window":          {"window: 10m", "window: 20s", "at least 1m"},
		"credential in headers": {"X-Source: pitwall", "Authorization: Bearer x", "use auth"},
		"no url":                {"url: http://prometheus:9090", "url: ''", "url is missing"},
		"no selector":           {"selector: namespace=\"llm\",pod=~\"huge-.*\"", "desired: 3", "selector is missing"},
		"both":                  {"engine: sglang", "engine: sglang\n        selector: a=\"b\"", "lists no replicas"},
		"selector, no store":    {"        store: prom\n", "", "selector needs a store"},
		"replica without way":   {"{id: s-0, url: \"http://10.0.0.1:30000\"}", "{id: s-0}", "url is missing"},
		"two of a name":         {"id: prom", "id: mimir", "appears twice"},
		"worst":                 {"worst: 30", "worst: 3000", "between 0 and 200"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse([]byte(strings.Replace(withStores, tc.old, tc.new, 1))); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}
