package books

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/economics"
	"pitwall/fleet"
)

// The kinds of records. Each replaces the earlier one of the same thing.
const (
	kindPage  = "page"
	kindRead  = "read"
	kindMeter = "meter"
)

// record is one line of the file.
type record struct {
	Kind   string         `json:"k"`
	Source fleet.SourceID `json:"s,omitempty"`
	Page   *pageJSON      `json:"page,omitempty"`
	Read   *Read          `json:"read,omitempty"`
	Writer string         `json:"w,omitempty"`
	Hour   int64          `json:"h,omitempty"`
	From   int64          `json:"f,omitempty"` // milliseconds
	To     int64          `json:"t,omitempty"`
	Lines  []lineJSON     `json:"l,omitempty"`
}

type pageJSON struct {
	Stream fleet.Stream                    `json:"st"`
	Day    int64                           `json:"d"`
	At     time.Time                       `json:"at"`
	Covers [][2]int64                      `json:"c,omitempty"` // milliseconds
	Lines  []lineJSON                      `json:"l,omitempty"`
	Apart  map[fleet.ProviderID][][2]int64 `json:"ca,omitempty"`
	Was    []economics.Was                 `json:"was,omitempty"`
}

// lineJSON is a line with short names: there are hundreds of thousands.
type lineJSON struct {
	Stream    fleet.Stream     `json:"st,omitempty"`
	Provider  fleet.ProviderID `json:"p,omitempty"`
	From      int64            `json:"f"`
	To        int64            `json:"t"`
	Model     fleet.ModelName  `json:"m,omitempty"`
	Use       fleet.UsageKind  `json:"u,omitempty"`
	Item      string           `json:"i,omitempty"`
	Quantity  string           `json:"q,omitempty"`
	Unit      string           `json:"n,omitempty"`
	Cost      *moneyJSON       `json:"c,omitempty"`
	List      *moneyJSON       `json:"cl,omitempty"`
	Credit    *moneyJSON       `json:"cr,omitempty"`
	Charge    fleet.Charge     `json:"ch,omitempty"`
	Tier      string           `json:"tr,omitempty"`
	Project   string           `json:"pj,omitempty"`
	Team      string           `json:"tm,omitempty"`
	Key       string           `json:"ky,omitempty"`
	Route     fleet.RouteID    `json:"rt,omitempty"`
	Region    string           `json:"rg,omitempty"`
	Estimated bool             `json:"e,omitempty"`
}

// moneyJSON is an amount and its currency.
type moneyJSON [2]string

func moneyRow(m fleet.Maybe[fleet.Money]) *moneyJSON {
	if !m.OK {
		return nil
	}
	return &moneyJSON{m.V.Amount().String(), m.V.Currency()}
}

func (m *moneyJSON) money() (fleet.Maybe[fleet.Money], error) {
	if m == nil {
		return fleet.None[fleet.Money](), nil
	}
	v, err := number(m[0])
	return fleet.Some(fleet.NewMoney(v, m[1])), err
}

func lineRows(lines []fleet.BillLine) []lineJSON {
	out := make([]lineJSON, len(lines))
	for i := range lines {
		l := &lines[i]
		out[i] = lineJSON{Stream: l.Stream, Provider: l.Provider, From: l.Span.From.Unix(), To: l.Span.To.Unix(), Model: l.Model, Use: l.Use,
			Item: l.Item.String(), Unit: l.Unit.String(), Cost: moneyRow(l.Cost), List: moneyRow(l.List), Credit: moneyRow(l.Credit),
			Charge: l.Charge, Tier: l.Tier, Project: l.Project, Team: l.Team, Key: l.Key, Route: l.Route, Region: l.Region, Estimated: l.Estimated}
		if l.Quantity.OK {
			out[i].Quantity = l.Quantity.V.String()
		}
	}
	return out
}

func linesOf(rows []lineJSON) ([]fleet.BillLine, error) {
	out := make([]fleet.BillLine, len(rows))
	for i := range rows {
		r := &rows[i]
		l := fleet.BillLine{Stream: r.Stream, Provider: r.Provider, Span: fleet.Span{From: time.Unix(r.From, 0).UTC(), To: time.Unix(r.To,
			0).UTC()},
			Model: r.Model, Use: r.Use, Item: fleet.Label(r.Item), Unit: fleet.Label(r.Unit), Charge: r.Charge, Tier: r.Tier, Project: r.Project,
			Team: r.Team, Key: r.Key, Route: r.Route, Region: r.Region, Estimated: r.Estimated}
		var errs [5]error
		l.Cost, errs[0] = r.Cost.money()
		l.List, errs[1] = r.List.money()
		l.Credit, errs[2] = r.Credit.money()
		if r.Quantity != "" {
			l.Quantity.OK = true
			l.Quantity.V, errs[3] = number(r.Quantity)
		}
		if !plausible(l.Span) {
			errs[4] = errTime
		}
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		out[i] = l
	}
	return out, nil
}

// What a line may hold. A few bytes of a file that was changed must not keep pitwall busy for hours.
const (
	mostDigits = 200
	mostPower  = 60
	mostDays   = 4000
)

