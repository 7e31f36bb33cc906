package contract

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"pitwall/fleet"
)

// Sample reads a sample of an engine's page from beside the checkout, or skips the test: samples are not part of the
// repository. It is called by the tests of packages that lie two folders deep.
func Sample(t testing.TB, name string) []byte {
	t.Helper()
	return sample(t, "engines", name)
}

// BillSample is Sample for bills and accounts of machines.
func BillSample(t testing.TB, name string) []byte {
	t.Helper()
	return sample(t, filepath.Join("billing", "fixtures"), name)
}

func sample(t testing.TB, folder, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the recorded samples are not beside this checkout")
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// OtherParser is a page as a parser reads it that shares nothing with ours.
type OtherParser map[string]*dto.MetricFamily

// Reparse reads a page with the other parser.
func Reparse(t testing.TB, page []byte) OtherParser {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// SameHistogram fails unless got is the only histogram of the family with the given labels, written "name=value".
func (o OtherParser) SameHistogram(t testing.TB, got fleet.Histogram, family string, labels ...string) {
	t.Helper()
	var found []*dto.Histogram
	for _, m := range o[family].GetMetric() {
		if hasLabels(m, labels) {
			found = append(found, m.GetHistogram())
		}
	}
	if len(found) != 1 {
		t.Errorf("%s: %d histograms on the page", family, len(found))
		return
	}
	want := fleet.Histogram{Sum: found[0].GetSampleSum()}
	for _, b := range found[0].GetBucket() {
		want.Bounds = append(want.Bounds, b.GetUpperBound())
		want.Counts = append(want.Counts, float64(b.GetCumulativeCount()))
	}
	if !reflect.DeepEqual(got, want) || got.Count() != float64(found[0].GetSampleCount()) {
		t.Errorf("%s:\n got %v\nwant %v", family, got, want)
	}
}

func hasLabels(m *dto.Metric, labels []string) bool {
	hits := 0
	for _, l := range m.GetLabel() {
		for _, want := range labels {
			if want == l.GetName()+"="+l.GetValue() {
				hits++
			}
		}
	}
	return hits == len(labels)
}

// Scalars is a reading without its histograms, for comparison in one piece.
func Scalars(e fleet.EngineReading) fleet.EngineReading {
	none := fleet.Histogram{}
	e.TTFT, e.ITL, e.E2E, e.QueueTime = none, none, none, none
	e.PromptLen, e.OutputLen, e.MaxTokens = none, none, none
	return e
}

// EscapeLabel writes text as the value of a label.
func EscapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}
