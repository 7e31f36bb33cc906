package litellmcosts

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/litellmapi"
	"pitwall/fleet"
)

// holder is a key or a team with what it may spend. The name of a key repeats a part of it and is not read.
type holder struct {
	Hash     bills.Word   `json:"token"`
	KeyAlias bills.Word   `json:"key_alias"`
	Team     bills.Word   `json:"team_id"`
	Alias    bills.Word   `json:"team_alias"`
	Spend    bills.Number `json:"spend"`
	Blocked  *bool        `json:"blocked"`
	budget
	Shared *budget `json:"litellm_budget_table"` // of several keys, where it has none of its own
}

// budget is what may be spent and sent.
type budget struct {
	Max   bills.Number  `json:"max_budget"`
	Soft  bills.Number  `json:"soft_budget"`
	Per   bills.Word    `json:"budget_duration"`
	Reset litellmapi.At `json:"budget_reset_at"`
	TPM   bills.Number  `json:"tpm_limit"`
	RPM   bills.Number  `json:"rpm_limit"`
}

// limits are those that a holder has: a hard and a soft one. Spent is of the running period.
func (h *holder) limits(of fleet.Safe, odd *bills.Odd) (out []fleet.SpendLimit) {
	h.share()
	l := fleet.SpendLimit{Of: of, Hard: true, Max: bills.Money(h.Max.Maybe, fleet.USD), Spent: bills.Money(h.Spend.Maybe, fleet.USD),
		Per: length(string(h.Per)), Reset: h.Reset.Maybe, Key: bills.KeyID(h.Hash), Team: string(h.Team)}
	if h.Max.Odd || h.Spend.Odd || h.Max.OK && h.Max.V.IsNegative() {
		odd.Say(fleet.Text("a budget of a key or team is no number of dollars: it is unknown"))
		l.Max = fleet.None[fleet.Money]()
	}
	if h.Blocked != nil {
		if l.Blocked = fleet.Some(*h.Blocked); *h.Blocked {
			l.Enforcing = fleet.Text("blocked")
		}
	}
	l.Rates = h.rates()
	if l.Max.OK || h.Max.Odd || l.Blocked.V || len(l.Rates) > 0 {
		out = append(out, l)
	}
	if soft := bills.Money(h.Soft.Maybe, fleet.USD); soft.OK && soft.V.Amount().IsPositive() {
		l.Max, l.Hard, l.Rates, l.Enforcing = soft, false, nil, fleet.Safe{}
		out = append(out, l)
	}
	return out
}

// share takes over what a shared budget says and the holder itself does not.
func (h *holder) share() {
	s := h.Shared
	if s == nil {
		return
	}
	if !h.Max.OK && !h.Max.Odd {
		h.Max, h.Soft, h.Per, h.Reset = s.Max, s.Soft, s.Per, s.Reset
	}
	for own, shared := range map[*bills.Number]bills.Number{&h.TPM: s.TPM, &h.RPM: s.RPM} {
		if !own.OK {
			*own = shared
		}
	}
}

// rates are what may be sent in a minute.
func (h *holder) rates() (out []fleet.Limit) {
	for _, x := range []struct {
		kind fleet.LimitKind
		most bills.Number
	}{{fleet.LimitRPM, h.RPM}, {fleet.LimitTPM, h.TPM}} {
		if x.most.OK && !x.most.V.IsNegative() {
			out = append(out, fleet.Limit{Kind: x.kind, Max: fleet.Some(x.most.V.InexactFloat64())})
		}
	}
	return out
}

// length reads how LiteLLM writes a period: "30s", "30m", "12h", "30d", "1w", "1mo".
func length(text string) time.Duration {
	digits := strings.TrimRight(text, "smhdwo")
	n, err := strconv.Atoi(digits)
	const most = 10_000
	if err != nil || n <= 0 || n > most {
		return 0
	}
	const day = 24 * time.Hour
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": 7 * day, "mo": 30 * day}
	return time.Duration(n) * units[text[len(digits):]]
}

// teams are all teams, in one answer.
func (r *reader) teams(ctx context.Context, odd *bills.Odd) (out []fleet.SpendLimit, err error) {
	var list []holder
	reply, err := r.client.Get(ctx, "/team/list", nil)
	if err == nil {
		err = reply.JSON(&list)
	}
	for i := range list {
		h := &list[i]
		name := h.Alias
		if name == "" {
			name = h.Team
		}
		out = append(out, h.limits(fleet.Concat(fleet.Text("team "), fleet.Quote(string(name))), odd)...)
	}
	return out, err
}

// keys are all keys, page by page.
func (r *reader) keys(ctx context.Context, odd *bills.Odd) (out []fleet.SpendLimit, err error) {
	const most, size = 64, "100"
	for page := 1; page <= most; page++ {
		q := url.Values{"page": {strconv.Itoa(page)}, "size": {size}, "return_full_object": {"true"}, "include_team_keys": {"true"}}
		reply, err := r.client.Get(ctx, "/key/list", q)
		if err != nil {
			return out, err
		}
		var answer struct {
			Keys  *[]json.RawMessage `json:"keys"`
			Pages bills.Number       `json:"total_pages"`
		}
		if err := reply.JSON(&answer); err != nil {
			return out, err
		}
		if answer.Keys == nil {
			return out, bills.NoAnswer(r.client.Source, false)
		}
		for _, raw := range *answer.Keys {
			var h holder
			if json.Unmarshal(raw, &h) != nil { // the hash alone, of a version that tells no more
				odd.Say(fleet.Text("what a key may spend is not told"))
				continue
			}
			out = append(out, h.limits(h.keyName(), odd)...)
		}
		if len(*answer.Keys) == 0 || !answer.Pages.OK || answer.Pages.V.IntPart() <= int64(page) {
			return out, nil
		}
	}
	odd.Say(fleet.Text("there are more than 6,400 keys: budgets of the others are unknown"))
	return out, nil
}

// keyName is a key's alias, or the begin of its hash.
func (h *holder) keyName() fleet.Safe {
	const short = 8
	if h.KeyAlias != "" {
		return fleet.Concat(fleet.Text("key "), fleet.Quote(string(h.KeyAlias)))
	}
	id := bills.KeyID(h.Hash)
	return fleet.Concat(fleet.Text("key without an alias, "), fleet.Quote(id[:min(short, len(id))]))
}
