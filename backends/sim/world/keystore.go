package world

import (
	"net/http"
	"time"
)

// HolderRow is what the database has of a key or a team beside its spec.
type HolderRow struct {
	Blocked  bool
	Budget   *float64 // US dollars in Per; nil for none
	Per      string   // "1mo", "1d"; "" for a budget that never begins anew
	ResetAt  time.Time
	TPM, RPM *int64
	// Before is what was spent in the period before the simulation began, less what it counted in earlier periods; Told says that it is
	// known.
	Before float64
	Told   bool
}

// KeyRules are how the gateways' version treats keys.
type KeyRules struct {
	OverBudget int  // the status of a request whose budget is spent
	Recaches   bool // each answer with a key caches it anew (LiteLLM 1.81)
}

// HolderRef is a key by its hash, or a team by its ID.
type HolderRef struct {
	Team bool
	ID   string
}

// keyCacheTime is how long a replica goes by what it has cached (user_api_key_cache_ttl).
const keyCacheTime = 60.0

// cachedRow is a row in a replica's cache.
type cachedRow struct {
	row   HolderRow
	until float64
}

// holders are the rows of keys and teams. Their budgets begin with each month.
func holders(spec *Spec) map[HolderRef]*HolderRow {
	rows := map[HolderRef]*HolderRow{}
	for i := range spec.Keys {
		k := &spec.Keys[i]
		rows[HolderRef{ID: k.Hash}] = budgeted(k.Budget, spec.Start)
		team := HolderRef{Team: true, ID: k.Team}
		sum := k.Budget
		if was := rows[team]; was != nil && was.Budget != nil {
			sum += *was.Budget
		}
		rows[team] = budgeted(sum, spec.Start)
	}
	return rows
}

func budgeted(budget float64, start time.Time) *HolderRow {
	if budget == 0 {
		return &HolderRow{}
	}
	return &HolderRow{Budget: &budget, Per: "1mo", ResetAt: NextPeriod("1mo", start)}
}

// NextPeriod is when a period begins anew, on the boundaries that LiteLLM snaps to: the day, Monday, the month.
func NextPeriod(per string, now time.Time) time.Time {
	day := now.UTC().Truncate(24 * time.Hour)
	month := time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	switch per {
	case "":
		return time.Time{}
	case "1mo", "30d":
		return month
	case "7d":
		return day.AddDate(0, 0, 1+(7-int(day.Weekday()))%7)
	case "1h":
		return now.UTC().Truncate(time.Hour).Add(time.Hour)
	}
	return day.AddDate(0, 0, 1)
}

// Holder returns the row of a key or a team; nil where there is none. It is for use inside At.
func (g *Gateway) Holder(ref HolderRef) *HolderRow {
	if row := g.db.holders[ref]; row != nil {
		out := *row
		return &out
	}
	return nil
}

// StoreHolder puts a row in the place of a stored one. With tells this replica drops what it has cached of it; the others go on by
// theirs until that ends. It is for use inside At.
func (g *Gateway) StoreHolder(ref HolderRef, row HolderRow, tells bool) {
	if g.db.holders[ref] == nil {
		return
	}
	g.db.holders[ref] = &row
	if tells {
		delete(g.cached, ref)
	}
}

// held is what a replica goes by: its cache, or else the database.
func (g *Gateway) held(ref HolderRef, at float64) *HolderRow {
	c, ok := g.cached[ref]
	if !ok || at >= c.until {
		row := g.db.holders[ref]
		if row == nil {
			return nil
		}
		c = cachedRow{*row, at + keyCacheTime}
	} else if g.db.rules.Recaches && !c.row.Blocked {
		c.until = at + keyCacheTime // a busy key stays as it was for as long as it is busy
	}
	if g.cached == nil {
		g.cached = map[HolderRef]cachedRow{}
	}
	g.cached[ref] = c
	return &c.row
}

// Refusal is why a request with a key is not served; its Status is 0 where it is.
type Refusal struct {
	Status        int
	Of            HolderRef // whose block or budget it is
	Over          bool      // budget
	Fast          bool      // more requests or tokens than it may have in a minute
	Spent, Budget float64
}

// Admit tells whether a request with a key is served. It is for use inside At.
func (g *Gateway) Admit(key *KeySpec, at float64) Refusal {
	if key == nil || g.db.rules == nil {
		return Refusal{}
	}
	for _, ref := range []HolderRef{{ID: key.Hash}, {Team: true, ID: key.Team}} {
		row := g.held(ref, at)
		switch {
		case row == nil:
		case row.Blocked:
			return Refusal{Status: http.StatusUnauthorized, Of: ref}
		case row.Budget != nil && g.db.spentIn(ref, at) >= *row.Budget:
			return Refusal{Status: g.db.rules.OverBudget, Of: ref, Over: true, Spent: g.db.spentIn(ref, at), Budget: *row.Budget}
		case g.tooFast(ref, row, at):
			return Refusal{Status: http.StatusTooManyRequests, Of: ref, Fast: true}
		}
	}
	g.asked(key, at)
	return Refusal{}
}

// spentIn is what was spent in the present period, which begins anew when its time has come.
func (d *database) spentIn(ref HolderRef, at float64) float64 {
	row := d.holders[ref]
	if now := d.spent.time(at); !row.ResetAt.IsZero() && !now.Before(row.ResetAt) {
		row.Before, row.Told, row.ResetAt = -d.spent.holders[ref], true, NextPeriod(row.Per, now)
	}
	return row.Before + d.spent.holders[ref]
}

// TellSpent sets what was spent in the present period up to now. It is for use inside At.
func (row *HolderRow) TellSpent(g *Gateway, ref HolderRef, spent float64) {
	row.Before, row.Told = spent-g.db.spent.holders[ref], true
}

// SpentIn is what a key or a team spent in the present period of its budget, as far as Before tells. It is for use inside At.
func (g *Gateway) SpentIn(ref HolderRef, at float64) float64 { return g.db.spentIn(ref, at) }
