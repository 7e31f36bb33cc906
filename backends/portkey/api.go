package portkey

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// The options of the connector.
const (
	optConfigs   = "configs"   // slugs of the configs that are read, with commas between; all without it
	optWorkspace = "workspace" // slug of the workspace whose analytics are asked; none without it
)

// mostConfigs bounds how many configs are read, each by a call of its own.
const mostConfigs = 500

// api is one control plane under one key. It is safe for concurrent use.
type api struct {
	source fleet.SourceID
	client *httpx.Client
	only   []string // slugs; none for all

	mu       sync.Mutex
	seen     fleet.Maybe[time.Time] // what the control plane's clock said last
	nameless int                    // configs of the last list whose slugs no route can be called by
}

func open(source fleet.SourceID, opt httpx.Options, options map[string]string) (*api, error) {
	for name := range options {
		if name != optConfigs && name != optWorkspace {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "open Portkey", Source: source,
				Err: fmt.Errorf("there is no option %s; there are configs and workspace", fleet.Quote(name))}
		}
	}
	opt.Header = "x-portkey-api-key"
	client, err := httpx.New(opt)
	if err != nil {
		return nil, err
	}
	a := &api{source: source, client: client}
	for slug := range strings.SplitSeq(options[optConfigs], ",") {
		if slug = strings.TrimSpace(slug); slug != "" {
			a.only = append(a.only, slug)
		}
	}
	return a, nil
}

// call sends one request and reads the answer. What Portkey says of a refusal may repeat what was sent to it, credentials
// among it, and is left out.
func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	reply, err := a.client.Do(ctx, method, path, in)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.seen = reply.ServerTime
	a.mu.Unlock()
	return reply.JSON(out)
}

func (a *api) serverTime() fleet.Maybe[time.Time] {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen
}

// stored is what lists tell of a config, or of one version of it. What else there is, such as the text of a version, is not
// kept.
type stored struct {
	ID        string `json:"id"`
	Slug      string `json:"slug"`
	Status    string `json:"status"`
	UpdatedBy string `json:"updated_by"`
	UpdatedAt string `json:"last_updated_at"`
	VersionID string `json:"version_id"`
}

func (s *stored) time() fleet.Maybe[time.Time] {
	t, err := time.Parse(time.RFC3339, s.UpdatedAt)
	return fleet.Maybe[time.Time]{V: t.UTC(), OK: err == nil}
}

// active is the status of configs that gateways take; one that is not told counts as this.
const active = "active"

// configs lists those that are in use.
func (a *api) configs(ctx context.Context) ([]stored, error) {
	var answer struct {
		Success *bool     `json:"success"`
		Data    *[]stored `json:"data"`
	}
	if err := a.call(ctx, http.MethodGet, "/configs", nil, &answer); err != nil {
		return nil, err
	}
	const op = "read /configs"
	switch {
	case answer.Success != nil && !*answer.Success:
		return nil, a.fault(fleet.KindServer, op, "it answers that it did not succeed", "it is asked again later")
	case answer.Data == nil:
		return nil, a.fault(fleet.KindInvalid, op, "the answer holds no list", "nothing of it was used")
	}
	var list []stored
	nameless := 0
	for _, c := range *answer.Data {
		switch {
		case c.Status != "" && c.Status != active:
		case len(a.only) > 0 && !slices.Contains(a.only, c.Slug):
		case !isSlug(c.Slug):
			nameless++
		default:
			list = append(list, c)
		}
	}
	if len(list) > mostConfigs {
		return nil, a.fault(fleet.KindInvalid, op, fmt.Sprintf("there are %d configs, and each takes a call", len(list)),
			fmt.Sprintf("name at most %d in the option configs", mostConfigs))
	}
	a.mu.Lock()
	a.nameless = nameless
	a.mu.Unlock()
	return list, nil
}

func (a *api) withoutName() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.nameless
}

// isSlug tells whether a text can stand in a path, and in a route's name before a slash.
func isSlug(s string) bool {
	ok := s != "" && len(s) <= 200 && strings.Trim(s, ".") != ""
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
	}
	return ok
}

func path(slug string) string { return "/configs/" + url.PathEscape(slug) }

// config reads one config, which comes as an object or as a text that holds it.
func (a *api) config(ctx context.Context, slug string) (json.RawMessage, error) {
	var answer struct {
		Data struct {
			Config json.RawMessage `json:"config"`
		} `json:"data"`
	}
	if err := a.call(ctx, http.MethodGet, path(slug), nil, &answer); err != nil {
		return nil, err
	}
	body, err := asObject(answer.Data.Config)
	if err != nil {
		return nil, a.fault(fleet.KindInvalid, "read "+path(slug), err.Error(), "nothing of it was used")
	}
	return body, nil
}

var errNoConfig = errors.New("the answer holds no config, neither as an object nor as a text of one")

func asObject(raw json.RawMessage) (json.RawMessage, error) {
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		raw = json.RawMessage(text)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		return nil, errNoConfig
	}
	return raw, nil
}

// versions lists those of one config that are kept.
func (a *api) versions(ctx context.Context, slug string) ([]stored, error) {
	var answer struct {
		Data []stored `json:"data"`
	}
	if err := a.call(ctx, http.MethodGet, path(slug)+"/versions", nil, &answer); err != nil {
		return nil, err
	}
	for _, v := range answer.Data {
		if v.VersionID == "" {
			return nil, a.fault(fleet.KindInvalid, "read "+path(slug)+"/versions", "a version has no version_id", "nothing of it was used")
		}
	}
	if len(answer.Data) == 0 {
		return nil, a.fault(fleet.KindUnsupported, "read "+path(slug)+"/versions", "it lists no version, and only these tell whether "+
			"somebody else saved the config meanwhile", "change it in Portkey")
	}
	return answer.Data, nil
}

// put saves a config in the place of the one of its slug, and says as which version.
func (a *api) put(ctx context.Context, slug string, config any) (version string, err error) {
	var answer struct {
		Success *bool `json:"success"`
		Data    struct {
			VersionID string `json:"version_id"`
		} `json:"data"`
	}
	if err := a.call(ctx, http.MethodPut, path(slug), map[string]any{"config": config}, &answer); err != nil {
		return "", err
	}
	const next = "read what holds before the next write"
	switch {
	case answer.Success != nil && !*answer.Success:
		return "", a.fault(fleet.KindServer, "send to "+path(slug), "it answers that it did not succeed", next)
	case answer.Data.VersionID == "":
		return "", a.fault(fleet.KindServer, "send to "+path(slug), "it does not say as which version it kept the config", next)
	}
	return answer.Data.VersionID, nil
}

func (a *api) fault(kind fleet.Kind, op, text, next string) error {
	return &fleet.Error{Kind: kind, Op: op, Source: a.source, Err: errors.New(text), Next: next}
}
