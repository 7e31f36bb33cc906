package promtext

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pitwall/fleet"
)

const (
	famTokens = iota
	famRunning
	famTTFT
	famEither
)

func table() *Table {
	return NewTable(
		Family{"tokens_total", Counter}, Family{"running", Gauge}, Family{"ttft_seconds", Histogram},
		Family{"either", Gauge | Counter},
	)
}

func parse(t *testing.T, body string) *Page {
	t.Helper()
	var p Page
	if err := table().Parse([]byte(body), &p); err != nil {
		t.Fatalf("%v (%v)", err, errors.Unwrap(err))
	}
	return &p
}

// text writes a page's samples one a line.
func text(p *Page) string {
	var b strings.Builder
	for _, s := range p.Samples {
		fmt.Fprintf(&b, "%d/%d{%s} %v\n", s.Family, s.Part, s.Labels, s.Value)
	}
	return b.String()
}

func TestWantedSamples(t *testing.T) {
	p := parse(t, `# HELP tokens_total Anything # "{
# TYPE tokens_total counter
tokens_total{engine="0",model="m"} 3.57e+010
tokens_total{engine="1",model="m"} 7 1790000000000
# TYPE tokens_created gauge
tokens_created{engine="0"} 1.79e9

other{a="}"} -1.5e-3
odd +Inf 17
odd{b="c"} nan
odd 0x1p-2
 running 4
running_not 5
# TYPE ttft_seconds histogram
ttft_seconds_bucket{le="0.1"} 1
ttft_seconds_bucket{le="+Inf"} 2
ttft_seconds_sum 0.5
ttft_seconds_count 2
# EOF
`)
	want := `0/0{engine="0",model="m"} 3.57e+10
0/0{engine="1",model="m"} 7
1/0{} 4
2/1{le="0.1"} 1
2/1{le="+Inf"} 2
2/2{} 0.5
2/3{} 2
`
	if got := text(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if p.Series != 13 || len(p.Notices) != 0 {
		t.Errorf("%d series, notices %v", p.Series, p.Notices)
	}
	if !p.Declared(famTokens) || p.Declared(famRunning) || !p.Declared(famTTFT) {
		t.Error("declared families are not those of the page")
	}
}

func TestRefusedPages(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"empty":              {"", errEmpty},
		"blank":              {" \n\t\n", errEmpty},
		"html":               {"<html>\n", errNotText},
		"json":               {"{\"error\":1}\n", errNotText},
		"json array":         {"[]\n", errNotText},
		"cut in a number":    {"running 12", errCut},
		"cut in a label":     {"running{a=\"b", errCut},
		"too many":           {strings.Repeat("x 1\n", MaxSeries+1), errSeries},
		"no value":           {"running\n", nil},
		"no value, unwanted": {"x\n", nil},
		"text, unwanted":     {"Service Unavailable\n", nil},
		"lone returns":       {"running 1\rx 2\r\n", nil},
		"open label":         {"running{a=\"b} 1\n", nil},
		"line end in label":  {"running{a=\"b\nc\"} 1\n", nil},
		"value is a word":    {"x yes\n", nil},
		"three words":        {"x 1 2 3\n", nil},
		"bad UTF-8":          {"running{a=\"\xff\"} 1\n", nil},
		"exemplar":           {"ttft_seconds_bucket{le=\"1\"} 1 # {id=\"x\"} 1\n", nil},
		"bad type":           {"# TYPE running gouge\nrunning 1\n", nil},
		"NUL":                {"\x00\x01\n", nil},
	} {
		p := Page{}
		body := "running 1\n" + c.body
		if errors.Is(c.want, errEmpty) || errors.Is(c.want, errNotText) {
			body = c.body
		}
		err := table().Parse([]byte(body), &p)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
		if len(p.Samples) != 0 {
			t.Errorf("%s: half of a refused page was kept: %s", name, text(&p))
		}
		if e := Refused("src", err); err != nil && (e.Kind != fleet.KindInvalid || !fleet.IsClean(e.Error())) {
			t.Errorf("%s: %q", name, e.Error())
		}
	}
}

