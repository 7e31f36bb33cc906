package focus

import (
	"fmt"
	"testing"
	"time"

	"pitwall/backends/books"
	"pitwall/backends/internal/contract"
	"pitwall/economics"
	"pitwall/fleet"
)

// A folder with files of several providers and streams: a day without a line is zero for those whose file covers it, and not
// known for the others, also after a restart.
func TestAnEmptyDayOfAMixedFolderIsZeroOrUnknownByStream(t *testing.T) {
	dir := t.TempDir()
	costs := "start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id\n"
	usage := "start_time_iso,end_time_iso,num_model_requests,model,input_tokens,output_tokens\n"
	for d := 1; d <= 7; d++ {
		times := fmt.Sprintf("2026-11-%02dT00:00:00,2026-11-%02dT00:00:00,", d, d+1)
		switch {
		case d == 3:
			costs += times + ",,,\n"
		case d <= 5:
			costs += times + "2,usd,\"gpt-5, input_tokens\",p\n"
		}
		usage += times + "1,gpt-5,100,10\n"
	}
	put(t, dir, "openai-costs.csv", costs)
	put(t, dir, "openai-usage.csv", usage)
	put(t, dir, "anthropic.csv", fixture(t, "anthropic-costs.csv")) // the 1st and 2nd
	clock := fleet.NewVirtualClock(contract.Start())
	state := t.TempDir()
	b, err := books.Open(state, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Take("files", "", clock.Now(), bill(t, dir, fleet.SourceSpec{})); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if b, err = books.Open(state, clock.Now); err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	whole := map[string]string{}
	r := economics.Reconcile(b.Ledgers(nil), fleet.Span{From: first, To: first.AddDate(0, 0, 9)}, economics.Names{})
	for i := range r.Days {
		d := &r.Days[i]
		for stream, s := range map[string]*fleet.StreamSum{"billed": &d.Billed, "reported": &d.Reported} {
			key := fmt.Sprintf("%s %s %d", d.Provider, stream, d.Day.Day())
			if said := "-"; s.Told {
				if s.Cost.OK {
					said = s.Cost.V.Amount().String()
				}
				if whole[key] == "" || said != "0" {
					whole[key] = said
				}
			}
		}
	}
	for key, want := range map[string]string{"openai billed 2": "2", "openai billed 3": "0", "openai billed 5": "2", "openai billed 6": "",
		"openai reported 3": "-", "openai reported 7": "-", "openai reported 8": "", "anthropic billed 3": "", "anthropic reported 2": ""} {
		if whole[key] != want {
			t.Errorf("%s: %q, want %q in %v", key, whole[key], want, whole)
		}
	}
}
