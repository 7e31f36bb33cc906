package sheet

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/shopspring/decimal"

	"pitwall/fleet"
)

func TestAmountsAreExact(t *testing.T) {
	for in, want := range map[string]string{
		"12.5": "12.5", "-3": "-3", "35.2E-7": "0.00000352", "$10,000.00 ": "10000", "-$5.25": "-5.25", "+7": "7", "0.10": "0.1", ".5": "0.5",
		"5.": "5", "0.003835980000000000000000000000": "0.00383598", "123456789012345678901.5": "123456789012345678901.5", "-0": "0", "1e3": "1000",
		"1,234,567.89": "1234567.89", "100": "100",
	} {
		a, ok := ParseAmount([]byte(in))
		if !ok || !a.OK || !a.Decimal().Equal(decimal.RequireFromString(want)) {
			t.Errorf("%q is %v, %v, want %s", in, a.Decimal(), ok, want)
		}
	}
	for _, in := range []string{"NaN", "1 1/2", "12,5", "1,23.4", ",5", "--1", "1.2.3", "32 GiB", "Infinity", "1e999999999", "0x10", "$", "-", ".", "1_000",
		strings.Repeat("1", 65)} {
		if a, ok := ParseAmount([]byte(in)); ok || a.OK {
			t.Errorf("%q was taken for %v", in, a.Decimal())
		}
	}
	for _, in := range []string{"", "  ", "NULL", "null", "N/A"} {
		if a, ok := ParseAmount([]byte(in)); !ok || a.OK {
			t.Errorf("%q is not unknown: %v", in, a)
		}
	}
}

// The sum of many numbers is that of exact decimals, whatever their size and order.
func TestSumsLoseNothing(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var s Sum
	want := decimal.Zero
	if s.Known() {
		t.Error("the sum of nothing is known")
	}
	for range 3000 {
		d := decimal.New(dice.Int64N(2_000_000_000_000_000_000)-1_000_000_000_000_000_000, -int32(dice.IntN(19)))
		a, ok := ParseAmount([]byte(d.String()))
		if !ok {
			t.Fatal(d)
		}
		s.Add(a)
		want = want.Add(d)
	}
	if !s.Known() || !s.Decimal().Equal(want) {
		t.Errorf("%v, want %v", s.Decimal(), want)
	}
}

func TestMomentsAreUTC(t *testing.T) {
	day := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2026-11-01": day, "20261101": day, "11/1/26": day, "11/01/2026": day, "2026-11-01T00:00:00Z": day, "2026-11-01 00:00:00": day,
		"2026-11-01T01:00:00+01:00": day, "2026-10-31 19:00:00 -0500": day, "2026-11-01 00:00:00 UTC": day, "2026-11-01T13:05:09.123Z": day.Add(13*time.Hour + 5*time.Minute + 9*time.Second),
		"11/01/2026 13:05": day.Add(13*time.Hour + 5*time.Minute),
	} {
		m, ok := ParseMoment([]byte(in))
		if !ok || !m.Time().Equal(want) || m.Day != (len(in) <= 10) {
			t.Errorf("%q is %v, %v", in, m.Time(), ok)
		}
	}
	for _, in := range []string{"", "31/12/2026", "2026-02-30", "1999-01-01", "yesterday", "2026-11-01T25:00:00Z", "2026-11-01T00:00:00 CET", "2026-11", "1762000000",
		"2026-11-01T00:00:00+99:00"} {
		if m, ok := ParseMoment([]byte(in)); ok {
			t.Errorf("%q was taken for %v", in, m.Time())
		}
	}
	hour, _ := ParseMoment([]byte("2026-11-01T13:05:00Z"))
	if got := time.Unix(hour.End(), 0).UTC(); !got.Equal(day.Add(14 * time.Hour)) {
		t.Errorf("the hour of 13:05 ends at %v", got)
	}
}

func read(r io.Reader) (rows [][]string, cut bool, err error) {
	text, err := Plain(r)
	if err != nil {
		return nil, false, err
	}
	t := NewRows(text)
	for {
		fields, whole, err := t.Next()
		if errors.Is(err, io.EOF) {
			return rows, cut, nil
		}
		if err != nil {
			return rows, cut, err
		}
		cut = cut || !whole
		var row []string
		for _, f := range fields {
			row = append(row, string(f))
		}
		rows = append(rows, row)
	}
}

const sample = "a,b,c\r\n1,\"x, \"\"y\"\"\nz\",3\r\n\r\n,,\n\"{\"\"k\"\": 1}\",ü,\"\"\n"

