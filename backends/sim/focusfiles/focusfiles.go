// Package focusfiles is a simulated account whose bills are files: FOCUS exports that are put into a folder, grow there a few times
// a day, and get the last hour of each day days later. It must not import any adapter.
package focusfiles

import (
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// System is the account for the registry.
var System = account.System{Name: "focus", Sources: sources, Files: Files}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	if at.Provider == "" {
		return nil, nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up an account that exports files",
			Next: "name a provider: it rents no machines out"}
	}
	return []fleet.SourceSpec{{ID: "focus-files", Kind: "focus", File: at.Folder, Interval: time.Minute, Timeout: 45 * time.Second,
		Subject: fleet.Subject{About: fleet.AboutBill, Provider: at.Provider}, Options: map[string]string{}}}, nil, nil
}

// How the account exports.
const (
	every   = 6 * time.Hour
	lag     = 8 * time.Hour
	revised = 72 * time.Hour
	kept    = 30  // days that the first export reaches back
	older   = 4   // days before today that were exported once, as FOCUS 1.0
	perFile = 400 // rows of one file; what is more goes into the next part
	place   = 10  // digits after the point
	company = "Simulated"
)

// export is a running account.
type export struct {
	truth   account.Truth
	folder  string
	next    time.Time // when files grow again
	begin   time.Time // first day of the version that is written now
	written map[account.Item]account.Item
	files   map[string]*file // by billing period
}

// Files starts the account; what it returns writes what is due.
func Files(t account.Truth, folder string) func() error {
	today := t.Clock.Now().UTC().Truncate(24 * time.Hour)
	e := &export{truth: t, folder: folder, begin: today.AddDate(0, 0, -older),
		written: map[account.Item]account.Item{}, files: map[string]*file{}}
	return e.write
}

func (e *export) write() error {
	now := e.truth.Clock.Now().UTC()
	if now.Before(e.next) {
		return nil
	}
	if e.next.IsZero() {
		if err := e.past(now); err != nil {
			return err
		}
	}
	e.next = now.Truncate(every).Add(every)
	rows := map[string][]row{}
	for _, i := range e.truth.Items(e.begin, now, time.Hour, account.Late(now, every, lag, revised)) {
		if r, more := e.since(i); more {
			rows[r.period()] = append(rows[r.period()], r)
		}
	}
	for period, list := range rows {
		f := e.files[period]
		if f == nil {
			f = &file{folder: e.folder, period: period, table: v12}
			e.files[period] = f
		}
		if err := f.append(now.Truncate(every), list); err != nil {
			return err
		}
	}
	return nil
}

// past exports once what is long whole, in the version that the account had then.
func (e *export) past(now time.Time) error {
	var list []row
	for _, i := range e.truth.Items(e.begin.AddDate(0, 0, older-kept), e.begin, 24*time.Hour, func(time.Time) bool { return true }) {
		if r, more := e.since(i); more {
			r.to = r.At.AddDate(0, 0, 1)
			list = append(list, r)
		}
	}
	f := &file{folder: e.folder, period: "before", table: v10}
	return f.append(now.Truncate(every).Add(-every), list)
}

// since is what of an item was not exported yet.
func (e *export) since(i account.Item) (row, bool) {
	key := account.Item{At: i.At, Model: i.Model, Tier: i.Tier, Kind: i.Kind}
	before := e.written[key]
	r := row{Item: i, to: i.At.Add(time.Hour), model: e.truth.Ledger.Billed(i.Model), provider: e.truth.Provider, list: e.price(i)}
	r.N -= before.N
	r.Cost = i.Cost.Round(place).Sub(before.Cost.Round(place))
	if i.Kind == account.Requests || r.N <= 0 {
		return row{}, false
	}
	e.written[key] = i
	return r, true
}

// price is that of a million tokens on the provider's list.
func (e *export) price(i account.Item) decimal.Decimal {
	r, _ := e.truth.Ledger.Rates(i.Model)
	return map[account.Kind]decimal.Decimal{account.Input: r.Input, account.CacheRead: r.CacheRead, account.CacheWrite: r.CacheWrite,
		account.Output: r.Output}[i.Kind]
}
