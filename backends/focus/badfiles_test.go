package focus

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"pitwall/fleet"
)

const small = "BilledCost,BillingAccountId,BillingCurrency,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ServiceCategory,ServiceName,ProviderName,SkuMeter\n"

func smallRow(cost string) string {
	return cost + ",acct,USD,Usage,2026-11-20T07:00:00Z,2026-11-20T08:00:00Z,AI and Machine Learning,OpenAI,OpenAI,Input Tokens\n"
}

// bigEndian is UTF-16 without a mark.
func bigEndian(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u >> 8), byte(u)})
	}
	return b.String()
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What exports come as: a file either says exact money, or says why it says none.
func TestFilesAsTheyCome(t *testing.T) {
	plain := small + smallRow("1") + smallRow("2")
	german := func(cost string) string {
		return strings.ReplaceAll(small, ",", ";") + cost + ";" + strings.ReplaceAll(smallRow("")[1:], ",", ";")
	}
	long := small
	for i := range 3000 {
		long += smallRow(fmt.Sprint(i))
	}
	packed := zipped(t, long)
	for name, x := range map[string]struct{ body, cost, why string }{
		"UTF-16 without a mark":            {bigEndian(plain), "3 USD", ""},
		"half a character":                 {bigEndian(plain) + "x", "", "ends in the middle"},
		"CRLF and a quoted end of line":    {strings.ReplaceAll(strings.Replace(plain, "Input Tokens", "\"Input\nTokens\"", 1), "\n", "\r\n"), "1 USD, 2 USD", ""},
		"CR alone":                         {strings.ReplaceAll(plain, "\n", "\r"), "", "CR alone"},
		"no rows":                          {small, "", "it has no rows"},
		"packed":                           {packed, "4498500 USD", ""},
		"packed and cut":                   {packed[:len(packed)*2/3], "", "ends in the middle"},
		"packed without its checksum":      {packed[:len(packed)-4], "", "ends in the middle"},
		"two files in one":                 {plain + small + smallRow("4"), "7 USD", ""},
		"a comma of decimals":              {german("1,5"), "1.5 USD", ""},
		"three digits behind such a comma": {german("1,234"), "1.234 USD", ""},
		"thousands with points":            {german("-1.234,56"), "-1234.56 USD", ""},
		"a comma where fields are parted":  {small + smallRow("\"1,5\""), "", "its cost is no number"},
		"exponents":                        {small + smallRow("1.5E+1") + smallRow("2e-3"), "15.002 USD", ""},
		"an exponent of no money":          {small + smallRow("1e999999"), "", "its cost is no number"},
		"cents":                            {small + smallRow("12.5 ct"), "", "its cost is no number"},
		"a cost that is not said":          {small + smallRow("") + smallRow("2"), "-, 2 USD", "1 row without a cost"},
		"an error page":                    {"<!DOCTYPE html><html>Access denied</html>", "", "not that of an export"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, "a.csv", x.body)
			b := bill(t, dir, fleet.SourceSpec{})
			var costs []string
			for _, l := range b.Lines {
				cost := "-"
				if l.Cost.OK {
					cost = l.Cost.V.Amount().String() + " " + l.Cost.V.Currency()
				}
				costs = append(costs, cost)
			}
			if got := strings.Join(costs, ", "); got != x.cost {
				t.Errorf("cost %q, want %q", got, x.cost)
			}
			if why := b.Files[0].Why.String(); !strings.Contains(why, x.why) || x.why == "" && why != "" {
				t.Errorf("said %q, want %q", why, x.why)
			}
		})
	}
}

// A row that overlapping files share counts once.
func TestRowsOfOverlappingFilesCountOnce(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.csv", small+smallRow("1")+smallRow("2"))
	put(t, dir, "b.csv", small+smallRow("2")+strings.ReplaceAll(smallRow("4"), "11-20", "11-21"))
	if got := told(bill(t, dir, fleet.SourceSpec{})); strings.Count(got, "\n") != 2 || !strings.Contains(got, "|2 USD") || !strings.Contains(got, "|4 USD") {
		t.Error(got)
	}
}
