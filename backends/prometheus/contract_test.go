package prometheus

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const jsonType = "application/json"

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: jsonType, Body: body} }
	good := vectorOf(saysOf("a:1", "m", "7"), saysOf("b:1", "m", "8"))
	contract.Run(t, contract.Case{
		New: func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
			r, err := newReader(spec, withToy(deps))
			if err == nil {
				r.(fleet.Store).Serve(toys("a:1", "b:1"), nil)
			}
			return r, err
		},
		Path: "/prometheus", Main: "/prometheus/api/v1/query",
		Pages:     map[string]contract.Page{"/prometheus/api/v1/query": page(good)},
		Judge:     func(t testing.TB, p fleet.Partial) { judgeToys(t, p) },
		WrongType: page(vectorOf(`{"metric":{"__name__":"toy_running","instance":"a:1"},"value":[1795338012,7]}`)),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			t.Errorf("a number that is no string was taken: %+v", p)
		},
		Hostile: func(text string) map[string]contract.Page {
			quoted, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			return map[string]contract.Page{"/prometheus/api/v1/query": page(fmt.Sprintf(
				`{"status":"success","warnings":[%[1]s],"infos":[%[1]s],"data":{"resultType":"vector","result":[%[2]s,`+
					`{"metric":{"__name__":"toy_running","instance":"a:1","model":%[1]s,%[1]s:%[1]s},"value":[1,%[1]s]}]}}`,
				quoted, saysOf("b:1", "m", "8")))}
		},
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString(`{"status":"success","data":{"resultType":"vector","result":[`)
			for i := range n {
				fmt.Fprintf(&b, `{"metric":{"__name__":"toy_running","instance":"a:1","model":"m%d"},"value":[1,"1"]},`, i)
			}
			b.WriteString(saysOf("b:1", "m", "8") + `]}}`)
			return page(b.String())
		},
	})
}

func judgeToys(t testing.TB, p fleet.Partial) {
	t.Helper()
	if len(p.Parts) != 2 {
		t.Fatalf("%d parts, want 2", len(p.Parts))
	}
	for i, want := range []fleet.Count{7, 8} {
		part := p.Parts[i]
		if part.Err != nil || len(part.Reading.Engines) != 1 || part.Reading.Engines[0].Running != fleet.Some(want) {
			t.Errorf("%s: %+v, %v; want %v running", part.Source, part.Reading.Engines, part.Err, want)
		}
		if !part.Reading.At.Equal(unixTime(scrapedAt)) {
			t.Errorf("%s: sampled at %v, want the time of its scrape", part.Source, part.Reading.At)
		}
	}
}