func TestRowsOfAnyDialect(t *testing.T) {
	want := [][]string{{"a", "b", "c"}, {"1", "x, \"y\"\nz", "3"}, {"", "", ""}, {`{"k": 1}`, "ü", ""}}
	wide := func(order func(uint16) []byte, mark bool) []byte {
		var b []byte
		if mark {
			b = append(b, order(0xfeff)...)
		}
		for _, u := range utf16.Encode([]rune(sample)) {
			b = append(b, order(u)...)
		}
		return b
	}
	little := func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} }
	big := func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} }
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte(sample))
	_ = z.Close()
	for name, body := range map[string][]byte{
		"as it is": []byte(sample), "byte order mark": []byte("\ufeff" + sample), "UTF-16LE": wide(little, true), "UTF-16BE": wide(big, true),
		"UTF-16LE without a mark": wide(little, false), "gzip": packed.Bytes(),
		"tabs":       []byte(strings.NewReplacer("a,b,c", "a\tb\tc", "1,\"x, ", "1\t\"x, ", "z\",3", "z\"\t3", "\n,,", "\n\t\t", ",ü,", "\tü\t").Replace(sample)),
		"semicolons": []byte(strings.NewReplacer("a,b,c", "a;b;c", "1,\"x, ", "1;\"x, ", "z\",3", "z\";3", "\n,,", "\n;;", ",ü,", ";ü;").Replace(sample)),
	} {
		for _, r := range []io.Reader{bytes.NewReader(body), iotest.OneByteReader(bytes.NewReader(body))} {
			rows, cut, err := read(r)
			if err != nil || cut || len(rows) != len(want) {
				t.Errorf("%s: %q, %v, %v", name, rows, cut, err)
				continue
			}
			for i := range want {
				if strings.Join(rows[i], "|") != strings.Join(want[i], "|") {
					t.Errorf("%s: row %d is %q", name, i, rows[i])
				}
			}
		}
	}
	if _, _, err := read(bytes.NewReader(packed.Bytes()[:packed.Len()-9])); !errors.Is(err, ErrCut) {
		t.Errorf("a cut gzip: %v", err)
	}
	if _, _, err := read(strings.NewReader(sample[:len(sample)-2])); !errors.Is(err, ErrCut) {
		t.Errorf("an open quotation mark at the end: %v", err)
	}
	if _, cut, err := read(strings.NewReader("a,b\n1,2")); err != nil || !cut {
		t.Errorf("a last row without an end: %v, %v", cut, err)
	}
	if _, _, err := read(strings.NewReader("a,b\n\"" + strings.Repeat("x,y\n", 400_000))); !errors.Is(err, ErrQuote) {
		t.Errorf("a quotation mark that is never closed: %v", err)
	}
}

// What encoding/csv reads is read the same; whatever comes, nothing crashes and what is said is clean.
func FuzzRows(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("a,b\n1,2\n3,\"4"))
	f.Add([]byte{0xff, 0xfe, 'a', 0, ',', 0, 'b'})
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, _, err := read(bytes.NewReader(body))
		if err != nil && !fleet.IsClean(Told(err).String()) {
			t.Errorf("%q", err)
		}
		for _, row := range rows {
			for _, field := range row {
				a, _ := ParseAmount([]byte(field))
				m, ok := ParseMoment([]byte(field))
				if ok && (m.Time().Year() < 1999 || m.Time().Year() > 2100) {
					t.Errorf("%q is %v", field, m.Time())
				}
				var s Sum
				s.Add(a)
				s.Add(a)
				if a.OK && !s.Decimal().Equal(a.Decimal().Add(a.Decimal())) {
					t.Errorf("twice %q is %v", field, s.Decimal())
				}
			}
		}
		c := csv.NewReader(bytes.NewReader(body))
		c.FieldsPerRecord = -1
		theirs, theirErr := c.ReadAll()
		if theirErr != nil || err != nil || len(rows) == 0 || bytes.ContainsAny(body, "\x00\t;\r") || !plainText(body) || blank(theirs) {
			return
		}
		for i := range theirs {
			if i >= len(rows) || strings.Join(rows[i], "\x01") != strings.Join(theirs[i], "\x01") {
				t.Fatalf("row %d is %q, encoding/csv reads %q", i, rows, theirs)
			}
		}
	})
}

// plainText is what no encoding is read into.
func plainText(body []byte) bool {
	return !bytes.HasPrefix(body, []byte("\xef\xbb\xbf")) && !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) &&
		!bytes.HasPrefix(body, []byte{0xff, 0xfe}) && !bytes.HasPrefix(body, []byte{0xfe, 0xff})
}

// blank tells of rows of white space, which are passed over here and rows there.
func blank(rows [][]string) bool {
	for _, r := range rows {
		if strings.TrimSpace(strings.Join(r, "")) == "" {
			return true
		}
	}
	return false
}
