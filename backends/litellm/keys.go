package litellm

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// keyCache is how long a LiteLLM that is not told of a change goes by the key or the team that it has cached
// (general_settings.user_api_key_cache_ttl). Up to 1.81 each answer with a key cached it anew, so that a busy key was served on for as
// long as it was busy: that is why every replica is told.
const keyCache = 60 * time.Second

// mostNamesakes bounds the keys of one alias that are listed.
const mostNamesakes = 100

// numberOf is a number that may be absent, exact.
type numberOf struct{ fleet.Maybe[decimal.Decimal] }

func (n *numberOf) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" || text == "" {
		return nil
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return fmt.Errorf("%s is no number", fleet.Quote(text))
	}
	n.Maybe = fleet.Some(d)
	return nil
}

func (n numberOf) money() fleet.Maybe[fleet.Money] {
	if !n.OK {
		return fleet.None[fleet.Money]()
	}
	return fleet.Some(fleet.NewMoney(n.V, fleet.USD))
}

func (n numberOf) whole() fleet.Maybe[int64] {
	if !n.OK {
		return fleet.None[int64]()
	}
	return fleet.Some(n.V.IntPart())
}

// holderRow is what a key and a team have in common in LiteLLM's answers.
type holderRow struct {
	Token     string     `json:"token"`
	Alias     string     `json:"key_alias"`
	Team      string     `json:"team_id"`
	TeamAlias string     `json:"team_alias"`
	Spend     numberOf   `json:"spend"`
	Budget    numberOf   `json:"max_budget"`
	Per       string     `json:"budget_duration"`
	Resets    *time.Time `json:"budget_reset_at"`
	TPM       numberOf   `json:"tpm_limit"`
	RPM       numberOf   `json:"rpm_limit"`
	Blocked   *bool      `json:"blocked"`
	Models    []string   `json:"models"`
	Deleted   *string    `json:"deleted_at"`
	Shared    *struct {
		ID     string   `json:"budget_id"`
		Budget numberOf `json:"max_budget"`
		TPM    numberOf `json:"tpm_limit"`
		RPM    numberOf `json:"rpm_limit"`
	} `json:"litellm_budget_table"`
}

func (r *holderRow) state() fleet.KeyState {
	blocked := r.Blocked != nil && *r.Blocked
	return fleet.KeyState{Blocked: blocked, Budget: r.Budget.money(), Per: r.Per, TPM: r.TPM.whole(), RPM: r.RPM.whole()}
}

func (r *holderRow) holder(ref fleet.KeyRef, at time.Time) fleet.KeyHolder {
	h := fleet.KeyHolder{KeyRef: ref, State: r.state(), Spent: r.Spend.money(), At: at, Cached: keyCache}
	if h.Alias = r.Alias; ref.Team {
		h.Alias = r.TeamAlias
	} else {
		h.Owner = r.Team
	}
	if r.Resets != nil {
		h.Resets = fleet.Some(r.Resets.UTC())
	}
	for _, m := range r.Models {
		if m == "*" || strings.HasPrefix(m, "all-") || strings.ContainsAny(m, "*") {
			h.Routes = nil // LiteLLM's words for every model, and patterns
			break
		}
		h.Routes = append(h.Routes, fleet.RouteID(m))
	}
	if b := r.Shared; b != nil && (b.Budget.OK || b.TPM.OK || b.RPM.OK) {
		h.LimitsWhy = fleet.Concat(fleet.Text("they come from LiteLLM's budget "), fleet.Label(b.ID), fleet.Text(", which others may share: "+
			"change that in LiteLLM"))
	}
	return h
}

// keyReader looks keys and teams up by the first replica that answers: all read one database.
type keyReader struct{ gateway }

func newKeyReader(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.KeyReader, error) {
	g, err := openGateway(spec, spec.Auth, deps)
	if err != nil {
		return nil, err
	}
	return &keyReader{g}, nil
}

// Holder implements fleet.KeyReader.
func (k *keyReader) Holder(ctx context.Context, ref fleet.KeyRef) (fleet.KeyHolder, error) {
	var first error
	for _, rep := range k.replicas {
		h, err := func() (fleet.KeyHolder, error) {
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			defer cancel()
			return rep.api.holder(ctx, ref, k.clock.Now())
		}()
		switch fleet.KindOf(err) {
		case "":
			return h, nil
		case fleet.KindUnreachable, fleet.KindTimeout, fleet.KindServer:
			first = cmpOr(first, err)
			continue
		default:
			return h, err
		}
	}
	return fleet.KeyHolder{}, cmpOr(first, error(&fleet.Error{Kind: fleet.KindUnreachable, Op: lookUp(ref),
		Next: "the gateway has no replica"}))
}

func lookUp(ref fleet.KeyRef) string { return "look up " + ref.Text().String() }

