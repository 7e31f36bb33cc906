package bills

import (
	"strings"
	"testing"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// A good answer that holds an error is none, though an empty list stands beside it: that is not a time without use.
func TestAnErrorBesideAnEmptyListIsNoAnswer(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":[],"error":{"message":"canary"}}`: "200 with an error inside",
		`{"error":"canary"}`:                       "200 with an error inside",
		`{}`:                                       "the answer has no data",
		`{"data":[],"error":null}`:                 "",
		`{"data":[]}`:                              "",
	} {
		_, err := Decode("bill", &httpx.Reply{Status: 200, Body: []byte(body)}, &Odd{}, func(*struct{}, fleet.Span) []fleet.BillLine { return nil })
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%s: %v", body, err)
		}
	}
}
