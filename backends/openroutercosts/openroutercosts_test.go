package openroutercosts

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"pitwall/backends/internal/billrig"
	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

const prefix = "/api/v1"

var noon = billrig.Noon(22)

func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestContract(t *testing.T) {
	page := func(body string) contract.Page { return contract.Page{Type: "application/json", Body: body} }
	key := page(fixture(t, "key.json"))
	contract.Run(t, contract.Case{
		New: newReader, Main: prefix + "/activity",
		Pages: map[string]contract.Page{prefix + "/key": key, prefix + "/activity": page(fixture(t, "activity.json")),
			prefix + "/credits": page(`{"data":{"total_credits":100.5,"total_usage":125.75}}`)},
		Judge: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			b := p.Bill
			if b == nil || len(b.Lines) != 7 || len(b.Limits) != 1 || len(p.Notices) != 0 {
				t.Fatalf("%+v, %s", b, billrig.Said(p))
			}
			if l := b.Lines[0]; l.Cost.V.Amount().String() != "3.75" || l.Model != "openai/gpt-5" || l.Item.String() != "OpenAI" || l.Project != "ws_1" {
				t.Errorf("%+v", l)
			}
			if !b.Watermark.Equal(fleet.Day(contract.Start()).From) || len(b.Covers) != 1 || b.Covers[0].Length() != 30*24*time.Hour || b.Balance.V.Amount().String() != "-25.25" {
				t.Errorf("%v %v %v", b.Watermark, b.Covers, b.Balance)
			}
			if l := b.Limits[0]; l.Max.V.Amount().String() != "100" || l.Spent.V.Amount().String() != "25.5" || !l.Hard || l.Reset.V.Month() != time.December {
				t.Errorf("%+v", l)
			}
		},
		WrongType: page(`{"data":[{"date":"2026-11-21","model":"m","usage":"3.75"}]}`),
		JudgeWrong: func(t testing.TB, p fleet.Partial) {
			t.Helper()
			if l := p.Bill.Lines; len(l) != 1 || l[0].Cost.OK {
				t.Errorf("money was made of a text: %+v", l)
			}
		},
		Hostile: func(text string) map[string]contract.Page {
			q, _ := json.Marshal(text)
			return map[string]contract.Page{prefix + "/key": key, prefix + "/activity": page(fmt.Sprintf(
				`{"data":[{"date":"2026-11-21","model":%[1]s,"provider_name":%[1]s,"workspace_id":%[1]s,"usage":1,"byok_usage_inference":1},{"date":%[1]s}]}`, q))}
		},
		Series: func(n int) contract.Page {
			return page(`{"data":[` + strings.TrimSuffix(strings.Repeat(`{"date":"2026-11-21","usage":1},`, n), ",") + "]}")
		},
	})
}

func account(t testing.TB, answers map[string]string) *billrig.Rig {
	return billrig.Serve(t, func(path string, _ url.Values) (int, string) { return 0, answers[strings.TrimPrefix(path, prefix)] })
}

func (s *settings) open(t testing.TB) fleet.Reader {
	return s.Open(t, Connector(), fleet.NewVirtualClock(noon), func(spec *fleet.SourceSpec, _ *fleet.Deps) { spec.URL = s.URL + prefix })
}

type settings struct{ *billrig.Rig }

