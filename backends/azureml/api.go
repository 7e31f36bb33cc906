package azureml

import (
	"cmp"
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

// The options that say which workspace it is.
const (
	optSubscription = "subscription"
	optGroup        = "resource_group"
	optWorkspace    = "workspace"
)

// mostPages bounds a list.
const mostPages = 100

// api is one workspace under one credential. It is safe for concurrent use.
type api struct {
	source    fleet.SourceID
	client    *httpx.Client
	workspace string // path of the workspace
}

func open(spec fleet.SourceSpec, auth fleet.SecretRef, deps fleet.Deps) (*api, error) {
	path := ""
	for _, part := range []struct{ option, before string }{
		{optSubscription, "/subscriptions/"}, {optGroup, "/resourceGroups/"}, {optWorkspace, "/providers/" + group + "/workspaces/"}} {
		value := spec.Options[part.option]
		if value == "" {
			return nil, wrong(spec.ID, "option "+part.option+" is missing")
		}
		path += part.before + url.PathEscape(value)
	}
	for name := range spec.Options {
		switch name {
		case optSubscription, optGroup, optWorkspace, "site":
		default:
			return nil, wrong(spec.ID, "there is no option "+fleet.Quote(name).String()+"; there are subscription, resource_group and workspace")
		}
	}
	opt := httpx.For(spec, spec.URL, deps)
	opt.Auth = auth
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	return &api{source: spec.ID, client: client, workspace: path}, nil
}

func wrong(source fleet.SourceID, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the Azure ML workspace", Source: source, Err: errors.New(why),
		Next: "correct its options in the configuration"}
}

// path is where the API keeps an object; parts are a name after each kind.
func (a *api) path(parts ...string) string {
	p := a.workspace
	for i, part := range parts {
		if i%2 == 1 {
			part = url.PathEscape(part)
		}
		p += "/" + part
	}
	return p + "?api-version=" + apiVersion
}

func (a *api) call(ctx context.Context, method, path string, in any) (*httpx.Reply, error) {
	reply, err := a.client.Do(ctx, method, path, in)
	if err != nil {
		return nil, a.told(reply, err)
	}
	return reply, nil
}

// mostSaid bounds a quoted message.
const mostSaid = 300

// What is taken out of refusals that may repeat what was sent: the right that Azure names, and its word for the failure.
var (
	missingRight = regexp.MustCompile(`action '([A-Za-z0-9./]{1,150})'`)
	plainCode    = regexp.MustCompile(`^[A-Za-z]{1,60}$`)
)

// told adds to a refusal what Azure says of it, and says of a token that it is over, which is what most of them come to:
// they live for an hour. What it says of a credential otherwise may hold a part of it, and is left out.
func (a *api) told(reply *httpx.Reply, err error) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok || reply == nil {
		return err
	}
	var body struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(reply.Body, &body) != nil {
		return err
	}
	said := *e
	switch {
	case reply.Status == http.StatusUnauthorized && strings.Contains(body.Error.Code+" "+body.Error.Message, "xpired"):
		said.Err = errors.New("its token has expired")
		said.Next = "tokens of Azure live for about an hour: let auth name a command that gives a new one each time, such as az account " +
			"get-access-token --query accessToken -o tsv"
	case reply.Status == http.StatusForbidden:
		if action := missingRight.FindStringSubmatch(body.Error.Message); action != nil {
			said.Err = fmt.Errorf("%w: it lacks %s", e.Err, action[1])
		}
	case e.Kind == fleet.KindServer:
		if plainCode.MatchString(body.Error.Code) {
			said.Err = fmt.Errorf("%w: %s", e.Err, body.Error.Code)
		}
	case e.Kind == fleet.KindInvalid || e.Kind == fleet.KindConflict:
		if text := cmp.Or(body.Error.Message, body.Error.Code); text != "" {
			said.Err = fmt.Errorf("%w: %s", e.Err, fleet.Quote(text[:min(len(text), mostSaid)]))
		}
	}
	return &said
}

// list reads all pages of a list. The address of the next page is taken for its query only, so that a token goes nowhere
// else.
func (a *api) list(ctx context.Context, path string) ([]json.RawMessage, *httpx.Reply, error) {
	var all []json.RawMessage
	where, _, _ := strings.Cut(path, "?")
	for range mostPages {
		reply, err := a.call(ctx, http.MethodGet, path, nil)
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
			return nil, nil, a.unread("read "+where, "the answer is no list")
		}
		if all = append(all, *page.Value...); page.Next == "" {
			return all, reply, nil
		}
		next, err := url.Parse(page.Next)
		if err != nil || next.RawQuery == "" {
			return nil, nil, a.unread("read "+where, "the address of its next page cannot be read")
		}
		path = where + "?" + next.RawQuery
	}
	return nil, nil, a.unread("read "+where, fmt.Sprintf("it has more than %d pages", mostPages))
}

func (a *api) unread(op, why string) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: op, Source: a.source, Err: errors.New(why), Next: "nothing of it was used"}
}
