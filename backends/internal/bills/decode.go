package bills

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// When is a moment in seconds since 1970, or as RFC 3339 writes it; anything else is the zero time.
type When struct{ time.Time }

// UnmarshalJSON reads a moment.
func (w *When) UnmarshalJSON(b []byte) error {
	var seconds int64
	var text string
	w.Time = time.Time{}
	switch {
	case json.Unmarshal(b, &seconds) == nil && seconds > 0 && seconds < 1<<40:
		w.Time = time.Unix(seconds, 0).UTC()
	case json.Unmarshal(b, &text) == nil:
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			w.Time = at.UTC()
		}
	}
	return nil
}

// span is the time of a bucket by either pair of names.
type span struct {
	Start    When `json:"start_time"`
	End      When `json:"end_time"`
	Starting When `json:"starting_at"`
	Ending   When `json:"ending_at"`
}

func (s span) span() fleet.Span {
	return fleet.Span{From: later(s.Start.Time, s.Starting.Time), To: later(s.End.Time, s.Ending.Time)}
}

// Decode reads a page of buckets whose results are R, and makes lines of each. Its error holds nothing of the body.
func Decode[R any](source fleet.SourceID, reply *httpx.Reply, odd *Odd, lines func(*R, fleet.Span) []fleet.BillLine) (Page, error) {
	var page struct {
		Data *[]struct {
			span
			Results *[]json.RawMessage `json:"results"`
		} `json:"data"`
		More  bool            `json:"has_more"`
		Next  Word            `json:"next_page"`
		Error json.RawMessage `json:"error"`
	}
	if err := reply.JSON(&page); err != nil {
		return Page{}, err
	}
	if failed := IsError(page.Error); failed || page.Data == nil {
		return Page{}, NoAnswer(source, failed)
	}
	out, n := Page{More: page.More, Next: string(page.Next)}, 0
	for _, b := range *page.Data {
		at := b.span.span()
		if b.Results == nil || !at.From.Before(at.To) || at.From.IsZero() {
			odd.Say(fleet.Text("a bucket without a time or without results was left out: its time is unknown, not without use"))
			continue
		}
		if n += len(*b.Results); n > MaxLines { // before each is looked at
			return Page{}, TooMany(source)
		}
		bucket := Bucket{Span: at}
		for _, raw := range *b.Results {
			var result R
			if json.Unmarshal(raw, &result) != nil {
				return Page{}, NoAnswer(source, false)
			}
			bucket.Lines = append(bucket.Lines, lines(&result, at)...)
		}
		out.Buckets = append(out.Buckets, bucket)
	}
	return out, nil
}

// IsError tells whether the field "error" of a good answer says that there is one, whatever stands beside it.
func IsError(field json.RawMessage) bool {
	return !slices.Contains([]string{"", "null", "{}", "[]", `""`, "false"}, string(field))
}

// NoAnswer is the error of a good status whose body is not what was asked for.
func NoAnswer(source fleet.SourceID, inside bool) error {
	next := "the answer has no data, or not in the form that was expected; check the url; nothing of it was used"
	if inside {
		next = "it answered 200 with an error inside; nothing of it was used"
	}
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read the bill", Source: source, Next: next}
}

// KeyID is the ID of a key. What is a key itself is not kept.
func KeyID(id Word) string {
	if strings.HasPrefix(string(id), "sk-") {
		return ""
	}
	return string(id)
}