var (
	errNumber = errors.New("a number is too long or too great for an amount")
	errTime   = errors.New("a time is of no bill")
)

func number(s string) (decimal.Decimal, error) {
	if len(s) > mostDigits {
		return decimal.Zero, errNumber
	}
	d, err := decimal.NewFromString(s)
	if err == nil && (d.Exponent() > mostPower || d.Exponent() < -mostDigits) {
		return decimal.Zero, errNumber
	}
	return d, err
}

// plausible tells whether a span is one that something can be billed for.
func plausible(s fleet.Span) bool {
	return s.From.Year() >= 1970 && s.To.Year() < 2200 && s.Length() <= mostDays*24*time.Hour
}

func allPlausible(spans []fleet.Span) bool {
	return !slices.ContainsFunc(spans, func(s fleet.Span) bool { return !plausible(s) })
}

func (r *Read) plausible() bool {
	return allPlausible(r.Covers) && !slices.ContainsFunc(r.Apart, func(c fleet.BillCover) bool { return !allPlausible(c.Spans) })
}

func pageRow(s *economics.Page) *pageJSON {
	j := &pageJSON{Stream: s.Stream, Day: s.Day.Unix(), At: s.At, Lines: lineRows(s.Lines), Was: s.Was}
	j.Covers = spanRows(s.Covers)
	for id, spans := range s.Apart {
		if j.Apart == nil {
			j.Apart = map[fleet.ProviderID][][2]int64{}
		}
		j.Apart[id] = spanRows(spans)
	}
	return j
}

// apply makes a record the present word on its thing.
func (b *Books) apply(r *record) bool {
	switch {
	case r.Kind == kindPage && r.Page != nil && plausible(fleet.Day(time.Unix(r.Page.Day, 0))):
		lines, err := linesOf(r.Page.Lines)
		if err != nil {
			return false
		}
		s := &economics.Page{Stream: r.Page.Stream, Day: time.Unix(r.Page.Day, 0).UTC(), At: r.Page.At.UTC(), Lines: lines, Was: r.Page.Was}
		s.Covers = spansOf(r.Page.Covers)
		for id, spans := range r.Page.Apart {
			s.Apart = withApart(s.Apart, id, spansOf(spans)...)
		}
		b.pages[pageKey{r.Source, s.Stream, r.Page.Day}] = s
		b.bills++
	case r.Kind == kindRead && r.Read != nil && r.Read.plausible():
		b.applyRead(r.Source, r.Read)
		b.bills++
	case r.Kind == kindMeter && plausible(fleet.Day(time.Unix(r.Hour, 0))):
		lines, err := linesOf(r.Lines)
		if err != nil {
			return false
		}
		b.hours[hourKey{r.Writer, r.Hour}] = &segment{From: time.UnixMilli(r.From).UTC(), To: time.UnixMilli(r.To).UTC(), Lines: lines,
			folded: r.Writer == foldedBy}
		delete(b.metered, fleet.Day(time.Unix(r.Hour, 0)).From.Unix())
	default:
		return false
	}
	return true
}

// applyRead marks the days that a reading covers as told at its time.
func (b *Books) applyRead(source fleet.SourceID, r *Read) {
	if old, ok := b.reads[source]; !ok || !r.At.Before(old.At) {
		b.reads[source] = *r
	}
	eachCovered(r.Streams, r.Covers, nil, func(_ fleet.ProviderID, stream fleet.Stream, day, part fleet.Span) {
		b.marked(source, stream, day, r.At, func(p *economics.Page) {
			p.Covers = fleet.JoinSpans(append(append([]fleet.Span(nil), p.Covers...), part)...)
		})
	})
	eachCovered(nil, nil, r.Apart, func(id fleet.ProviderID, stream fleet.Stream, day, part fleet.Span) {
		b.marked(source, stream, day, r.At, func(p *economics.Page) { p.Apart = withApart(p.Apart, id, part) })
	})
}

// marked changes a copy of a day's page, which was read at a time: what was given out is not changed.
func (b *Books) marked(source fleet.SourceID, stream fleet.Stream, day fleet.Span, at time.Time, change func(*economics.Page)) {
	key := pageKey{source, stream, day.From.Unix()}
	s := economics.Page{Stream: stream, Day: day.From}
	if old := b.pages[key]; old != nil {
		s = *old
	}
	if at.After(s.At) {
		s.At = at
	}
	change(&s)
	b.pages[key] = &s
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode is a record as a line: the checksum of its JSON, and the JSON.
func encode(to []byte, r *record) ([]byte, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return to, err
	}
	var sum [8]byte
	hex.Encode(sum[:], crc(text))
	return append(append(append(append(to, sum[:]...), ' '), text...), '\n'), nil
}

func crc(text []byte) []byte {
	n := crc32.Checksum(text, castagnoli)
	return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
}

// decode reads a line back. A line that was cut or changed is none.
func decode(line []byte, r *record) bool {
	if len(line) < 10 || line[8] != ' ' {
		return false
	}
	var sum [4]byte
	if _, err := hex.Decode(sum[:], line[:8]); err != nil || !bytes.Equal(sum[:], crc(line[9:])) {
		return false
	}
	*r = record{}
	return json.Unmarshal(line[9:], r) == nil
}
