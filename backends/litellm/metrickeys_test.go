package litellm

import (
	"testing"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// usagePage has tokens and spend of one member for two keys, as LiteLLM 1.96 writes them.
const usagePage = `# TYPE litellm_input_tokens_metric_total counter
litellm_input_tokens_metric_total{api_key_alias="a",hashed_api_key="hash-a",model="m",model_id="m1",team="t1",team_alias="search"} 100
litellm_input_tokens_metric_total{api_key_alias="b",hashed_api_key="hash-b",model="m",model_id="m1",team="None",team_alias="None"} 50
# TYPE litellm_output_tokens_metric_total counter
litellm_output_tokens_metric_total{api_key_alias="a",hashed_api_key="hash-a",model="m",model_id="m1",team="t1",team_alias="search"} 20
# TYPE litellm_spend_metric_total counter
litellm_spend_metric_total{api_key_alias="a",hashed_api_key="hash-a",model="m",model_id="m1",team="t1",team_alias="search"} 0.25
litellm_spend_metric_total{api_key_alias="a",hashed_api_key="hash-a",model="n",model_id="m2",team="t1",team_alias="search"} 0.5
litellm_spend_metric_total{api_key_alias="None",hashed_api_key="None",model="n",model_id="m2",team="None",team_alias="None"} 7
`

func parsed(t *testing.T, text string) *page {
	t.Helper()
	var raw promtext.Page
	p, err := parsePage(promtext.NewTable(families()...), &raw, []byte(text))
	must(t, err)
	return p
}

func TestKeysOfThePage(t *testing.T) {
	keys := parsed(t, usagePage).readKeys()
	if len(keys) != 2 {
		t.Fatalf("keys %+v", keys)
	}
	a, b := keys[0], keys[1]
	if a.ID != "hash-a" || a.Alias != "a" || a.Team != "t1" || a.TeamName != "search" || a.Spend != fleet.Some(.75) ||
		a.InTokens != fleet.Some(100.0) || a.OutTokens != fleet.Some(20.0) {
		t.Errorf("the first key %+v", a)
	}
	if b.Team != "" || b.TeamName != "" || b.Spend != fleet.Some(0.0) || b.InTokens != fleet.Some(50.0) {
		t.Errorf("the second key %+v", b)
	}
	if a.CacheRead.OK || a.CacheWrite.OK {
		t.Errorf("a page without cached tokens tells %v and %v", a.CacheRead, a.CacheWrite)
	}
}

func TestCachedTokensAreUnknownWherePagesDoNotTellThem(t *testing.T) {
	const own = "litellm_input_cached_tokens_metric_total"
	const other = "litellm_provider_cache_read_input_tokens_metric_total"
	series := func(name, value string) string {
		return "# TYPE " + name + " counter\n" + name + `{hashed_api_key="hash-a",model_id="m1"} ` + value + "\n"
	}
	for name, c := range map[string]struct {
		more string
		want fleet.Maybe[float64]
	}{
		"an older version":          {"", fleet.None[float64]()},
		"none yet":                  {"# TYPE " + own + " counter\n", fleet.Some(0.0)},
		"some":                      {series(own, "30"), fleet.Some(30.0)},
		"the other family":          {series(other, "40"), fleet.Some(40.0)},
		"both, which are the same":  {series(own, "30") + series(other, "30"), fleet.Some(30.0)},
		"the cache of the gateway":  {series("litellm_cached_tokens_metric_total", "99"), fleet.None[float64]()},
		"written, not told as read": {series("litellm_input_cache_creation_tokens_metric_total", "5"), fleet.None[float64]()},
	} {
		d := fleet.DeploymentReading{ID: "m1"}
		parsed(t, usagePage+c.more).fill(&d)
		if d.CacheRead != c.want || d.InTokens != fleet.Some(150.0) {
			t.Errorf("%s: %v of %v, want %v", name, d.CacheRead, d.InTokens, c.want)
		}
	}
}
