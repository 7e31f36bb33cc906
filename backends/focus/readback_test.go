package focus

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics/export"
	"pitwall/fleet"
)

// What pitwall exports is read back as it was, each stream as itself.
func TestTheOwnExportIsReadBack(t *testing.T) {
	hour := time.Date(2026, 11, 1, 7, 0, 0, 0, time.UTC)
	var rows []export.Row
	for i, kind := range []fleet.UsageKind{fleet.UseInput, fleet.UseCacheRead, fleet.UseCacheWrite5m, fleet.UseCacheWrite1h, fleet.UseOutput, fleet.UseAudioIn,
		fleet.UseAudioOut, fleet.UseImageIn, fleet.UseImageOut, fleet.UseRequests, fleet.UseToolCalls, fleet.UseImages, fleet.UseVideoSeconds,
		fleet.UseAudioSeconds, fleet.UseCharacters, fleet.UseStorage, fleet.UseHours} {
		for j, stream := range []fleet.Stream{fleet.StreamMetered, fleet.StreamReported, fleet.StreamBilled, fleet.StreamCapacity} {
			rows = append(rows, export.Row{Provider: "OpenAI", Account: "a", BillLine: fleet.BillLine{Stream: stream, Provider: "openai",
				Span: fleet.Span{From: hour, To: hour.Add(time.Hour)}, Model: "=m", Use: kind, Project: "p", Tier: "batch",
				Quantity: fleet.Some(decimal.New(int64(i+1), 3)), Cost: fleet.Some(fleet.NewMoney(decimal.New(int64(10*i+j+1), -9), "EUR"))}})
		}
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "own.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if left, err := export.WriteFOCUS(f, rows); left != 0 || err != nil {
		t.Fatal(left, err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	stamp(t, f.Name(), hour)
	b := bill(t, dir, fleet.SourceSpec{Options: map[string]string{OptionGrain: "hour"}})
	if len(b.Lines) != len(rows) || len(b.Streams) != 4 || !b.Files[0].Why.IsEmpty() || b.Files[0].Format.String() != "FOCUS 1.3" {
		t.Fatalf("%d lines of %d, %+v", len(b.Lines), len(rows), b.Files)
	}
	for _, want := range rows {
		found := false
		for _, got := range b.Lines {
			found = found || got.Stream == want.Stream && got.Use == want.Use && got.Provider == "openai" && got.Span == want.Span && got.Model == want.Model &&
				got.Project == "p" && got.Tier == "batch" && got.Cost.V.Amount().Equal(want.Cost.V.Amount()) && got.Cost.V.Currency() == "EUR" &&
				got.Quantity.OK && got.Quantity.V.Equal(want.Quantity.V)
		}
		if !found {
			t.Errorf("%s of %s is not read back", want.Use, want.Stream)
		}
	}
}

// The project's samples of FOCUS are read, where they are at hand: 5/1/25 dates, "$10,000.00 ", a purchase of a year.
func TestTheSamplesOfFOCUS(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "data", "billing")
	for name, want := range map[string]string{
		"focus_1.2_saas_spend_agreements_a1.csv":  "48 USD, 120 USD, 60 USD, 972 USD",
		"focus_1.2_simple_saas_agreements_a1.csv": "10000 USD",
	} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Skip("the folder of recorded samples is not beside this checkout")
		}
		own := t.TempDir()
		put(t, own, name, string(body))
		b := bill(t, own, fleet.SourceSpec{Options: map[string]string{OptionServices: "all"}})
		got := map[string]bool{}
		for _, l := range b.Lines {
			got[l.Cost.V.Amount().String()+" "+l.Cost.V.Currency()] = true
		}
		for _, cost := range strings.Split(want, ", ") {
			if !got[cost] {
				t.Errorf("%s: %s is missing in\n%s", name, cost, told(b))
			}
		}
		if !b.Files[0].Why.IsEmpty() || b.Files[0].Format.String() != "FOCUS 1.2" && b.Files[0].Format.String() != "FOCUS 1.1" {
			t.Errorf("%+v", b.Files[0])
		}
	}
}
