package azureopenai

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

const (
	resourceID = "/subscriptions/0a-1/resourceGroups/llm/providers/Microsoft.CognitiveServices/accounts/acme"
	armToken   = "canary-arm-7d21"
	apiKey     = "canary-key-55e0"
)

// azure plays a resource and Resource Manager, each of which must see its own credential only.
type azure struct {
	t       *testing.T
	account string
	list    func(query string) string // the deployments
	status  int                       // of Resource Manager
	region  string                    // header of the resource
}

func (a *azure) read(models []fleet.ModelName, location string) (fleet.Partial, error) {
	a.t.Helper()
	data := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Api-Key") != apiKey || r.Header.Get("Authorization") != "" || r.URL.Path != modelsPath {
			a.t.Errorf("the resource was asked %s with %v", r.URL, r.Header)
		}
		w.Header().Set("X-Ms-Region", a.region)
		w.Header().Set("X-Ratelimit-Remaining-Requests", "19")
		w.Header().Set("X-Ratelimit-Remaining-Tokens", "49000")
		_, _ = w.Write([]byte(sample(a.t, "models")))
	}))
	defer data.Close()
	arm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+armToken || r.Header.Get("Api-Key") != "" || r.Method != http.MethodGet {
			a.t.Errorf("Resource Manager was asked %s with %v", r.URL, r.Header)
		}
		if a.status != 0 {
			w.WriteHeader(a.status)
		}
		switch r.URL.Path {
		case resourceID:
			_, _ = w.Write([]byte(a.account))
		case resourceID + "/deployments":
			_, _ = w.Write([]byte(a.list(r.URL.RawQuery)))
		default:
			a.t.Errorf("Resource Manager was asked %s", r.URL)
		}
	}))
	defer arm.Close()
	deps := contract.Deps()
	deps.Secret = func(_ context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
		if slices.Equal(ref.Command, []string{"az", "token"}) {
			return fleet.NewSecret(armToken), nil
		}
		return fleet.NewSecret(apiKey), nil
	}
	r, err := newReader(fleet.SourceSpec{ID: "az", URL: data.URL, Auth: fleet.SecretRef{Env: "KEY"}, Models: models,
		Options: map[string]string{"arm_url": arm.URL, "arm_resource": resourceID, "arm_token_command": "az  token", "location": location}}, deps)
	if err != nil {
		a.t.Fatal(err)
	}
	p, err := r.Read(a.t.Context())
	for _, n := range p.Notices {
		if strings.Contains(n.Text.String(), "canary") {
			a.t.Errorf("a credential is shown: %s", n.Text)
		}
	}
	return p, err
}

func newAzure(t *testing.T) *azure {
	return &azure{t: t, account: `{"location":"swedencentral"}`, list: func(string) string { return sample(t, "managed") }, region: "Sweden Central"}
}

func texts(p fleet.Partial) string {
	var b strings.Builder
	for _, n := range p.Notices {
		b.WriteString(string(n.Level) + " " + n.Text.String() + "\n")
	}
	return b.String()
}

func TestResourceManagerTellsDeployments(t *testing.T) {
	p, err := newAzure(t).read([]fleet.ModelName{"chat", "embed"}, "Sweden Central")
	if err != nil || !reflect.DeepEqual(p.Provider.Models, []fleet.ModelName{"chat", "embed", "reserved"}) {
		t.Fatalf("%v, %+v", err, p.Provider)
	}
	// The fifty in ten seconds are 300 a minute; what is left of requests in an unknown window is set against nothing.
	want := []fleet.Limit{{Kind: fleet.LimitTPM, Max: fleet.Some(50000.0), Remaining: fleet.Some(49000.0), At: contract.Start()},
		{Kind: fleet.LimitRPM, Max: fleet.Some(300.0)}}
	if !reflect.DeepEqual(p.Provider.Limits, want) {
		t.Errorf("limits %+v", p.Provider.Limits)
	}
	if want := map[fleet.ModelName][]string{"chat": {fleet.Anywhere}}; !reflect.DeepEqual(p.Provider.Regions, want) {
		t.Errorf("regions %v", p.Provider.Regions)
	}
	if got := texts(p); got != "INFO deployment chat is of type GlobalStandard: any region may process its requests, so it offers no residency\n"+
		"INFO the resource is in swedencentral\n" {
		t.Errorf("it says\n%s", got)
	}
}

