package prometheus

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pitwall/fleet"
)

// rows decodes a body and copies what a test looks at.
func rows(t *testing.T, body string) (envelope, []string, error) {
	t.Helper()
	var out []string
	e, err := decode([]byte(body), maxSeries, func(r *row) error {
		text := string(r.get("__name__"))
		for _, p := range r.points {
			text += " " + string(p.raw) + "@" + p.at.Format("15:04:05.000")
		}
		if r.native != nil {
			text += " n=" + string(r.native.count)
		}
		out = append(out, text)
		return nil
	})
	return e, out, err
}

func TestAnswers(t *testing.T) {
	const at = `1795338012.781`
	vector := `{"resultType":"vector","result":[{"metric":{"__name__":"a"},"value":[` + at + `,"NaN"]},` +
		`{"value":[` + at + `,"+Inf"],"metric":{"__name__":"b\u0041"}}]}`
	for name, c := range map[string]struct {
		body string
		want string
		test func(e envelope) bool
	}{
		"vector":            {`{"status":"success","data":` + vector + `}`, "a NaN@09:00:12.781; bA +Inf@09:00:12.781", nil},
		"data first":        {`{"data":` + vector + `,"status":"success"}`, "a NaN@09:00:12.781; bA +Inf@09:00:12.781", nil},
		"warnings":          {`{"status":"success","warnings":["w"],"infos":["i"],"data":` + vector + `}`, "", func(e envelope) bool { return len(e.warnings) == 1 && len(e.infos) == 1 }},
		"null warnings":     {`{"status":"success","warnings":null,"data":` + vector + `}`, "", func(e envelope) bool { return len(e.warnings) == 0 }},
		"partial on top":    {`{"status":"success","isPartial":true,"data":` + vector + `}`, "", func(e envelope) bool { return e.partial }},
		"partial in data":   {`{"status":"success","data":{"resultType":"vector","result":[],"isPartial":true}}`, "", func(e envelope) bool { return e.partial }},
		"not partial":       {`{"status":"success","isPartial":false,"data":` + vector + `}`, "", func(e envelope) bool { return !e.partial }},
		"matrix":            {`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"a"},"values":[[1795338000,"1"],[1795338015,"2"]]}]}}`, "a 1@09:00:00.000 2@09:00:15.000", nil},
		"scalar":            {`{"status":"success","data":{"resultType":"scalar","result":[1795338000,"1"]}}`, "", nil},
		"string":            {`{"status":"success","data":{"resultType":"string","result":[1795338000,"text"]}}`, "", nil},
		"empty vector":      {`{"status":"success","data":{"resultType":"vector","result":[]}}`, "", nil},
		"native histogram":  {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"h"},"histogram":[1795338000,{"count":"5","sum":"1.5","buckets":[[0,"0","0.1","2"],[0,"0.1","0.5","3"]]}]}]}}`, "h @09:00:00.000 n=5", nil},
		"stats beside it":   {`{"status":"success","data":{"resultType":"vector","result":[],"stats":{"timings":{"evalTotalTime":0.1}}}}`, "", nil},
		"blanks everywhere": {" {\n\t\"status\" : \"success\" , \"data\" : { \"result\" : [ ] } }\r\n", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, got, err := rows(t, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if c.want != "" && strings.Join(got, "; ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), c.want)
			}
			if c.test != nil && !c.test(e) {
				t.Errorf("the envelope is %+v", e)
			}
		})
	}
}

func TestBrokenAnswersAreRefused(t *testing.T) {
	good := vectorOf(saysOf("a:1", "m", "7"))
	bodies := map[string]string{
		"nothing": "", "html": "<html><body>login</body></html>", "text": "404 page not found", "null": "null", "array": "[]",
		"no status": `{"data":{"resultType":"vector","result":[]}}`, "no data": `{"status":"success"}`,
		"trailing":        good + "{}",
		"number":          `{"status":"success","data":{"result":[{"metric":{},"value":[1,2]}]}}`,
		"three values":    `{"status":"success","data":{"result":[{"metric":{},"value":[1,"2","3"]}]}}`,
		"one value":       `{"status":"success","data":{"result":[{"metric":{},"value":[1]}]}}`,
		"time is text":    `{"status":"success","data":{"result":[{"metric":{},"value":["x","2"]}]}}`,
		"label a number":  `{"status":"success","data":{"result":[{"metric":{"a":1},"value":[1,"2"]}]}}`,
		"raw line break":  "{\"status\":\"success\",\"data\":{\"result\":[{\"metric\":{\"a\":\"x\ny\"},\"value\":[1,\"2\"]}]}}",
		"nested too deep": `{"status":"success","data":{"result":[]},"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		"bad escape":      `{"status":"success","data":{"result":[{"metric":{"a":"\q"},"value":[1,"2"]}]}}`,
	}
	for n := range good {
		if n > 0 {
			bodies["cut after "+good[:n]] = good[:n]
		}
	}
	for name, body := range bodies {
		if _, _, err := rows(t, body); err == nil {
			t.Errorf("%s: it was taken for an answer", name[:min(len(name), 200)])
		}
	}
}

