package statusfeed

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/regularfile"
	"pitwall/fleet"
)

// maxBody is far above what any feed has: Google's holds all incidents of years in some hundred kilobytes.
const maxBody = 4 << 20

// page is the last answer of one path with what it is asked again by.
type page struct {
	body  []byte
	known httpx.Validator
}

// fetched is the text of a feed, in UTF-8.
type fetched struct {
	body    []byte
	date    fleet.Maybe[time.Time] // of the server
	written time.Time              // of a file
}

// fetch reads the feed from where it is configured.
func (r *reader) fetch(ctx context.Context) (fetched, error) {
	if r.client != nil {
		return r.get(ctx, r.format.path)
	}
	body, written, err := regularfile.Read(r.spec.File, maxBody)
	if err != nil {
		return fetched{}, regularfile.Problem(r.spec.ID, err)
	}
	if age := r.clock.Now().Sub(written); age > r.oldest {
		return fetched{}, regularfile.TooOld(r.spec.ID, age)
	}
	text, err := r.text(body)
	return fetched{body: text, written: written.UTC()}, err
}

// get reads one page, or takes the last answer again where the server says that it still holds.
func (r *reader) get(ctx context.Context, path string) (fetched, error) {
	r.mu.Lock()
	last := r.pages[path]
	r.mu.Unlock()
	reply, err := r.client.GetNewer(ctx, path, "", last.known)
	if err != nil {
		return fetched{}, r.challenge(reply, err)
	}
	if reply.Status == http.StatusNotModified {
		return fetched{body: last.body, date: reply.ServerTime}, nil
	}
	text, err := r.text(reply.Body)
	if err != nil {
		return fetched{}, err
	}
	r.mu.Lock()
	r.pages[path] = page{body: text, known: httpx.ValidatorOf(reply)}
	r.mu.Unlock()
	return fetched{body: text, date: reply.ServerTime}, nil
}

// forget asks for the whole page next time: what was answered cannot be used.
func (r *reader) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.pages)
}

// text is a body in UTF-8, by its byte order mark: AWS publishes in UTF-16.
func (r *reader) text(body []byte) ([]byte, error) {
	switch {
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		return r.utf16(body[2:], func(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) })
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}):
		return r.utf16(body[2:], func(b []byte) uint16 { return uint16(b[1])<<8 | uint16(b[0]) })
	}
	body = bytes.TrimPrefix(body, []byte{0xef, 0xbb, 0xbf})
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, r.unread("the answer is empty")
	}
	return body, nil
}

func (r *reader) utf16(b []byte, unit func([]byte) uint16) ([]byte, error) {
	if len(b)%2 != 0 {
		return nil, r.unread("its text in UTF-16 ends in the middle of a character")
	}
	if len(b) == 0 {
		return nil, r.unread("the answer is empty")
	}
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) > 0; b = b[2:] {
		units = append(units, unit(b))
	}
	out := make([]byte, 0, len(units))
	for _, c := range utf16.Decode(units) {
		out = utf8.AppendRune(out, c)
	}
	return out, nil
}

func isHTML(body []byte) bool {
	head := strings.ToLower(string(bytes.TrimSpace(body[:min(len(body), 256)])))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html")
}

// json decodes a body; what is no JSON is said in words and asked for whole next time.
func (r *reader) json(body []byte, v any) error {
	if isHTML(body) {
		r.forget()
		return r.unread("the answer is a web page, not the feed")
	}
	if httpx.TooDeep(body) {
		r.forget()
		return r.unread("JSON nested deeper than 64 levels")
	}
	if err := json.Unmarshal(body, v); err != nil {
		r.forget()
		return r.unread("the answer is cut off or is not the JSON that was expected")
	}
	return nil
}

// moment reads a time as feeds write it.
func moment(texts ...string) fleet.Maybe[time.Time] {
	for _, text := range texts {
		for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123, "Mon, 02 Jan 2006 15:04:05 Z", "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil && t.Year() > 2000 {
				return fleet.Some(t.UTC())
			}
		}
	}
	return fleet.None[time.Time]()
}
