package tcopage_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"pitwall/economics"
	"pitwall/economics/tco"
	"pitwall/fleet"
	"pitwall/views/plain"
	"pitwall/views/tcopage"
)

// hostile is a name that means something to a browser, to Markdown, to a spreadsheet and to a terminal.
const hostile = `=cmd|"</title><script src=//evil.example/x.js>alert(1)</script>` + "\x1b[2J" + `[x](http://evil.example)|*b*'&<img src=http://evil.example/y onerror=z>`

func answer(t *testing.T, name string, change map[tco.Key]float64) tco.Answer {
	t.Helper()
	list, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	c := tco.New(name, list)
	c.Model, c.API.Model = name, name
	c.Facts = tco.Facts{Residency: fleet.Some([]string{name}), MustOwn: fleet.Some(.1), Special: fleet.Some([]string{name}), Frontier: fleet.Some(.2),
		From: fleet.Quote(name)}
	for key, v := range change {
		if err := c.Put(key, v, tco.Edited, fleet.Quote(name), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	return tco.Solve(&c, 36)
}

var big = map[tco.Key]float64{"volume": 900, "growth": 40}

// elements reads a page strictly as XML and counts its elements, with what each attribute holds.
func elements(t *testing.T, page string) (count map[string]int, attrs []xml.Attr) {
	t.Helper()
	count = map[string]int{}
	d := xml.NewDecoder(strings.NewReader(page))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return count, attrs
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			count[e.Name.Local]++
			attrs = append(attrs, e.Attr...)
		}
	}
}

func TestThePageIsWellFormedAndRefersToNothingOutside(t *testing.T) {
	for _, name := range []string{"chat", hostile} {
		a := answer(t, name, big)
		page := tcopage.HTML(tcopage.Layout(&a))
		count, attrs := elements(t, page)
		if count["svg"] != 4 || count["table"] != 7 || count["polyline"] != 7 || count["h1"] != 1 || count["rect"] < 20 {
			t.Errorf("elements: %v", count)
		}
		for _, banned := range []string{"script", "img", "link", "iframe", "object", "embed", "a", "image", "use", "base", "form", "foreignObject"} {
			if count[banned] > 0 {
				t.Errorf("the page of %q has %d elements %s", name, count[banned], banned)
			}
		}
		for _, at := range attrs {
			switch n := strings.ToLower(at.Name.Local); {
			case n == "src", n == "href", n == "style", n == "srcset", n == "action", strings.HasPrefix(n, "on"):
				t.Errorf("an attribute %s=%q", n, at.Value)
			case n == "points" && strings.ContainsAny(at.Value, "NI"): // NaN, Inf
				t.Errorf("a curve is no curve: %q", at.Value)
			}
		}
		style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page)
		if style == nil || regexp.MustCompile(`(?i)url\(|@import|//`).MatchString(style[1]) {
			t.Error("the style refers to something outside")
		}
		if !strings.Contains(page, `content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"`) {
			t.Error("no policy forbids requests")
		}
	}
}

func TestEveryFormatSaysTheSame(t *testing.T) {
	a := answer(t, "chat", big)
	d := tcopage.Layout(&a)
	text, md, page := plain.TCO(d), tcopage.Markdown(d), tcopage.HTML(d)
	for _, f := range d.Lead {
		if !strings.Contains(text, f.Text.String()) || f.Text.IsEmpty() {
			t.Errorf("the text lacks %q", f.Text)
		}
	}
	for _, s := range d.Sections {
		for _, row := range s.Rows {
			if len(row) != len(s.Columns) {
				t.Fatalf("%s: %d cells in %d columns", s.ID, len(row), len(s.Columns))
			}
		}
		if !strings.Contains(text, strings.ToUpper(s.Title.String())) || !strings.Contains(md, "## "+s.Title.String()) || !strings.Contains(page, `id="`+s.ID+`"`) {
			t.Errorf("%s is missing in a format", s.ID)
		}
	}
	if b := d.Brief(); len(b.Sections) != 2 || len(plain.TCO(b)) > len(text)/2 {
		t.Errorf("the brief form has %d sections", len(b.Sections))
	}
	rows := list(t, &a)
	for _, e := range a.Inputs {
		if !strings.Contains(text, string(e.Key)) || !hasCell(rows, 1, string(e.Key)) {
			t.Errorf("the input %s is missing", e.Key)
		}
	}
}

func list(t *testing.T, a *tco.Answer) [][]string {
	t.Helper()
	body, err := tcopage.CSV(a)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func hasCell(rows [][]string, column int, text string) bool {
	for _, r := range rows {
		if r[column] == text {
			return true
		}
	}
	return false
}

func TestHostileNamesStayText(t *testing.T) {
	a := answer(t, hostile, big)
	d := tcopage.Layout(&a)
	for format, body := range map[string]string{"text": plain.TCO(d), "markdown": tcopage.Markdown(d), "html": tcopage.HTML(d)} {
		for line := range strings.Lines(body) {
			if !fleet.IsClean(strings.TrimSuffix(line, "\n")) && len(line) < fleet.MaxLabelBytes {
				t.Errorf("%s holds a control character: %q", format, line)
			}
		}
	}
	md := tcopage.Markdown(d)
	if strings.Contains(md, "<script") || strings.Contains(md, "[x](") || strings.Contains(md, "*b*'") {
		t.Error("Markdown holds markup of a name")
	}
	for line := range strings.Lines(md) {
		if strings.HasPrefix(line, "| llama") && strings.Count(line, " | ") > 8 {
			t.Errorf("a name made cells of its own: %q", line)
		}
	}
	for _, r := range list(t, &a) {
		for _, c := range r {
			if strings.HasPrefix(c, "=") || strings.HasPrefix(c, "@") {
				t.Errorf("a spreadsheet takes %q for a formula", c)
			}
		}
	}
}

func TestWordsOfTheVerdict(t *testing.T) {
	lead := func(change map[tco.Key]float64) string {
		a := answer(t, "chat", change)
		var b strings.Builder
		for _, f := range tcopage.Layout(&a).Lead {
			b.WriteString(f.Name.String() + ": " + f.Text.String() + "\n")
		}
		return b.String()
	}
	for name, tc := range map[string]struct {
		change map[tco.Key]float64
		say    []string
	}{
		"API":   {map[tco.Key]float64{"volume": 20}, []string{"verdict: the API costs $", "but it may not take all here"}},
		"own":   {map[tco.Key]float64{"volume": 3000}, []string{"verdict: self-host costs $", "from month 1 on", "neither side may take all"}},
		"never": {map[tco.Key]float64{"price_in": 0.1, "price_out": 0.1}, []string{"crossover: never at today's prices; never over 36 months"}},
	} {
		text := lead(tc.change)
		for _, say := range tc.say {
			if !strings.Contains(text, say) {
				t.Errorf("%s: no %q in\n%s", name, say, text)
			}
		}
	}
}

func TestDollars(t *testing.T) {
	for v, want := range map[float64]string{0: "$0", 625: "$625", -625: "-$625", 18_750: "$18.8k", -2.5e6: "-$2.50M", 999.6: "$1.00k"} {
		if got := tcopage.Dollars(v).String(); got != want {
			t.Errorf("%v is drawn %s, want %s", v, got, want)
		}
	}
}