func TestAsManySeriesAsAllowed(t *testing.T) {
	p := parse(t, strings.Repeat("# a comment\nx{y=\"z\"} 1\n", MaxSeries-1)+"running 3\n")
	if p.Series != MaxSeries || text(p) != "1/0{} 3\n" {
		t.Errorf("%d series, %s", p.Series, text(p))
	}
}

func TestWrongTypesGiveANoticeAndNoNumber(t *testing.T) {
	for declared, fits := range map[string][4]bool{
		"counter":   {true, false, false, true},
		"gauge":     {false, true, false, true},
		"histogram": {false, false, true, false},
		"summary":   {false, false, false, false},
		"untyped":   {true, true, true, true},
	} {
		for family, name := range []string{"tokens_total", "running", "ttft_seconds", "either"} {
			sample := name
			if family == famTTFT {
				sample += "_bucket{le=\"+Inf\"}"
			}
			for _, page := range []string{
				fmt.Sprintf("# TYPE %s %s\n%s 5\n", name, declared, sample),
				fmt.Sprintf("%s 5\n# TYPE %s %s\n", sample, name, declared),
			} {
				p := parse(t, page)
				if (len(p.Samples) == 1) != fits[family] || (len(p.Notices) == 0) != fits[family] {
					t.Errorf("%s as %s: %s, notices %v", name, declared, text(p), p.Notices)
				}
			}
		}
	}
}

func TestTheLastOfTwoWins(t *testing.T) {
	p := parse(t, "running{a=\"1\"} 1\nrunning{a=\"2\"} 2\nrunning{a=\"1\"} 3\nrunning{a=\"1\"} 4\n")
	if got := text(p); got != "1/0{a=\"1\"} 4\n1/0{a=\"2\"} 2\n" {
		t.Errorf("%s", got)
	}
	if len(p.Notices) != 1 || !strings.HasPrefix(p.Notices[0].Text.String(), "2 series") {
		t.Errorf("notices %v", p.Notices)
	}
}

// Many series grow the table of hashes; each must still be found again.
func TestDuplicatesAmongMany(t *testing.T) {
	var b strings.Builder
	for round := range 2 {
		for i := range 5000 {
			fmt.Fprintf(&b, "running{n=\"%d\"} %d\n", i, round*10000+i)
		}
	}
	p := parse(t, b.String())
	if len(p.Samples) != 5000 || p.dupes != 5000 {
		t.Fatalf("%d samples, %d duplicates", len(p.Samples), p.dupes)
	}
	for i, s := range p.Samples {
		if s.Value != float64(10000+i) {
			t.Fatalf("series %d has %v", i, s.Value)
		}
	}
}

func TestNumbersThatAreNone(t *testing.T) {
	p := parse(t, "running NaN\nrunning{a=\"1\"} +Inf\nrunning{a=\"2\"} -5\ntokens_total -1\ntokens_total{a=\"1\"} -Inf\n"+
		"ttft_seconds_bucket{le=\"1\"} -1\nttft_seconds_count NaN\n")
	if got := text(p); got != "1/0{a=\"2\"} -5\n" {
		t.Errorf("kept\n%s", got)
	}
}

func TestAPageIsUsedAgain(t *testing.T) {
	var p Page
	tab := table()
	for _, body := range []string{
		"# TYPE running summary\nrunning 1\ntokens_total 5\ntokens_total 6\n", "bad", "running 2\n",
	} {
		_ = tab.Parse([]byte(body), &p)
	}
	if text(&p) != "1/0{} 2\n" || len(p.Notices) != 0 || p.Series != 1 || p.Declared(famTokens) {
		t.Errorf("%s, notices %v", text(&p), p.Notices)
	}
}

// Two pages that were joined repeat their comments, and some servers end their lines as Windows does: both say what
// they mean.
func TestRepeatedCommentsAndReturnsAreRead(t *testing.T) {
	const twice = "# HELP running Now.\n# TYPE running gauge\nrunning{w=\"0\"} 1\n# HELP running Now.\n# TYPE running gauge\nrunning{w=\"1\"} 2\n"
	for _, body := range []string{twice, strings.ReplaceAll(twice, "\n", "\r\n")} {
		p := parse(t, body)
		if got := text(p); got != "1/0{w=\"0\"} 1\n1/0{w=\"1\"} 2\n" || len(p.Notices) != 0 {
			t.Errorf("%q with notices %v", got, p.Notices)
		}
	}
}