func TestRegionAndTypeAreTold(t *testing.T) {
	a := newAzure(t)
	a.account = `{"location":"westeurope"}`
	p, err := a.read(nil, "swedencentral")
	got := texts(p)
	for _, want := range []string{"WARN the resource is in westeurope, and option location says swedencentral", "edge does not serve: Creating",
		"edge is of type DataZoneStandard: any region of its data zone", "chat is of type GlobalStandard"} {
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%q is not said (%v):\n%s", want, err, got)
		}
	}
	if strings.Contains(got, "reserved") || strings.Contains(got, "embed") {
		t.Errorf("deployments of one region are remarked:\n%s", got)
	}
	if want := map[fleet.ModelName][]string{"chat": {fleet.Anywhere}, "edge": {"eu"}}; !reflect.DeepEqual(p.Provider.Regions, want) {
		t.Errorf("regions %v", p.Provider.Regions)
	}
	for region, want := range map[string][]string{"eastus2": {"us"}, "swedencentral": {"eu"}, "uksouth": nil, "switzerlandnorth": nil, "": nil, "australiaeast": nil} {
		var d deployment
		d.Name, d.SKU.Name = "d", "DataZoneStandard"
		if got := answeredIn([]deployment{d}, region); !reflect.DeepEqual(got, map[fleet.ModelName][]string{"d": want}) {
			t.Errorf("%s: %v", region, got)
		}
	}
	for sku, want := range map[string]string{"GlobalProvisionedManaged": "no residency", "DataZoneBatch": "zone only", "DeveloperTier": "no residency",
		"Quantum": "not known", "Standard": "", "ProvisionedManaged": "", "": ""} {
		if got := residency(sku).String(); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", sku, got)
		}
	}
}

func TestLimitsThatMakeNoSenseAreUnknown(t *testing.T) {
	for _, limit := range []string{`{"key":"request","count":5}`, `{"key":"request","renewalPeriod":0,"count":5}`, `{"key":"request","renewalPeriod":-1,"count":5}`,
		`{"key":"request","renewalPeriod":60,"count":-5}`, `{"key":"request","renewalPeriod":60}`, `{"key":"request","renewalPeriod":1e9,"count":5}`,
		`{"key":"request","renewalPeriod":1e-300,"count":1e300}`, `{"key":"image","renewalPeriod":60,"count":5}`, `{}`} {
		a := newAzure(t)
		a.list = func(string) string { return `{"value":[{"name":"chat","properties":{"rateLimits":[` + limit + `]}}]}` }
		p, err := a.read(nil, "")
		if err != nil || len(p.Provider.Limits) != 1 || p.Provider.Limits[0].Kind != fleet.LimitTPM || len(p.Provider.Models) != 1 {
			t.Errorf("%s: %v, %+v", limit, err, p.Provider)
		}
	}
}

func TestWithoutResourceManagerTheKeyIsProven(t *testing.T) {
	for name, change := range map[string]func(*azure){
		"refused": func(a *azure) {
			a.status, a.account = 403, `{"error":{"code":"AuthorizationFailed","message":"`+armToken+`"}}`
		},
		"failing":      func(a *azure) { a.status = 503 },
		"no list":      func(a *azure) { a.list = func(string) string { return `{"error":{"code":"x"}}` } },
		"a wrong type": func(a *azure) { a.list = func(string) string { return `{"value":[{"name":7}]}` } },
		"no end": func(a *azure) {
			a.list = func(string) string { return `{"value":[],"nextLink":"https://evil.example/?a=1"}` }
		},
	} {
		a := newAzure(t)
		change(a)
		p, err := a.read([]fleet.ModelName{"chat"}, "")
		if err != nil || p.Provider.Authorised != fleet.Some(true) || p.Provider.Models != nil || !strings.Contains(texts(p), "not known: its deployments") {
			t.Errorf("%s: %v, %+v\n%s", name, err, p.Provider, texts(p))
		}
	}
}

// The next page is asked for where the first one was, whatever address the answer names: the token goes nowhere else.
func TestPagesStayAtResourceManager(t *testing.T) {
	a := newAzure(t)
	a.list = func(query string) string {
		if strings.Contains(query, "skip=1") {
			return `{"value":[{"name":"second"}]}`
		}
		return `{"value":[{"name":"first"}],"nextLink":"https://evil.example/x?api-version=v&skip=1"}`
	}
	p, err := a.read(nil, "")
	if err != nil || !reflect.DeepEqual(p.Provider.Models, []fleet.ModelName{"first", "second"}) {
		t.Errorf("%v, %+v", err, p.Provider)
	}
}

// serving answers each question with a body.
func serving(text string) func(context.Context, string) (*httpx.Reply, error) {
	return func(context.Context, string) (*httpx.Reply, error) { return &httpx.Reply{Body: []byte(text)}, nil }
}

func FuzzDeployments(f *testing.F) {
	f.Add(sample(f, "managed"))
	f.Add(`{"value":[{"name":"a","properties":{"rateLimits":[{"key":"token","renewalPeriod":1e-9,"count":3}]}}],"nextLink":"x?y"}`)
	spec := fleet.SourceSpec{ID: "az", URL: "http://azure.example"}
	opened, err := newReader(spec, contract.Deps())
	if err != nil {
		f.Fatal(err)
	}
	r := opened.(*reader)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := r.deployments(t.Context(), serving(text))
		if err != nil {
			return
		}
		for _, d := range all {
			if d.Name == "" {
				t.Error("a deployment without a name")
			}
		}
		for _, l := range tightest(all) {
			if !l.Max.OK || !(l.Max.V >= 0) {
				t.Errorf("limit %+v", l)
			}
		}
		for _, n := range remarks(all) {
			if !fleet.IsClean(n.Text.String()) {
				t.Errorf("remark %q", n.Text)
			}
		}
	})
}
