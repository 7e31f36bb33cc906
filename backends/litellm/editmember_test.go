package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pitwall/fleet"
)

// addB2 adds a member like b.
func addB2(credential string) fleet.RouteEdit {
	return fleet.RouteEdit{Kind: fleet.EditAdd, Target: "b2", Member: &fleet.MemberEdit{
		ID: "b2", Like: "b", Model: "openai/model-b2", APIBase: "http://127.0.0.1:9202/v1", Credential: credential,
		Settings: `{"params":{"order":1,"rpm":600,"input_cost_per_token":0.1},"info":{"mode":"chat","access_groups":["gold"]}}`,
	}}
}

func sentTo(g *fakeGateway, path string) []map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	var out []map[string]any
	for _, e := range g.log {
		if e.Path == path {
			var body map[string]any
			_ = json.Unmarshal(e.Body, &body)
			out = append(out, body)
		}
	}
	return out
}

// A new member comes with weight 0, a reference for its credential, and neither the price nor the mode of another model.
func TestAMemberIsAddedWithoutTraffic(t *testing.T) {
	for credential, want := range map[string]string{
		"os.environ/KEY_B2": `"api_key":"os.environ/KEY_B2",`, "east": `"litellm_credential_name":"east",`, "none": "",
	} {
		g := withSpare(t, 2)
		g.rows[1].Params = map[string]any{keyCredential: "east"}
		g.propagate()
		must(t, g.writer(t).Edit(context.Background(), chatRoute("a", "b"), addB2(credential)))
		sent := sentTo(g, "/model/new")
		if len(sent) != 1 || sent[0]["model_name"] != "chat" {
			t.Fatalf("sent %v", sent)
		}
		parts := strings.SplitN(want, ":", 2)
		params := map[string]any{"model": "openai/model-b2", "api_base": "http://127.0.0.1:9202/v1", "weight": 0.0, "order": 1.0, "rpm": 600.0}
		if want != "" {
			params[strings.Trim(parts[0], `"`)] = credential
		}
		if got := fmt.Sprint(sent[0]["litellm_params"]); got != fmt.Sprint(params) {
			t.Errorf("sent %s, want %v", got, params)
		}
		if got := fmt.Sprint(sent[0]["model_info"]); got != "map[access_groups:[gold] id:b2]" {
			t.Errorf("sent %s", got)
		}
	}
}

// What is read of a member is enough to put it back as it was, with weight 0.
func TestAMemberIsRemovedAndComesBack(t *testing.T) {
	g := withSpare(t, 2)
	g.rows[1].Params = map[string]any{keyCredential: "east", "rpm": 100.0, "tags": []any{"eu"}, "use_in_pass_through": false}
	g.rows[1].Info, g.rows[1].Keyless = map[string]any{"mode": "chat", "max_tokens": 4096.0}, true
	g.set(0, "b", 0)
	g.propagate()
	p, err := g.read(t, withKey)
	must(t, err)
	own := findReading(t, p, "b").Settings
	if own == nil || own.Credential != "east" || !own.Why.IsEmpty() {
		t.Fatalf("read %+v", own)
	}
	remove := fleet.RouteEdit{Kind: fleet.EditRemove, Target: "b", Member: &fleet.MemberEdit{
		ID: "b", Model: own.Model, APIBase: own.APIBase, Credential: own.Credential, Settings: own.Text}}
	before := g.rows[1]
	w, r := g.writer(t), chatRoute("a", "b")
	if got := stands(w, r, remove); got != "before, before" {
		t.Fatalf("it stands %s", got)
	}
	must(t, w.Edit(context.Background(), r, remove))
	g.propagate()
	if got := stands(w, r, remove); got != "after, after" {
		t.Errorf("removed, it stands %s", got)
	}
	must(t, w.Edit(context.Background(), r, remove.Inverse()))
	g.propagate()
	back := g.rows[len(g.rows)-1]
	delete(before.Params, "use_in_pass_through")
	if back.Model != before.Model || back.Base != before.Base || *back.Weight != 0 || fmt.Sprint(back.Params) != fmt.Sprint(before.Params) ||
		back.Info["mode"] != "chat" || !back.Keyless {
		t.Errorf("it came back as %+v, was %+v", back, before)
	}
	if got := stands(w, r, remove); got != "before, before" {
		t.Errorf("put back, it stands %s", got)
	}
}