// holder finds a key by its hash or its alias, and a team by its ID or its alias.
func (a *api) holder(ctx context.Context, ref fleet.KeyRef, at time.Time) (fleet.KeyHolder, error) {
	if ref.ID == "" {
		id, err := a.named(ctx, ref)
		if err != nil {
			return fleet.KeyHolder{}, err
		}
		ref.ID = id
	}
	row, keys, err := a.holderRow(ctx, ref)
	if err != nil {
		return fleet.KeyHolder{}, err
	}
	h := row.holder(ref, at)
	h.Keys = keys
	return h, nil
}

// holderRow reads what is stored, and of a team how many keys it has.
func (a *api) holderRow(ctx context.Context, ref fleet.KeyRef) (holderRow, fleet.Maybe[int], error) {
	if !ref.Team {
		var answer struct {
			Info holderRow `json:"info"`
		}
		err := a.ask(ctx, ref, "/key/info?key="+url.QueryEscape(ref.ID), &answer)
		if err == nil && answer.Info.Deleted != nil {
			err = noSuch(ref, "it was deleted")
		}
		return answer.Info, fleet.None[int](), err
	}
	var answer struct {
		Info *holderRow        `json:"team_info"`
		Keys []json.RawMessage `json:"keys"`
	}
	if err := a.ask(ctx, ref, "/team/info?team_id="+url.QueryEscape(ref.ID), &answer); err != nil {
		return holderRow{}, fleet.None[int](), err
	}
	if answer.Info == nil || answer.Info.Team != ref.ID {
		return holderRow{}, fleet.None[int](), a.invalid(lookUp(ref), fmt.Errorf("the answer is of no team, or of another"))
	}
	return *answer.Info, fleet.Some(len(answer.Keys)), nil
}

// named finds the one that has an alias.
func (a *api) named(ctx context.Context, ref fleet.KeyRef) (string, error) {
	var ids []string
	if ref.Team {
		var list []holderRow
		if err := a.ask(ctx, ref, "/team/list", &list); err != nil {
			return "", err
		}
		for i := range list {
			if list[i].Team == ref.Alias {
				return ref.Alias, nil
			}
			if list[i].TeamAlias == ref.Alias {
				ids = append(ids, list[i].Team)
			}
		}
	} else {
		var answer struct {
			Keys []holderRow `json:"keys"`
		}
		path := fmt.Sprintf("/key/list?return_full_object=true&size=%d&key_alias=%s", mostNamesakes, url.QueryEscape(ref.Alias))
		if err := a.ask(ctx, ref, path, &answer); err != nil {
			return "", err
		}
		for i := range answer.Keys {
			if answer.Keys[i].Alias == ref.Alias { // some versions match a part
				ids = append(ids, answer.Keys[i].Token)
			}
		}
	}
	switch len(ids) {
	case 0:
		return "", noSuch(ref, "")
	case 1:
		return ids[0], nil
	}
	return "", &fleet.Error{Kind: fleet.KindInvalid, Op: lookUp(ref),
		Err: fmt.Errorf("%d %ss have this alias: name one by its hash or ID", len(ids), ref.Kind())}
}

func noSuch(ref fleet.KeyRef, why string) error {
	err := fmt.Errorf("LiteLLM has no such %s", ref.Kind())
	if why != "" {
		err = fmt.Errorf("LiteLLM has no such %s any more: %s", ref.Kind(), why)
	}
	return &fleet.Error{Kind: fleet.KindNotFound, Op: lookUp(ref), Err: err,
		Next: "nothing was changed; " + ref.Kind() + "s are named by alias, or by the hash or ID that LiteLLM shows"}
}

func (a *api) ask(ctx context.Context, ref fleet.KeyRef, path string, into any) error {
	reply, err := a.client.Do(ctx, http.MethodGet, path, nil)
	if err == nil {
		return reply.JSON(into)
	}
	if fleet.KindOf(err) == fleet.KindServer { // 1.106 without a database falls over /key/info, and does not say why
		if r, _, other := a.readiness(ctx); other == nil && r.DB == dbNone {
			return a.cannot(lookUp(ref), keylessMode)
		}
	}
	return a.keyRefusal(lookUp(ref), ref, reply, err)
}

// keylessMode is what to do where there are no keys.
const keylessMode = "this LiteLLM runs without a database: it has no keys but the master key, and no teams; what may be spent is limited " +
	"where its clients get the key"

// keyRefusal says which right or which database is lacking.
func (a *api) keyRefusal(op string, ref fleet.KeyRef, reply *httpx.Reply, err error) error {
	if reply != nil && containsAny(string(reply.Body), "Database not connected", "DB not connected", "No DB Connected", "no_db_connection",
		"No connected db") {
		return a.cannot(op, keylessMode)
	}
	kind := fleet.KindOf(err)
	if kind == fleet.KindAuth {
		return &fleet.Error{Kind: fleet.KindAuth, Op: op, Source: a.source, Err: err, Next: "reading and changing keys and teams takes a proxy " +
			"admin's key (or, newer than 1.81, one of an admin of the team): the key that pitwall has is none; nothing was written"}
	}
	if kind == fleet.KindNotFound {
		return noSuch(ref, "")
	}
	return a.refusal(op, reply, err)
}
