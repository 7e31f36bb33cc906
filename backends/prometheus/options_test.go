package prometheus

import (
	"net/http"
	"strings"
	"testing"

	"pitwall/fleet"
)

func TestTenantsHeadersAndParameters(t *testing.T) {
	for name, c := range map[string]struct {
		options map[string]string
		header  string
		value   string
		params  map[string]string
	}{
		"mimir":           {map[string]string{"flavour": "mimir", "tenant": "a|b"}, "X-Scope-OrgID", "a|b", nil},
		"thanos":          {map[string]string{"flavour": "thanos", "tenant": "t", "param.dedup": "true", "param.partial_response": "false"}, "THANOS-TENANT", "t", map[string]string{"dedup": "true", "partial_response": "false"}},
		"victoriametrics": {map[string]string{"flavour": "victoriametrics", "tenant": "7", "param.extra_label": "a=b", "param.nocache": "1"}, "AccountID", "7", map[string]string{"extra_label": "a=b", "nocache": "1"}},
		"own header":      {map[string]string{"header.X-Team": "serving"}, "X-Team", "serving", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(vectorOf(saysOf("a:1", "m", "7"))))
			if _, err := read(t, open(t, fleet.SourceSpec{URL: s.URL + "/select/7/prometheus/", Options: c.options}, toys("a:1"))); err != nil {
				t.Fatal(err)
			}
			if got := s.headers[0].Get(c.header); got != c.value {
				t.Errorf("%s is %q, want %q", c.header, got, c.value)
			}
			for k, v := range c.params {
				if got := s.queries[0].Get(k); got != v {
					t.Errorf("%s is %q, want %q", k, got, v)
				}
			}
		})
	}
	for name, o := range map[string]map[string]string{"flavour": {"flavour": "influx"}, "window": {"window": "30s"},
		"no window": {"window": "soon"}} {
		if _, err := newReader(fleet.SourceSpec{ID: "s", URL: "http://h", Options: o}, fleet.Deps{}); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongQueriesTravelAsForms(t *testing.T) {
	s := serve(t, always(vectorOf(saysOf("a:1", "m", "7"))))
	long := strings.Repeat("x", 2000)
	if _, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1", long))); err != nil {
		t.Fatal(err)
	}
	if s.methods[0] != http.MethodPost || !strings.Contains(s.queries[0].Get("query"), long) || s.queries[0].Get("timeout") == "" {
		t.Errorf("%s, %d bytes", s.methods[0], len(s.queries[0].Get("query")))
	}
}

// Trap 18: warnings come with an answer, and are no error.
func TestTrap18PartialDataIsSaid(t *testing.T) {
	result := `"data":{"resultType":"vector","result":[` + saysOf("a:1", "m", "7") + `]}`
	for name, c := range map[string]struct{ body, notice, lacks string }{
		"on top":         {`{"status":"success","isPartial":true,` + result + `}`, "partial data", "partial data"},
		"thanos warning": {`{"status":"success","warnings":["store 10.1.1.1:10901: \u001b[2Jconnection refused"],` + result + `}`, "connection refused", "partial data"},
		"engine warning": {`{"status":"success","warnings":["PromQL warning: bucket label le is missing"],` + result + `}`, "bucket label", ""},
		"info":           {`{"status":"success","infos":["PromQL info: metric might not be a counter"],` + result + `}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(c.body))
			p, err := read(t, open(t, fleet.SourceSpec{URL: s.URL}, toys("a:1")))
			if err != nil || p.Parts[0].Err != nil {
				t.Fatal(err, p.Parts)
			}
			var said []string
			for _, n := range p.Notices {
				said = append(said, n.Text.String())
			}
			text := strings.Join(said, "; ")
			if !strings.Contains(text, c.notice) || c.notice == "" && text != "" {
				t.Errorf("notices are %q, want %q", text, c.notice)
			}
			if got := p.Incomplete.String(); !strings.HasPrefix(got, c.lacks) || c.lacks == "" && got != "" {
				t.Errorf("the source is marked %q, want %q", got, c.lacks)
			}
		})
	}
}

func TestMatchers(t *testing.T) {
	for text, want := range map[string]string{
		`pod=~"x-.*", namespace!="a"`: `pod=~"x-.*",namespace!="a"`,
		`a='b'`:                       "",
		`{a="b"}`:                     "",
		`a="b"} or up{x="y"`:          "",
		`a="b" c="d"`:                 "",
		`a=b`:                         "",
		``:                            "",
		`a="q\"uote",`:                `a="q\"uote"`,
	} {
		list, err := parseMatchers(text)
		if got := write(list); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%s is read as %s (%v), want %q", text, got, err, want)
		}
	}
}