func TestAnOrdinaryKeyOnlyTellsOfItself(t *testing.T) {
	for body, want := range map[string]struct{ spent, max string }{
		`{"data":{"limit":null,"limit_remaining":null,"limit_reset":null,"usage_monthly":25.5,"is_management_key":false}}`: {"25.5", ""},
		`{"data":{"limit":10,"limit_remaining":-0.5,"limit_reset":"daily","usage_monthly":25.5}}`:                          {"10.5", "10"},
		`{"data":{"limit":10,"limit_remaining":12,"limit_reset":"daily","usage_monthly":25.5}}`:                            {"", ""},
		`{"data":{"limit":"10","usage_monthly":"25.5"}}`:                                                                   {"", ""},
	} {
		s := settings{account(t, map[string]string{"/key": body})}
		p := billrig.Read(t, s.open(t))
		if !strings.Contains(billrig.Said(p), "management key") || len(s.Asked("")) != 1 || len(p.Bill.Streams) != 0 || len(p.Bill.Covers) != 0 || p.Bill.Balance.OK {
			t.Errorf("%s: %+v", body, p.Bill)
		}
		if (want.spent != "") != (len(p.Bill.Limits) == 1) {
			t.Errorf("%s: %+v", body, p.Bill.Limits)
			continue
		}
		if want.spent != "" && (p.Bill.Limits[0].Spent.V.Amount().String() != want.spent || p.Bill.Limits[0].Max.OK != (want.max != "")) {
			t.Errorf("%s: %+v", body, p.Bill.Limits)
		}
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	key := fixture(t, "key.json")
	for name, x := range map[string]struct {
		answers map[string]string
		kind    fleet.Kind
		says    string
	}{
		"a refusal inside":   {map[string]string{"/key": `{"error":{"code":401,"message":"canary"}}`}, fleet.KindInvalid, "200 with an error inside"},
		"an error beside":    {map[string]string{"/key": key, "/activity": `{"data":[],"error":{"code":500}}`}, fleet.KindInvalid, "200 with an error inside"},
		"no activity":        {map[string]string{"/key": key, "/activity": `{"error":{"code":403}}`}, fleet.KindInvalid, "200 with an error inside"},
		"credit is no money": {map[string]string{"/key": key, "/activity": `{"data":[]}`, "/credits": `{"data":{"total_credits":"5","total_usage":1}}`}, "", "credit is no number"},
		"no credit":          {map[string]string{"/key": key, "/activity": `{"data":[]}`}, "", "the credit that is left"},
		"a day to come":      {map[string]string{"/key": key, "/activity": `{"data":[{"date":"2026-11-22","usage":1}]}`}, "", "no completed day"},
	} {
		p, err := (&settings{account(t, x.answers)}).open(t).Read(t.Context())
		if said := billrig.Said(p) + fmt.Sprint(err); fleet.KindOf(err) != x.kind || !strings.Contains(said, x.says) || strings.Contains(said, "canary") {
			t.Errorf("%s: %s", name, said)
		}
		if err == nil && (len(p.Bill.Lines) != 0 || !p.Bill.Watermark.IsZero()) {
			t.Errorf("%s: %+v", name, p.Bill)
		}
	}
}

func TestNothingOfTheKeyIsKept(t *testing.T) {
	s := settings{account(t, map[string]string{"/key": fixture(t, "key.json"), "/activity": fixture(t, "activity.json")})}
	p := billrig.Read(t, s.open(t))
	if text, err := json.Marshal(p); err != nil || strings.Contains(fmt.Sprintf("%+v %s", p, text), "canary") {
		t.Errorf("%s, %v", text, err)
	}
	billrig.Sane(t, p.Bill.Lines, p.Notices)
}

func TestCallsFitTheDescription(t *testing.T) {
	text := billrig.Shared(t, "billing/openrouter_credits_usage.openapi.yaml")
	s := settings{account(t, map[string]string{"/key": fixture(t, "key.json"), "/activity": fixture(t, "activity.json"), "/credits": `{"data":{"total_credits":100.5,"total_usage":25.75}}`})}
	billrig.Read(t, s.open(t))
	if checked := s.Fits(t, text, prefix); len(checked) != 3 {
		t.Errorf("checked %v", checked)
	}
}

// Whatever a row holds: no crash, no use below zero, and nothing unclean is said.
func FuzzRows(f *testing.F) {
	f.Add([]byte(`{"date":"2026-11-21","usage":-1,"byok_usage_inference":2,"requests":-3,"prompt_tokens":"4","completion_tokens":1e400,"provider_name":"\u001b[2J"}`))
	f.Add([]byte(`{"limit":5,"limit_remaining":-1e14,"limit_reset":"weekly","usage_monthly":3}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		odd := &bills.Odd{}
		var x row
		if json.Unmarshal(body, &x) == nil {
			billrig.Sane(t, x.lines(fleet.Day(noon), odd), odd.Notices())
		}
		var k key
		if json.Unmarshal(body, &k) == nil {
			if l := k.limit(noon, noon, odd); l.Spent.OK && l.Max.OK && l.Spent.V.Amount().IsNegative() || l.Reset.OK && !l.Reset.V.After(noon) {
				t.Errorf("%+v", l)
			}
		}
	})
}