func TestErrorsByType(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fleet.Kind
		says   string
	}{
		{400, `{"status":"error","errorType":"bad_data","error":"parse error: unexpected"}`, fleet.KindInvalid, "parse error"},
		{422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples"}`, fleet.KindInvalid, "too many samples"},
		{503, `{"status":"error","errorType":"timeout","error":"query timed out"}`, fleet.KindTimeout, "timed out"},
		{503, `{"status":"error","errorType":"unavailable","error":"no store"}`, fleet.KindServer, "no store"},
		{500, `{"status":"error","errorType":"internal","error":"expanding series"}`, fleet.KindServer, "expanding"},
		{200, `{"status":"error","errorType":"not_found","error":"gone"}`, fleet.KindNotFound, "gone"},
		{503, `upstream connect error`, fleet.KindServer, "503"},
		{404, `404 page not found`, fleet.KindNotFound, "404"},
		{401, `{"status":"error","error":"no org id"}`, fleet.KindAuth, "credential"},
		{429, `too many outstanding requests`, fleet.KindRateLimited, "429"},
	} {
		s := serve(t, func(string) (int, string) { return c.status, c.body })
		_, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
		if fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%d %s: %v, want %s with %q", c.status, c.body, err, c.kind, c.says)
		}
	}
}

func TestTooManySeriesAreRefusedWithAdvice(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"status":"success","data":{"resultType":"vector","result":[`)
	for range maxSeries + 1 {
		b.WriteString(`{"metric":{"instance":"a:1"},"value":[1,"1"]},`)
	}
	b.WriteString(`{"metric":{},"value":[1,"1"]}]}}`)
	s := serve(t, always(b.String()))
	_, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "declare the pool with a selector") {
		t.Errorf("got %v", err)
	}
}

func TestHistogramsOfSeveralVersions(t *testing.T) {
	b := buckets{}
	for _, x := range []struct {
		le string
		v  float64
	}{{"1.0", 10}, {"1", 5}, {"2.5", 12}, {"+Inf", 20}, {"0.5", math.NaN()}} {
		b.take(&row{labels: []label{{[]byte("le"), []byte(x.le)}}}, x.v, 1)
	}
	h := b.histogram()
	if len(h.Bounds) != 3 || h.Counts[0] != 15 || h.Counts[1] != 15 || h.Counts[2] != 20 {
		t.Errorf("bounds %v counts %v; want 1, 2.5 and +Inf with 15, 15 and 20", h.Bounds, h.Counts)
	}
	if !(buckets{1: 2}).histogram().IsZero() {
		t.Error("a histogram without its last bound was taken")
	}
}

// TestMoreSeriesThanAPageMayHave: a selector that is too wide answers with hundreds of thousands of series. Nothing of that
// is used, and the error says what to do instead, whether their number or their size ends it.
func TestMoreSeriesThanAPageMayHave(t *testing.T) {
	for name, filler := range map[string]string{"many": "", "large": strings.Repeat("x", 200)} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for i := range maxSeries + 1 {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"metric":{"__name__":"toy_running","instance":"a:1","model":"m%d","l":%q},"value":[1795338012,"1"]}`, i, filler)
			}
			s := serve(t, always(vectorOf(b.String())))
			r := open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1"))
			p, err := read(t, r)
			if err == nil || len(p.Parts) != 0 {
				t.Fatalf("it was taken: %v %d parts", err, len(p.Parts))
			}
			if text := fleet.Sentence(err).String(); fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(text, "name fewer replicas") {
				t.Errorf("it says %q (%s)", text, fleet.KindOf(err))
			}
		})
	}
}

// TestATooLargeAnswerIsAskedForInParts: pages of some exporters are so large that those of a few dozen targets fit no answer.
func TestATooLargeAnswerIsAskedForInParts(t *testing.T) {
	filler := strings.Repeat("x", 3<<20)
	var names []string
	for i := range 16 {
		names = append(names, fmt.Sprintf("a%d:1", i))
	}
	s := serve(t, func(query string) (int, string) {
		var list []string
		for _, n := range names {
			if strings.Contains(query, n) {
				list = append(list, saysOf(n, "m", "7"), one("1", "__name__", "toy_big", "instance", n, "l", filler))
			}
		}
		return 200, vectorOf(list...)
	})
	r := open(t, fleet.SourceSpec{URL: s.URL}, toys(names...))
	if _, err := read(t, r); err == nil || !strings.Contains(err.Error(), "32 MiB") {
		t.Fatalf("48 MiB in one answer: %v", err)
	}
	p, err := read(t, r)
	if err != nil || len(p.Parts) != 16 {
		t.Fatalf("%v, %d parts", err, len(p.Parts))
	}
	for _, part := range p.Parts {
		if part.Err != nil {
			t.Errorf("%s: %v", part.Source, part.Err)
		}
	}
}