func findReading(t *testing.T, p fleet.Partial, id fleet.DeploymentID) *fleet.DeploymentReading {
	t.Helper()
	for i := range p.Gateway.Deployments {
		if d := &p.Gateway.Deployments[i]; d.ID == id {
			return d
		}
	}
	t.Fatalf("no %s was read", id)
	return nil
}

func TestMembersThatAreRefused(t *testing.T) {
	removeB := func(credential string) fleet.RouteEdit {
		return fleet.RouteEdit{Kind: fleet.EditRemove, Target: "b", Member: &fleet.MemberEdit{ID: "b", Model: "openai/model-b",
			APIBase: "http://127.0.0.1:9102/v1", Credential: credential, Settings: `{"params":{}}`}}
	}
	idle := func(g *fakeGateway) { g.set(0, "b", 0) }
	for name, tc := range map[string]struct {
		as   func(*fakeGateway)
		e    fleet.RouteEdit
		kind fleet.Kind
		says string
	}{
		"weights ignored":        {func(g *fakeGateway) { g.strategy = "least-busy"; g.settings.file["routing_strategy"] = "least-busy" }, addB2("none"), fleet.KindUnsupported, "ignores weights"},
		"a member unweighted":    {func(g *fakeGateway) { g.rows[0].Weight = nil }, addB2("none"), fleet.KindUnsupported, "has no weight"},
		"all of weight 0":        {func(g *fakeGateway) { g.rows[0].Weight, g.rows[1].Weight = weight(0), weight(0) }, addB2("none"), fleet.KindUnsupported, "keep a new one out"},
		"credential of nobody":   {nil, addB2("west"), fleet.KindUnsupported, "no member of this gateway"},
		"no credential":          {nil, addB2(""), fleet.KindUnsupported, "which credential"},
		"the id is taken":        {func(g *fakeGateway) { g.rows[3].ID = "b2" }, addB2("none"), fleet.KindConflict, "in the route spare"},
		"closed settings":        {func(g *fakeGateway) { closeSettings(g, 403) }, addB2("none"), fleet.KindAuth, "proxy admin"},
		"no database":            {func(g *fakeGateway) { g.hasDB = false }, addB2("none"), fleet.KindUnsupported, "without a database"},
		"in use":                 {nil, removeB("none"), fleet.KindInvalid, "shift it to 0 first"},
		"a key of its own":       {idle, removeB("none"), fleet.KindUnsupported, "api_key, encrypted, which LiteLLM never tells"},
		"a key beside the named": {idle, removeB("east"), fleet.KindUnsupported, "block it instead"},
		"headers of its own":     {func(g *fakeGateway) { idle(g); g.rows[1].Params = map[string]any{"extra_headers": "x"} }, removeB("os.environ/K"), fleet.KindUnsupported, "extra_headers"},
		"a file model":           {func(g *fakeGateway) { idle(g); g.rows[1].FromDB = false }, removeB("none"), fleet.KindUnsupported, "config file"},
		"the only one":           {func(g *fakeGateway) { idle(g); g.rows[0].Route = "spare" }, removeB("none"), fleet.KindUnsupported, "the last one"},
		"another by now":         {func(g *fakeGateway) { idle(g); g.rows[1].Model = "openai/other" }, removeB("none"), fleet.KindConflict, "another model"},
	} {
		t.Run(name, func(t *testing.T) {
			g := withSpare(t, 2)
			if tc.as != nil {
				tc.as(g)
			}
			g.propagate()
			rows := len(g.rows)
			err := g.writer(t).Edit(context.Background(), chatRoute("a", "b"), tc.e)
			wantRefused(t, nil, err, tc.kind, tc.says)
			if len(g.rows) != rows || len(sentTo(g, "/model/new"))+len(sentTo(g, "/model/delete")) != 0 {
				t.Error("it was written all the same")
			}
		})
	}
}

// A blocked member may go whatever its weight is.
func TestABlockedMemberIsRemoved(t *testing.T) {
	g := withSpare(t, 1)
	g.rows[1].Blocked, g.rows[1].Keyless = true, true
	g.propagate()
	e := fleet.RouteEdit{Kind: fleet.EditRemove, Target: "b", Member: &fleet.MemberEdit{ID: "b", Model: "openai/model-b",
		APIBase: "http://127.0.0.1:9102/v1", Credential: "none", Settings: `{"params":{}}`}}
	must(t, g.writer(t).Edit(context.Background(), chatRoute("a", "b"), e))
	if slices.ContainsFunc(g.rows, func(m fakeRow) bool { return m.ID == "b" }) {
		t.Error("it is still there")
	}
}

