package economics

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

func laid(t *testing.T, files ...string) *Catalogue {
	t.Helper()
	var list []File
	for i, body := range files {
		list = append(list, File{Name: string(rune('a'+i)) + ".csv", Body: []byte(body), Written: time.Unix(1e9, 0)})
	}
	c, err := WithFiles(list)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func inputAt(t *testing.T, c *Catalogue, model string, terms Terms) string {
	t.Helper()
	p, _ := sheetOf(t, c, "openai", model).At(terms)
	if !p.OK {
		return ""
	}
	return p.V.Input.Amount().String()
}

// What a file says of a model's tokens replaces all that was known of their price: a list price of a batch beside a
// contract price would be a wrong ratio. What it does not speak of stands.
func TestTheLastLayerWins(t *testing.T) {
	c := laid(t, "# as of 2026-11-01\nkind,model,mode,input,output\nopenai,gpt-4o,chat,2,8\n",
		"kind,model,tier,above,input,output\nopenai,gpt-5.6,,,4,20\nopenai,gpt-5.6,batch,,2,10\nopenai,gpt-5.6,,100000,8,30\n"+
			"kind,model,unit,price\nopenai,sora-9,audio_minute,0.06\nopenai,gpt-4o,web_search,0.01\n")
	for _, x := range []struct {
		model string
		terms Terms
		want  string
	}{
		{"gpt-4o", Terms{}, "2"}, {"gpt-4o", Terms{Tier: "batch"}, ""}, {"gpt-5.6", Terms{Tier: "batch"}, "2"},
		{"gpt-5.6", Terms{Prompt: 272_001}, "8"}, {"gpt-5.6", Terms{Tier: "priority"}, ""}, {"gpt-5.6", Terms{Region: "eu"}, "4.4"},
		{"gpt-4.1", Terms{}, "2"},
	} {
		if got := inputAt(t, c, x.model, x.terms); got != x.want {
			t.Errorf("%s %+v: %q, want %q", x.model, x.terms, got, x.want)
		}
	}
	minute, _ := sheetOf(t, c, "openai", "sora-9").Cost(used(fleet.UseAudioSeconds, 90), Terms{})
	search, _ := sheetOf(t, c, "openai", "gpt-4o").Cost(used(fleet.UseToolCalls, 2), Terms{})
	if minute.Cost.V.Amount().String() != "0.09" || search.Cost.V.Amount().String() != "0.02" {
		t.Errorf("minutes %s, searches %s", minute.Cost.V.Amount(), search.Cost.V.Amount())
	}
	if n := c.MaxContext("openai", "gpt-4o"); n.V != 128_000 {
		t.Errorf("the context of gpt-4o is %v", n)
	}
	f := c.Files()
	if len(f) != 2 || f[0].Rows != 1 || f[1].Rows != 5 || len(f[0].SHA256) != 64 || f[0].Covers.From.Day() != 1 || f[0].Written.Unix() != 1e9 {
		t.Errorf("files: %+v", f)
	}
	again, err := Embedded()
	if err != nil || inputAt(t, again, "gpt-4o", Terms{}) != "2.5" {
		t.Error("a layer changed the embedded list")
	}
}

func TestDiscountsAndOwnPrices(t *testing.T) {
	c := embedded(t)
	spec := &fleet.ProviderSpec{Kind: "openai", Discounts: []fleet.Discount{{Factor: decimal.RequireFromString("0.9")},
		{Factor: decimal.RequireFromString("0.8"), Models: []fleet.ModelName{"gpt-4o", "sora-2"}}},
		Models: []fleet.ProviderModel{{Name: "gpt-5", Price: fleet.Some(fleet.Price{Input: usd(t, "1"), Output: usd(t, "9")})}}}
	for model, want := range map[fleet.ModelName]string{"gpt-4o": "2", "gpt-4.1": "1.8", "gpt-5": "1", "nothing": ""} {
		p, ok := spec.PriceOf(model, c.Price)
		s, listed := c.ListingOf(spec, model)
		if ok != (want != "") || listed != ok || ok && !p.Input.Amount().Equal(usd(t, want).Amount()) {
			t.Errorf("%s: %v %s, want %q", model, ok, p.Input.Amount(), want)
			continue
		}
		if q, _ := s.At(Terms{}); ok && (!q.V.Input.Amount().Equal(p.Input.Amount()) || q.V.Source != p.Source) {
			t.Errorf("%s: the sheet says %+v, the price %+v", model, q.V, p)
		}
	}
	video, ok := c.ListingOf(spec, "sora-2")
	if got, _ := video.Cost(used(fleet.UseVideoSeconds, 10), Terms{}); !ok || got.Cost.V.Amount().String() != "0.8" {
		t.Errorf("ten seconds less a fifth cost %s", got.Cost.V.Amount())
	}
	if dated, _ := c.ListingOf(spec, "gpt-4o-2024-05-13"); !dated.Rates[0].Price.Input.Amount().Equal(usd(t, "4").Amount()) {
		t.Errorf("a release of a model with a discount costs %s", dated.Rates[0].Price.Input.Amount())
	}
	batch, _ := c.ListingOf(spec, "gpt-4o")
	if p, _ := batch.At(Terms{Tier: "batch"}); !p.V.Input.Amount().Equal(usd(t, "1").Amount()) || !strings.Contains(p.V.Source, "0.8 by contract") {
		t.Errorf("a batch less a fifth: %+v", p.V)
	}
}

func TestAPriceMapIsASiteFile(t *testing.T) {
	c := laid(t, `{"sample_spec": {"input_cost_per_token": "no number"},
		"gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-6,
			"input_cost_per_token_batches": 1e-6, "output_cost_per_token_batches": 4e-6, "cache_read_input_token_cost": null},
		"openai/gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 7e-06, "output_cost_per_token": 8e-6},
		"free": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
		"dear": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5, "output_cost_per_token": 10}}`)
	if got := inputAt(t, c, "gpt-4o", Terms{}); got != "2" {
		t.Errorf("input %s, want that of the model's own name", got)
	}
	if got := inputAt(t, c, "gpt-4o", Terms{Tier: "batch"}); got != "1" {
		t.Errorf("batch %s", got)
	}
	if _, ok := c.Price("openai", "free"); ok {
		t.Error("a price of 0 in the map was taken for one")
	}
	if d := c.Doubts(); len(d) != 2 || !strings.Contains(d[0].String(), "entry dear: uncached_in 2500000 is not what a million tokens cost") {
		t.Errorf("doubts %q", d)
	}
	for _, bad := range []string{`{`, `{}`, `{"a": 1}`, `[]`, `{"a": {"litellm_provider": "openai", "input_cost_per_token": -1}} x`,
		`{"a": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1}}`,
		`{"a": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e999999999}}`} {
		if _, err := WithOverrides([]byte(bad)); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A thousand times too high is found by the built-in price of the same model, and by what any model costs.
func TestPricesOutOfBoundsAreDoubted(t *testing.T) {
	head := "kind,model,mode,tier,above,input,output\n"
	for row, want := range map[string]string{
		"openai,gpt-4o,chat,,,2500,10000\n":                                      "uncached_in 2500 is not 0.1 to 10 times the price of the built-in list, 2.5",
		"openai,house,chat,,,2500,10000\n":                                       "uncached_in 2500 is not what a million tokens cost anywhere: 0.0005 to 200",
		"openai,house,chat,,,0.0000025,0.00001\n":                                "uncached_in 0.0000025 is not what a million tokens",
		"openai,house,chat,,,1,4\nopenai,house,chat,batch,,2,8\n":                "batch uncached_in 2 is not 0.3 to 1 times the price without it, 1",
		"openai,house,chat,,,1,4\nopenai,house,chat,priority,,50,200\n":          "priority uncached_in 50 is not 1 to 3 times",
		"openai,house,chat,,,1,4\nopenai,house,chat,,200000,9,30\n":              "above 200000 tokens, standard uncached_in 9 is not 1 to 4 times",
		"openai,house,chat,,,1,4\nopenai,house,chat,,,2,8\n":                     "it is listed twice",
		"kind,model,unit,price\nopenai,clip,video_second,300\n":                  "300 is not what a video_second costs anywhere",
		"kind,model,unit,price\nopenai,clip,1m_characters,15\n":                  "",
		"kind,model,mode,input,cache_write_1h,output\nopenai,house,chat,1,3,4\n": "cache write of an hour 3 is not 1.5 to 2.5 times the input price 1",
	} {
		c := laid(t, head+row)
		var all []string
		for _, d := range c.Doubts() {
			all = append(all, d.String())
			if !fleet.IsClean(d.String()) || len(d.String()) > 300 {
				t.Errorf("%q is no clean sentence", d)
			}
		}
		if text := strings.Join(all, "\n"); (want == "") != (text == "") || !strings.Contains(text, want) {
			t.Errorf("%s: no doubt %q in %q", row, want, text)
		}
	}
}

func TestBadTablesAreRefusedWhole(t *testing.T) {
	for name, file := range map[string]string{
		"unknown column": "kind,model,colour\nopenai,x,red\n", "column twice": "kind,model,input,input\n", "no model": "kind,input\n",
		"unit without price": "kind,model,unit\nopenai,x,image\n", "unknown unit": "kind,model,unit,price\nopenai,x,barrel,1\n",
		"open price": "kind,model,mode,input,output\nopenai,x,chat,,\n", "half a price": "kind,model,mode,input,output\nopenai,x,chat,1,\n",
		"tier": "kind,model,tier,input,output\nopenai,x,gold,1,2\n", "above": "kind,model,above,input,output\nopenai,x,-5,1,2\n",
		"uplift": "kind,model,uplift,input,output\nopenai,x,eu=2,1,2\n", "no kind": "kind,model,input,output\n,x,1,2\n",
		"a number of a billion digits": "kind,model,input,output\nopenai,x,1e999999999,2\n", "cells": "kind,model,input,output\nopenai,x,1\n",
		"cut in a quote": "kind,model,input,output\nopenai,\"x,1,2\n",
	} {
		_, err := WithFiles([]File{{Name: "good.csv", Body: []byte("kind,model,input,output\nopenai,y,1,2\n")}, {Name: "bad.csv", Body: []byte(file)}})
		if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), "bad.csv") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The line to add is a table that reads back once the prices are filled in.
func TestTheLineToAdd(t *testing.T) {
	for _, x := range []struct {
		missing []fleet.UsageKind
		fill    []string
		cost    Usage
		want    string
	}{
		{nil, []string{",,", ",1,2"}, used(fleet.UseInput, 1_000_000), "1"},
		{[]fleet.UsageKind{fleet.UseAudioOut}, []string{",,,", ",1,2,30"}, used(fleet.UseAudioOut, 1_000_000), "30"},
		{[]fleet.UsageKind{fleet.UseVideoSeconds}, []string{",,", ",,0.4"}, used(fleet.UseVideoSeconds, 10), "4"},
	} {
		lines := LineToAdd("openai", "house, model\x1b[2J", "", x.missing)
		if len(lines) != 2 || !strings.HasSuffix(lines[1].String(), x.fill[0]) || !fleet.IsClean(lines[1].String()) {
			t.Errorf("%v: %q", x.missing, lines)
			continue
		}
		c := laid(t, lines[0].String()+"\n"+strings.TrimSuffix(lines[1].String(), x.fill[0])+x.fill[1]+"\n")
		got, _ := sheetOf(t, c, "openai", fleet.Label("house, model\x1b[2J").String()).Cost(x.cost, Terms{})
		if got.Cost.V.Amount().String() != x.want {
			t.Errorf("%v costs %s, want %s", x.cost, got.Cost.V.Amount(), x.want)
		}
	}
	if lines := LineToAdd("anthropic", "claude-9", "batch", nil); lines[1].String() != "anthropic,claude-9,chat,batch,," {
		t.Errorf("%q", lines)
	}
}
