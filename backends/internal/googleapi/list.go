package googleapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// List is a list of all its pages.
type List struct {
	Items []json.RawMessage
	First *httpx.Reply
	Last  *httpx.Reply
	Named bool // the first page has the key of the items; Google leaves out what is empty
}

// Listing says what is listed. Get reads one address.
type Listing struct {
	Source fleet.SourceID
	Path   string
	Query  url.Values // without that of pages; nil for none
	Key    string     // what the items are under
	Pages  int        // the most that are read
	Get    func(ctx context.Context, path string) (*httpx.Reply, error)
}

// Read reads all pages. A list with more of them than are read is refused, as is an error inside of a good answer.
func (l Listing) Read(ctx context.Context) (List, error) {
	var out List
	q := url.Values{}
	for k, v := range l.Query {
		q[k] = v
	}
	for range l.Pages {
		path := l.Path
		if len(q) > 0 {
			path += "?" + q.Encode()
		}
		reply, err := l.Get(ctx, path)
		if err != nil {
			return List{}, err
		}
		next, err := l.take(&out, reply)
		if err != nil {
			return List{}, err
		}
		if next == "" {
			return out, nil
		}
		q.Set("pageToken", next)
	}
	return List{}, l.unread(fmt.Sprintf("it has more than %d pages", l.Pages))
}

// take adds one page and returns the token of the next.
func (l Listing) take(out *List, reply *httpx.Reply) (string, error) {
	page := map[string]json.RawMessage{}
	if err := reply.JSON(&page); err != nil {
		return "", err
	}
	if _, ok := page["error"]; ok {
		r, _ := RefusalOf(reply.Body)
		return "", l.unread("a good answer holds an error in place of a list: " + cmp.Or(r.Reason, r.Status, "without a status"))
	}
	var items []json.RawMessage
	var next string
	for name, into := range map[string]any{l.Key: &items, "nextPageToken": &next} {
		if raw, ok := page[name]; ok && json.Unmarshal(raw, into) != nil {
			return "", l.unread("its " + name + " cannot be read")
		}
	}
	if out.First == nil {
		out.First, out.Named = reply, items != nil
	}
	out.Last, out.Items = reply, append(out.Items, items...)
	return next, nil
}

func (l Listing) unread(why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + l.Path, Source: l.Source, Err: errors.New(why), Next: "nothing of it was used"}
}
