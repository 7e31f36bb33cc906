package economics

import (
	"strings"
	"testing"
	"time"

	"pitwall/fleet"
)

const secondList = `[{"id": "openai", "models": [
	{"id": "gpt-4o", "match": {"or": [{"equals": "gpt-4o"}, {"and": [{"starts_with": "gpt-4o-"}, {"ends_with": "-08-06"}]}]},
	 "prices": {"input_mtok": {"base": 3, "tiers": [{"start": 1, "price": 9}]}, "output_mtok": 10.4, "cache_read_mtok": 1.25}},
	{"id": "gpt-5", "match": {"regex": "^gpt-5$"}, "prices": [{"prices": {"input_mtok": 1.25}},
	 {"constraint": {"start_date": "2026-09-01"}, "prices": {"input_mtok": 9}}, {"constraint": {"start_time": "16:00"}, "prices": {"input_mtok": 5}}]}]},
	{"id": "aws", "models": [{"id": "sonnet", "match": {"contains": "claude-sonnet-4-6"}, "prices": {"output_mtok": 15}}]}]`

func TestASecondListIsComparedAndPricesNothing(t *testing.T) {
	o, err := ReadOpinion(File{Name: "second.json", Body: []byte(secondList)})
	if err != nil {
		t.Fatal(err)
	}
	c := embedded(t)
	all := func(day string) string {
		on, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, d := range c.Compare(o, on) {
			if s := d.Text().String(); fleet.IsClean(s) && len(s) < 250 {
				lines = append(lines, s)
			}
		}
		return strings.Join(lines, "\n")
	}
	early, late := all("2026-08-31"), all("2026-09-01")
	for _, want := range []string{"openai gpt-4o: uncached_in 2.5, but 3 in second.json", "openai gpt-4o-2024-08-06: uncached_in 2.5, but 3 in",
		"bedrock us.anthropic.claude-sonnet-4-6: out 16.5, but 15 in"} {
		if !strings.Contains(early, want) {
			t.Errorf("no difference %q in:\n%s", want, early)
		}
	}
	for _, not := range []string{": out 10, but", "cache_read", "gpt-5:", "bedrock anthropic.claude-sonnet-4-6: out"} {
		if strings.Contains(early, not) {
			t.Errorf("a difference %q in:\n%s", not, early)
		}
	}
	if !strings.Contains(late, "openai gpt-5: uncached_in 1.25, but 9 in") {
		t.Errorf("the price from September does not count in it:\n%s", late)
	}
	if p, _ := c.Price("openai", "gpt-4o"); p.Input.Float() != 2.5 {
		t.Error("the second list changed a price")
	}
	deep := strings.Repeat(`{"or": [`, 20) + strings.Repeat(`]}`, 20)
	for _, bad := range []string{"", "{}", "[]", `[{"id": "x", "models": [{"match": {"regex": "("}}]}]`, `[{"models": [{"match": ` + deep + `}]}]`} {
		if _, err := ReadOpinion(File{Body: []byte(bad)}); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTheRecordedSecondListIsRead(t *testing.T) {
	o, err := ReadOpinion(File{Name: "slim", Body: recorded(t, "genai_prices_slim_2026-08-21.json")})
	if err != nil {
		t.Fatal(err)
	}
	c := embedded(t)
	compared := 0
	for key := range c.sheets {
		if o.find(key) != nil {
			compared++
		}
	}
	list := c.Compare(o, time.Date(2026, 8, 21, 0, 0, 0, 0, time.UTC))
	if compared < 300 || len(list) == 0 || len(list) > compared {
		t.Errorf("%d models are in both lists, %d prices differ", compared, len(list))
	}
	t.Logf("%d models are in both lists, %d prices differ", compared, len(list))
}

func FuzzReadOpinion(f *testing.F) {
	f.Add([]byte(secondList))
	c, err := Embedded()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := ReadOpinion(File{Name: "x", Body: body})
		if err != nil {
			return
		}
		for _, d := range c.Compare(o, time.Time{}) {
			if !fleet.IsClean(d.Text().String()) {
				t.Fatalf("%q", d.Text())
			}
		}
	})
}
