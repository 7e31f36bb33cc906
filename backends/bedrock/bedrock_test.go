package bedrock

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pitwall/backends/internal/awsapi"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const available = `{"modelId":"m","agreementAvailability":{"status":"AVAILABLE"},"authorizationStatus":"AUTHORIZED",` +
	`"entitlementAvailability":"AVAILABLE","regionAvailability":"AVAILABLE"}`

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	contract.Run(t, contract.Case{
		New: newReader,
		Spec: func(s *fleet.SourceSpec) {
			s.Options = map[string]string{awsapi.OptionRegion: "eu-central-1"}
			s.Models = []fleet.ModelName{"eu.anthropic.claude-sonnet-5"}
		},
		Pages: map[string]contract.Page{
			"/foundation-models":  page(fixture(t, "foundation-models.json")),
			"/inference-profiles": page(fixture(t, "inference-profiles.json")),
			"/foundation-model-availability/anthropic.claude-sonnet-5": page(available),
		},
		Main: "/foundation-models",
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			r := p.Provider
			if r == nil || r.Authorised != fleet.Some(true) || !r.Latency.OK || len(r.Limits) != 0 {
				t.Fatalf("reading %+v", r)
			}
			want := []fleet.ModelName{"amazon.nova-lite-v1:0", "meta.llama3-1-8b-instruct-v1:0", "eu.anthropic.claude-sonnet-5",
				"global.anthropic.claude-sonnet-5"}
			if !reflect.DeepEqual(r.Models, want) {
				t.Errorf("models %v", r.Models)
			}
			if got := r.Regions["eu.anthropic.claude-sonnet-5"]; !slices.Equal(got, []string{"eu-central-1", "eu-west-1", "eu-west-2"}) {
				t.Errorf("regions %v", got)
			}
			if len(p.Notices) != 1 || p.Notices[0].Level != fleet.LevelInfo || !strings.Contains(p.Notices[0].Text.String(), "one of 3 regions: eu-central-1") {
				t.Errorf("notices %v", p.Notices)
			}
		},
		WrongType:  page(`{"modelSummaries":[{"modelId":17}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) { t.Errorf("a number was taken for a name: %+v", p.Provider) },
		Hostile: func(text string) map[string]contract.Page {
			q := quoted(text)
			return map[string]contract.Page{
				"/foundation-models": page(`{"modelSummaries":[{"modelId":` + q + `,"modelName":` + q + `,"providerName":` + q +
					`},{"modelId":"m1","inferenceTypesSupported":[` + q + `],"modelLifecycle":{"status":"LEGACY","endOfLifeTime":` + quoted(text+"T0") + `}}]}`),
				"/inference-profiles": page(`{"inferenceProfileSummaries":[{"inferenceProfileId":"eu.anthropic.claude-sonnet-5","status":` + q +
					`,"models":[{"modelArn":` + quoted("arn:aws:bedrock:"+text+"::foundation-model/m1") + `}]},{"inferenceProfileId":` + q + `,"status":"ACTIVE"}]}`),
			}
		},
		Series: func(n int) contract.Page {
			return page(`{"modelSummaries":[` + strings.TrimSuffix(strings.Repeat(`{"modelId":"m"},`, n), ",") + `]}`)
		},
	})
}

// answers is a server of the control plane that is asked with an option's worth of models.
func answers(t *testing.T, spec fleet.SourceSpec, change map[string]*contract.Answer) (fleet.Partial, *contract.Asked, error) {
	t.Helper()
	s := contract.ServeAnswers(t, func(path string) *contract.Answer {
		if a, ok := change[path]; ok {
			return a
		}
		switch {
		case path == "/foundation-models":
			return &contract.Answer{Body: fixture(t, "foundation-models.json")}
		case path == "/inference-profiles":
			return &contract.Answer{Body: fixture(t, "inference-profiles.json")}
		case strings.HasPrefix(path, "/foundation-model-availability/"):
			return &contract.Answer{Body: available}
		}
		return nil
	})
	p, err := open(t, s.URL, spec, contract.Deps()).Read(t.Context())
	return p, s, err
}

func open(t *testing.T, url string, spec fleet.SourceSpec, deps fleet.Deps) fleet.Reader {
	t.Helper()
	spec.ID, spec.URL = "aws", url
	if spec.Options == nil {
		spec.Options = map[string]string{}
	}
	if spec.Options[awsapi.OptionRegion] == "" {
		spec.Options[awsapi.OptionRegion] = "eu-central-1"
	}
	spec.Auth = fleet.SecretRef{Env: "KEY"}
	r, err := newReader(spec, deps)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func withSecret(text string) fleet.Deps {
	deps := contract.Deps()
	deps.Secret = func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(text), nil }
	return deps
}

func said(notices []fleet.Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, string(n.Level)+" "+n.Text.String())
	}
	return strings.Join(all, "\n")
}

func TestRegionOfAddresses(t *testing.T) {
	for url, want := range map[string]string{
		"https://bedrock.eu-central-1.amazonaws.com":                            "eu-central-1",
		"https://bedrock-fips.us-gov-west-1.amazonaws.com":                      "us-gov-west-1",
		"https://bedrock.cn-north-1.amazonaws.com.cn":                           "cn-north-1",
		"https://bedrock.us-east-1.api.aws/":                                    "us-east-1",
		"https://vpce-0a1-b2.bedrock.ap-southeast-2.vpce.amazonaws.com":         "ap-southeast-2",
		"https://bedrock.eusc-de-east-1.amazonaws.eu":                           "eusc-de-east-1",
		"https://bedrock-runtime.eu-central-1.amazonaws.com":                    "",
		"https://vpce-0a1-b2.bedrock-runtime.ap-southeast-2.vpce.amazonaws.com": "",
		"https://bedrock.amazonaws.com":                                         "",
		"https://bedrock.eu-central-1.amazonaws.com.evil.example":               "",
		"https://proxy.example":                                                 "",
	} {
		got, err := regionOf(fleet.SourceSpec{URL: url})
		if got != want || (err == nil) != (want != "") || want == "" && fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %q, %v", url, got, err)
		}
	}
	if got, err := regionOf(fleet.SourceSpec{URL: "https://proxy.example", Options: map[string]string{awsapi.OptionRegion: "sa-east-1"}}); got != "sa-east-1" {
		t.Errorf("by option: %q, %v", got, err)
	}
	for option, value := range map[string]string{awsapi.OptionRegion: "Frankfurt", OptionQuotas: "maybe"} {
		spec := fleet.SourceSpec{URL: "https://bedrock.eu-central-1.amazonaws.com", Options: map[string]string{option: value}}
		if _, err := newReader(spec, contract.Deps()); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s %q: %v", option, value, err)
		}
	}
}

func TestWhatIsSaidOfModels(t *testing.T) {
	spec := fleet.SourceSpec{Models: []fleet.ModelName{"anthropic.claude-sonnet-5", "bedrock/converse/amazon.nova-lite-v1:0",
		"meta.llama3-1-8b-instruct-v1:0", "mistral.large-3", "global.anthropic.claude-sonnet-5", "gone\x1b[2J"}}
	p, asked, err := answers(t, spec, map[string]*contract.Answer{
		"/foundation-model-availability/amazon.nova-lite-v1:0": {Body: `{"agreementAvailability":{"status":"PENDING"},"authorizationStatus":"NOT_AUTHORIZED"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"WARN model anthropic.claude-sonnet-5 cannot be called by this id, only through an inference profile such as eu.anthropic.claude-sonnet-5",
		"WARN model bedrock/converse/amazon.nova-lite-v1:0 may not be called: its agreement is pending, the account is not authorised",
		"WARN model meta.llama3-1-8b-instruct-v1:0 is a legacy model that will be taken away on 2027-02-01",
		"WARN model mistral.large-3 cannot be called on demand: it needs provisioned throughput",
		"INFO model global.anthropic.claude-sonnet-5 is answered in any region of the world: labels of a place are not offered",
		"WARN model gone^[[2J is not on the list of what this key may call",
	} {
		if !slices.Contains(strings.Split(said(p.Notices), "\n"), want) {
			t.Errorf("not said: %s\nbut\n%s", want, said(p.Notices))
		}
	}
	if got := p.Provider.Regions["meta.llama3-1-8b-instruct-v1:0"]; !slices.Equal(got, []string{"eu-central-1"}) {
		t.Errorf("a model of this region: %v", got)
	}
	if got := p.Provider.Regions["global.anthropic.claude-sonnet-5"]; !slices.Contains(got, fleet.Anywhere) {
		t.Errorf("a global profile: %v", got)
	}
	asked.Only(t, "GET /foundation-models", "GET /inference-profiles", "GET /foundation-model-availability/amazon.nova-lite-v1:0",
		"GET /foundation-model-availability/anthropic.claude-sonnet-5", "GET /foundation-model-availability/meta.llama3-1-8b-instruct-v1:0",
		"GET /foundation-model-availability/mistral.large-3")
}

// Where the profiles cannot be read, what is answered where is unknown, and no place is promised.
func TestUnreadProfilesPromiseNoPlace(t *testing.T) {
	spec := fleet.SourceSpec{Models: []fleet.ModelName{"eu.anthropic.claude-sonnet-5"}}
	p, _, err := answers(t, spec, map[string]*contract.Answer{"/inference-profiles": {Status: http.StatusForbidden,
		Body: `{"__type":"AccessDeniedException","message":"User: arn:aws:iam::1:user/u is not authorized to perform: bedrock:ListInferenceProfiles on resource: *"}`}})
	if err != nil {
		t.Fatal(err)
	}
	regions, told := p.Provider.Regions["eu.anthropic.claude-sonnet-5"]
	if !told || len(regions) != 0 {
		t.Errorf("regions %v, %v", regions, told)
	}
	for _, want := range []string{"lacks the right bedrock:ListInferenceProfiles", "is answered in regions that are not known"} {
		if !strings.Contains(said(p.Notices), want) {
			t.Errorf("%q is not said: %s", want, said(p.Notices))
		}
	}
	s := fleet.Snapshot{Providers: []fleet.Provider{{Spec: fleet.ProviderSpec{ID: "aws", Labels: []string{"eu", "zdr"}}, Regions: p.Provider.Regions}}}
	target := fleet.Target{Spec: fleet.TargetSpec{Provider: "aws", Model: "eu.anthropic.claude-sonnet-5"}}
	if got := s.Residency(&target); !slices.Equal(got, []string{"zdr"}) {
		t.Errorf("labels %v", got)
	}
}

func TestPagesOfProfilesEnd(t *testing.T) {
	spec := fleet.SourceSpec{Models: []fleet.ModelName{"arn:aws:bedrock:eu-central-1:1:application-inference-profile/abc"}}
	p, asked, err := answers(t, spec, map[string]*contract.Answer{"/inference-profiles": {Body: `{"inferenceProfileSummaries":[],"nextToken":"again"}`}})
	if err != nil || !strings.Contains(said(p.Notices), "the list of inference profiles does not end") {
		t.Errorf("%v: %s", err, said(p.Notices))
	}
	if n := asked.Count("GET /inference-profiles"); n != maxPages {
		t.Errorf("%d pages were read", n)
	}
	one := `{"inferenceProfileSummaries":[{"inferenceProfileId":"abc","status":"ACTIVE","inferenceProfileArn":` +
		`"arn:aws:bedrock:eu-central-1:1:application-inference-profile/abc","models":[{"modelArn":"arn:aws:bedrock:eu-central-1::foundation-model/mistral.large-3"}]}]}`
	p, asked, err = answers(t, spec, map[string]*contract.Answer{"/inference-profiles": {Body: one}})
	if err != nil || len(p.Notices) != 0 || asked.Count("GET /inference-profiles") != 2 || asked.Query("/inference-profiles") != "maxResults=1000&type=APPLICATION" {
		t.Errorf("%v: %s, %s", err, said(p.Notices), asked.Query("/inference-profiles"))
	}
}

func TestAnErrorInsideOfA200IsNoList(t *testing.T) {
	for _, body := range []string{`{"message":"internal"}`, `{"__type":"ThrottlingException"}`, `{"modelSummaries":null}`, `{"modelSummaries":[{}]}`, `[]`, `17`} {
		if _, _, err := answers(t, fleet.SourceSpec{}, map[string]*contract.Answer{"/foundation-models": {Body: body}}); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", body, err)
		}
	}
	if p, _, err := answers(t, fleet.SourceSpec{}, map[string]*contract.Answer{"/inference-profiles": {Body: `{"message":"x"}`}}); err != nil || len(p.Notices) != 1 {
		t.Errorf("%v: %s", err, said(p.Notices))
	}
}

func TestManyModelsAskForFew(t *testing.T) {
	var list []string
	var spec fleet.SourceSpec
	for i := range 4000 {
		list = append(list, fmt.Sprintf(`{"modelId":"m%d"}`, i))
	}
	for i := range 30 {
		spec.Models = append(spec.Models, fleet.ModelName(fmt.Sprintf("m%d", i)))
	}
	p, asked, err := answers(t, spec, map[string]*contract.Answer{"/foundation-models": {Body: `{"modelSummaries":[` + strings.Join(list, ",") + `]}`}})
	if err != nil || len(p.Provider.Models) != 4002 || !strings.Contains(said(p.Notices), "at most 10") {
		t.Errorf("%v, %d models, %s", err, len(p.Provider.Models), said(p.Notices))
	}
	if asked.Count("GET /foundation-model-availability/m9") != 1 || asked.Count("GET /foundation-model-availability/m10") != 0 {
		t.Error("not ten were asked about")
	}
}
