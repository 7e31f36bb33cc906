package books

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
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
	Stream fleet.Stream    `json:"st"`
	Day    int64           `json:"d"`
	At     time.Time       `json:"at"`
	Covers [][2]int64      `json:"c,omitempty"` // milliseconds
	Lines  []lineJSON      `json:"l,omitempty"`
	Was    []economics.Was `json:"was,omitempty"`
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
	v, err := fleet.ParseMoney(m[0], m[1])
	return fleet.Some(v), err
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
		var errs [4]error
		l.Cost, errs[0] = r.Cost.money()
		l.List, errs[1] = r.List.money()
		l.Credit, errs[2] = r.Credit.money()
		if r.Quantity != "" {
			l.Quantity.OK = true
			l.Quantity.V, errs[3] = decimal.NewFromString(r.Quantity)
		}
		if err := errors.Join(errs[:]...); err != nil {
			return nil, err
		}
		out[i] = l
	}
	return out, nil
}

func pageRow(s *economics.Page) *pageJSON {
	j := &pageJSON{Stream: s.Stream, Day: s.Day.Unix(), At: s.At, Lines: lineRows(s.Lines), Was: s.Was}
	for _, c := range s.Covers {
		j.Covers = append(j.Covers, [2]int64{c.From.UnixMilli(), c.To.UnixMilli()})
	}
	return j
}

// apply makes a record the present word on its thing.
func (b *Books) apply(r *record) bool {
	switch {
	case r.Kind == kindPage && r.Page != nil:
		lines, err := linesOf(r.Page.Lines)
		if err != nil {
			return false
		}
		s := &economics.Page{Stream: r.Page.Stream, Day: time.Unix(r.Page.Day, 0).UTC(), At: r.Page.At.UTC(), Lines: lines, Was: r.Page.Was}
		for _, c := range r.Page.Covers {
			s.Covers = append(s.Covers, fleet.Span{From: time.UnixMilli(c[0]).UTC(), To: time.UnixMilli(c[1]).UTC()})
		}
		b.pages[pageKey{r.Source, s.Stream, r.Page.Day}] = s
		b.bills++
	case r.Kind == kindRead && r.Read != nil:
		b.applyRead(r.Source, r.Read)
		b.bills++
	case r.Kind == kindMeter:
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
	for _, stream := range r.Streams {
		for _, c := range r.Covers {
			for day := fleet.Day(c.From); day.From.Before(c.To); day = fleet.Day(day.To) {
				key := pageKey{source, stream, day.From.Unix()}
				s := economics.Page{Stream: stream, Day: day.From}
				if old := b.pages[key]; old != nil {
					s = *old
				}
				s.Covers = fleet.JoinSpans(append(append([]fleet.Span(nil), s.Covers...), c.Clip(day))...)
				if r.At.After(s.At) {
					s.At = r.At
				}
				b.pages[key] = &s
			}
		}
	}
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