// The traps of a gateway that answers otherwise than it does.
func TestMembersOfALyingGateway(t *testing.T) {
	for name, tc := range map[string]struct {
		as   func(*fakeGateway)
		says string // "" for success
	}{
		"another is evicted":  {func(g *fakeGateway) { g.evicts = "a" }, "dropped 1 other members from the router of gw-1 (a)"},
		"stored, not loaded":  {func(g *fakeGateway) { g.unloaded = true }, "did not load it"},
		"fails after it made": {func(g *fakeGateway) { g.late = true }, ""},
	} {
		g := withSpare(t, 2)
		tc.as(g)
		w, r := g.writer(t), chatRoute("a", "b")
		err := w.Edit(context.Background(), r, addB2("none"))
		if tc.says == "" {
			must(t, err)
			must(t, w.Edit(context.Background(), r, addB2("none").Inverse()))
			if len(sentTo(g, "/model/new")) != 1 || len(sentTo(g, "/model/delete")) != 1 {
				t.Errorf("%s: it was tried again: %v", name, g.changes())
			}
			continue
		}
		if fleet.KindOf(err) != fleet.KindServer || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Half-way is where a replica has not looked into the database yet; a repeated edit writes nothing more.
func TestAMemberReachesTheOthersByTheirPoll(t *testing.T) {
	g := withSpare(t, 3)
	w, r, e := g.writer(t), chatRoute("a", "b"), addB2("none")
	must(t, w.Edit(context.Background(), r, e))
	if got := stands(w, r, e); got != "after, before, before" {
		t.Errorf("it stands %s", got)
	}
	g.propagate()
	n := len(g.changes())
	must(t, w.Edit(context.Background(), r, e))
	if got := stands(w, r, e); got != "after, after, after" || len(g.changes()) != n {
		t.Errorf("it stands %s, wrote %v", got, g.changes()[n:])
	}
}

// Whatever field a secret stands in, it is neither kept nor shown, and such a member can be neither copied nor removed.
func TestSecretsInSettingsOfMembers(t *testing.T) {
	for field, value := range map[string]any{
		"extra_headers": map[string]any{"Authorization": "Bearer " + canary}, "my_key": canary, "api_version": "sk-" + canary,
		"tags": []any{"sk-" + canary}, "region_name": strings.Repeat("canary0A", 8), "aws_session_token": "ca****ry" + canary,
		"api_base": "https://u:" + canary + "@host/v1", keyCredential: "sk-" + canary,
	} {
		g := newFake(t, 1)
		g.rows[1].Params = map[string]any{field: value}
		g.propagate()
		p, err := g.read(t, withKey)
		must(t, err)
		own := findReading(t, p, "b").Settings
		if own == nil || strings.Contains(fmt.Sprintf("%+v", *own), "canary") || own.Why.IsEmpty() && field != keyCredential ||
			own.Credential != "" {
			t.Errorf("%s: kept %+v", field, own)
		}
	}
	g := newFake(t, 1)
	p, err := g.read(t, withKey)
	must(t, err)
	if own := findReading(t, p, "c").Settings; own == nil || !strings.Contains(own.Why.String(), "config file") {
		t.Errorf("of a file model: %+v", own)
	}
	if own := findReading(t, p, "a").Settings; own == nil || own.Text != `{"params":{}}` {
		t.Errorf("of a plain one: %+v", own)
	}
}

func TestARefusedWriteOfMembersIsQuotedWithoutSecrets(t *testing.T) {
	g := withSpare(t, 1)
	g.refuse(0, func(method, _ string) (int, string) {
		if method == http.MethodGet {
			return 0, ""
		}
		return 400, `{"error":{"message":"bad key sk-canary-1234 for it"}}`
	})
	err := g.writer(t).Edit(context.Background(), chatRoute("a", "b"), addB2("none"))
	if fleet.KindOf(err) != fleet.KindInvalid || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("refused with %v", err)
	}
}
