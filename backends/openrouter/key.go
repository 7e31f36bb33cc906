package openrouter

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// key is what OpenRouter says of the key that asks. Its label repeats a part of the key and is not read; its rate limit is
// declared to mean nothing.
type key struct {
	limit, remaining fleet.Maybe[float64] // US dollars
	reset            string
	free, management bool
	expires          fleet.Maybe[time.Time]
	nonsense         bool // a figure is none
}

func readKey(source fleet.SourceID, reply *httpx.Reply) (key, error) {
	var page struct {
		Data *struct {
			Limit      json.RawMessage `json:"limit"`
			Remaining  json.RawMessage `json:"limit_remaining"`
			Reset      *string         `json:"limit_reset"`
			Free       bool            `json:"is_free_tier"`
			Management bool            `json:"is_management_key"`
			Expires    *string         `json:"expires_at"`
		} `json:"data"`
		Error *struct {
			Code json.RawMessage `json:"code"`
		} `json:"error"`
	}
	if err := reply.JSON(&page); err != nil {
		return key{}, err
	}
	if page.Data == nil {
		fail := &fleet.Error{Kind: fleet.KindInvalid, Op: "read the key", Source: source,
			Next: "the answer says nothing of the key; check the url; nothing of it was used"}
		if page.Error != nil {
			fail.Next = "it answered 200 with an error inside; nothing of it was used"
			if code := string(page.Error.Code); code == "401" || code == "403" {
				fail.Kind, fail.Next = fleet.KindAuth, "it answered 200 with a refusal inside: set or renew the credential of this source"
			}
		}
		return key{}, fail
	}
	d := page.Data
	k := key{free: d.Free, management: d.Management}
	if d.Reset != nil {
		k.reset = *d.Reset
	}
	if d.Expires != nil {
		if at, err := time.Parse(time.RFC3339, *d.Expires); err == nil {
			k.expires = fleet.Some(at)
		} else {
			k.nonsense = true
		}
	}
	k.limit, k.remaining = k.dollars(d.Limit), k.dollars(d.Remaining)
	if k.limit.OK && k.limit.V < 0 || k.remaining.OK && k.limit.OK && k.remaining.V > k.limit.V {
		k.limit, k.remaining, k.nonsense = fleet.None[float64](), fleet.None[float64](), true
	}
	if k.remaining.OK { // what was spent beyond the limit leaves nothing
		k.remaining.V = max(0, k.remaining.V)
	}
	return k, nil
}

// dollars reads an amount; null and absent ones are unknown.
func (k *key) dollars(raw json.RawMessage) fleet.Maybe[float64] {
	if len(raw) == 0 || string(raw) == "null" {
		return fleet.None[float64]()
	}
	var v float64
	if json.Unmarshal(raw, &v) != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		k.nonsense = true
		return fleet.None[float64]()
	}
	return fleet.Some(v)
}

// soon is how long before its end a key is spoken of.
const soon = 7 * 24 * time.Hour

func (k *key) remarks(now time.Time) []fleet.Notice {
	var out []fleet.Notice
	say := func(level fleet.Level, text fleet.Safe) { out = append(out, fleet.Notice{Level: level, Text: text}) }
	if k.management {
		say(fleet.LevelWarn, fleet.Text("this is a management key: it reads the account and calls no model"))
	}
	if k.free {
		say(fleet.LevelInfo, fleet.Text("nothing was ever paid into the account: only free models answer, few times a day"))
	}
	if k.nonsense {
		say(fleet.LevelWarn, fleet.Text("what it says of the key's credit or end is nonsense, and was left out"))
	}
	if k.expires.OK {
		switch left := k.expires.V.Sub(now); {
		case left <= 0:
			say(fleet.LevelWarn, fleet.Text("the key has expired"))
		case left < soon:
			say(fleet.LevelWarn, fleet.Concat(fleet.Text("the key expires on "), fleet.Quote(k.expires.V.UTC().Format(time.DateOnly))))
		}
	}
	return out
}

// credit is what the key may still spend. Without a limit of its own nothing is known of it, but that a management key may
// ask for the account's balance.
func (r *reader) credit(ctx context.Context, k *key, server fleet.Maybe[time.Time], now time.Time) fleet.Limit {
	l := fleet.Limit{Kind: fleet.LimitCredit, Max: k.limit, Remaining: k.remaining, At: now}
	if k.limit.OK {
		l.Reset = rented.ResetAt(k.reset, server.Or(now), now)
		return l
	}
	if !k.management {
		return l
	}
	reply, err := r.get(ctx, "/credits")
	if err != nil {
		return l // the models are read on; what ended the time ends them too
	}
	var page struct {
		Data struct {
			Bought *float64 `json:"total_credits"`
			Used   *float64 `json:"total_usage"`
		} `json:"data"`
	}
	if reply.JSON(&page) != nil || page.Data.Bought == nil || page.Data.Used == nil || *page.Data.Bought < 0 || *page.Data.Used < 0 {
		return l
	}
	l.Max, l.Remaining = fleet.Some(*page.Data.Bought), fleet.Some(max(0, *page.Data.Bought-*page.Data.Used))
	return l
}
