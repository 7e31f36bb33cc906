package books

import (
	"bytes"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// FuzzBooks reads what a line of the file may have become with its checksum put right: it is applied or left out, what is applied
// can be written and read back, and all sums of it can be made.
func FuzzBooks(f *testing.F) {
	b, err := Open("", func() time.Time { return noon })
	if err != nil {
		f.Fatal(err)
	}
	r := billOf(noon, "1", "", "-2.5")
	r.Apart = []fleet.BillCover{{Stream: fleet.StreamReported, Provider: "other", Spans: []fleet.Span{fleet.Day(noon)}}}
	if err := b.Take("bill", "openai", noon, r); err != nil {
		f.Fatal(err)
	}
	if err := b.Meter([]Segment{segmentAt(noon, 0, time.Hour, "3")}); err != nil {
		f.Fatal(err)
	}
	for _, r := range b.live() {
		line, err := encode(nil, &r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line[9 : len(line)-1])
	}
	f.Add([]byte(`{"k":"page","s":"x","page":{"st":"billed","d":9223372036854775807,"l":[{"c":["1e999999999","USD"],"f":-1,"t":9}]}}`))
	f.Add([]byte(`{"k":"read","s":"x","read":{"Streams":["billed"],"Covers":[{"From":"0001-01-01T00:00:00Z","To":"9999-12-31T00:00:00Z"}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.IndexByte(text, '\n') >= 0 {
			return
		}
		b, err := Open("", func() time.Time { return noon })
		if err != nil {
			t.Fatal(err)
		}
		var rec record
		line := append(append(hexed(crc(text)), ' '), text...)
		if !decode(line, &rec) || !b.apply(&rec) {
			return
		}
		for _, r := range b.live() {
			out, err := encode(nil, &r)
			if err != nil {
				t.Fatal(err)
			}
			var again record
			if !decode(out[:len(out)-1], &again) || !b.apply(&again) {
				t.Fatalf("%q is not read back", out)
			}
		}
		b.foldOld(noon)
		economics.Reconcile(b.Ledgers([]fleet.ProviderID{"openai"}), fleet.Span{From: noon.AddDate(0, 0, -9), To: noon}, economics.Names{Unit: func(fleet.ProviderID,
			*fleet.BillLine) (fleet.Money, bool) {
			return fleet.NewMoney(decimal.New(1, -6), fleet.USD), true
		}})
	})
}

func hexed(sum []byte) []byte {
	const digits = "0123456789abcdef"
	var out []byte
	for _, b := range sum {
		out = append(out, digits[b>>4], digits[b&15])
	}
	return out
}
