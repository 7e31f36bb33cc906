// Package azureapi is what Azure's APIs have in common: how they refuse, and how they part a list into pages. It must hold no
// credential.
package azureapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Refusal is Azure's reason for a refusal. Message is text from outside, which may repeat what was sent.
type Refusal struct {
	Code    string
	Message string
}

// RefusalOf reads the body of a refusal. It says false where that is no JSON of this form.
func RefusalOf(body []byte) (Refusal, bool) {
	var answer struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return Refusal{}, false
	}
	return Refusal(answer.Error), true
}

// What is taken out of refusals that may repeat what was sent: a word for the failure, and the right that is missing.
var (
	plain        = regexp.MustCompile(`^[A-Za-z]{1,60}$`)
	missingRight = regexp.MustCompile(`action '([A-Za-z0-9./]{1,150})'`)
)

// Explained adds to the error of a refusal Azure's own words for it, never its message: that may repeat a credential. Of a token
// it says that it is over, which is what most of them come to: they live for an hour.
func Explained(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	r, ok := RefusalOf(reply.Body)
	if !ok {
		return err
	}
	said := *e
	action := missingRight.FindStringSubmatch(r.Message)
	switch {
	case reply.Status == http.StatusUnauthorized && strings.Contains(r.Code+" "+r.Message, "xpired"):
		said.Err = errors.New("its token has expired")
		said.Next = "tokens of Azure live for about an hour: let auth name a command that gives a new one each time, such as az account " +
			"get-access-token --query accessToken -o tsv"
	case reply.Status == http.StatusForbidden && action != nil:
		said.Err = fmt.Errorf("%w: it lacks %s", e.Err, action[1])
	case plain.MatchString(r.Code):
		said.Err = fmt.Errorf("%w: %s", e.Err, r.Code)
	}
	return &said
}

// Listing says what is listed. Get reads one address.
type Listing struct {
	Source fleet.SourceID
	Path   string // with its query
	Pages  int    // the most that are read
	Get    func(ctx context.Context, path string) (*httpx.Reply, error)
}

// Read reads all pages of a list and returns the last answer too. The address of the next page is taken for its query only, so
// that a token goes nowhere else.
func (l Listing) Read(ctx context.Context) ([]json.RawMessage, *httpx.Reply, error) {
	var all []json.RawMessage
	path := l.Path
	where, _, _ := strings.Cut(path, "?")
	for range l.Pages {
		reply, err := l.Get(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		var page struct {
			Value *[]json.RawMessage `json:"value"`
			Next  string             `json:"nextLink"`
		}
		if err := reply.JSON(&page); err != nil {
			return nil, nil, err
		}
		if page.Value == nil {
			return nil, nil, l.unread(where, "the answer is no list")
		}
		if all = append(all, *page.Value...); page.Next == "" {
			return all, reply, nil
		}
		next, err := url.Parse(page.Next)
		if err != nil || next.RawQuery == "" {
			return nil, nil, l.unread(where, "the address of its next page cannot be read")
		}
		path = where + "?" + next.RawQuery
	}
	return nil, nil, l.unread(where, fmt.Sprintf("it has more than %d pages", l.Pages))
}

func (l Listing) unread(where, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + where, Source: l.Source, Err: errors.New(why), Next: "nothing of it was used"}
}
