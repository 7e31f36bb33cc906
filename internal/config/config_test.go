package config

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

func noDefault(string) time.Duration { return 0 }

func TestExampleLoadsAndBecomesAnInventory(t *testing.T) {
	f, err := Parse([]byte(Example))
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.Pick("")
	if err != nil {
		t.Fatal(err)
	}
	inv, err := c.Inventory(noDefault)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(inv.Sources); got != 2+2+1+2 {
		t.Errorf("sources: got %d, want one for each of 2 replicas, 2 nodes, 1 provider, 2 gateway replicas", got)
	}
	for _, s := range inv.Sources {
		if s.Timeout <= 0 || s.Timeout >= s.Interval {
			t.Errorf("%s: timeout %s is not shorter than interval %s", s.ID, s.Timeout, s.Interval)
		}
	}
	if g := inv.Routes[0].Guard; g.ErrRatio != fleet.Some(fleet.Ratio(0.02)) || g.TTFT95 != fleet.Some(fleet.Seconds(1.5)) {
		t.Errorf("guard: got %+v", g)
	}
	if inv.Env != fleet.EnvProd {
		t.Errorf("env: got %q", inv.Env)
	}
}

func TestContextWithoutEnvIsProd(t *testing.T) {
	f, err := Parse([]byte("version: 1\ncontexts:\n  - name: a\n"))
	if err != nil {
		t.Fatal(err)
	}
	inv, err := f.Contexts[0].Inventory(noDefault)
	if err != nil || inv.Env != fleet.EnvProd {
		t.Fatalf("got %q, %v", inv.Env, err)
	}
}

func TestBadFilesAreNamedByPlaceAndNeverShowSecrets(t *testing.T) {
	const canary = "sk-canary-value"
	for name, tc := range map[string]struct{ file, want string }{
		"unknown key":             {"version: 1\ncontexts:\n  - name: a\n    colour: red\n", "line 4, column 5: unknown field \"colour\""},
		"unknown version":         {"version: 7\ncontexts: []\n", "line 1, column 10: version 7 is not known"},
		"no version":              {"contexts: []\n", "must begin with version: 1"},
		"wrong type":              {"version: 1\ncontexts:\n  - name: a\n    pools: 5\n", "line 4"},
		"literal api key":         {"version: 1\ncontexts:\n  - name: a\n    providers:\n      - id: p\n        kind: openai\n        api_key: " + canary + "\n", "line 7, column 9: \"api_key\" holds a literal secret"},
		"literal auth":            {"version: 1\ncontexts:\n  - name: a\n    gateways:\n      - id: g\n        auth: " + canary + "\n", "literal secret"},
		"secret in url":           {"version: 1\ncontexts:\n  - name: a\n    providers:\n      - {id: p, kind: openai, url: \"https://u:" + canary + "@h/\"}\n", "literal secret"},
		"two secret kinds":        {"version: 1\ncontexts:\n  - name: a\n    providers:\n      - {id: p, kind: openai, auth: {env: A, file: b}}\n", "exactly one of env, file, command"},
		"dangling target":         {"version: 1\ncontexts:\n  - name: a\n    gateways: [{id: g, kind: litellm, replicas: [{id: r, url: \"http://h\"}]}]\n    routes: [{id: c, gateway: g, targets: [{id: t, pool: nope}]}]\n", "there is no pool \"nope\""},
		"one route under two ids": {"version: 1\ncontexts:\n  - name: a\n    gateways: [{id: g, kind: litellm, replicas: [{id: r, url: \"http://h\"}]}]\n    routes: [{id: c, gateway: g}, {id: d, gateway: g, name: c}]\n", "route \"d\": gateway \"g\" has one route of the name \"c\", and it is route \"c\" already"},
		"one route twice":         {"version: 1\ncontexts:\n  - name: a\n    gateways: [{id: g, kind: litellm, replicas: [{id: r, url: \"http://h\"}]}]\n    routes: [{id: c, gateway: g}, {id: c, gateway: g, name: d}]\n", "route \"c\" appears twice"},
		"bad duration":            {"version: 1\ncontexts:\n  - name: a\n    defaults: {interval: soon}\n", "no duration"},
		"broken yaml":             {"version: 1\ncontexts: [\n", "line"},
		"bad env":                 {"version: 1\ncontexts:\n  - {name: a, env: production}\n", "none of prod, stage, dev"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(tc.file))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %q\nwant %q in it", err, tc.want)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the secret is in the message: %q", err)
			}
		})
	}
}

func TestFindGoesFlagEnvironmentFolders(t *testing.T) {
	env := map[string]string{"PITWALL_CONFIG": "/e.yaml", "HOME": "/home/x"}
	get := func(k string) string { return env[k] }
	if p, _ := Find("/f.yaml", get); p != "/f.yaml" {
		t.Errorf("flag: got %q", p)
	}
	if p, _ := Find("", get); p != "/e.yaml" {
		t.Errorf("environment: got %q", p)
	}
	delete(env, "PITWALL_CONFIG")
	p, looked := Find("", get)
	if p != "" || len(looked) != 2 || looked[0] != "/home/x/.config/pitwall/config.yaml" {
		t.Errorf("folders: got %q, looked in %q", p, looked)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(Example))
	f.Add([]byte("version: 1\ncontexts:\n  - {name: a}\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		file, err := Parse(body)
		if err == nil && (file == nil || len(file.Contexts) == 0) {
			t.Fatal("accepted a file without a context")
		}
	})
}
