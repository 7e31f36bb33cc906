package billing

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/pocket"
	"pitwall/fleet"
)

// OptionCap is what the paid calls of a source may cost in a UTC day, in US dollars.
const OptionCap = "usd_per_day"

// Till pays calls that cost money: each is noted before it is sent, and none is sent beyond the day's cap.
type Till struct {
	source fleet.SourceID
	clock  fleet.Clock
	purse  fleet.Purse
	price  fleet.Money // of one call
	cap    fleet.Money
}

// NewTill reads OptionCap of a source. A call costs price, in US dollars; otherwise is the cap where none is configured.
func NewTill(spec fleet.SourceSpec, deps fleet.Deps, price, otherwise string) (*Till, error) {
	t := &Till{source: spec.ID, clock: deps.Clock, purse: deps.Purse}
	if t.purse == nil {
		t.purse = &pocket.Pocket{}
	}
	if set := spec.Options[OptionCap]; set != "" {
		otherwise = set
	}
	limit, ok := bills.Parse(otherwise)
	if !ok || limit.IsNegative() {
		return nil, Wrong(spec.ID, "option "+OptionCap+" is no amount of dollars such as 0.50")
	}
	each, ok := bills.Parse(price)
	if !ok {
		return nil, Wrong(spec.ID, "the price of a call is no number")
	}
	t.cap, t.price = fleet.NewMoney(limit, fleet.USD), fleet.NewMoney(each, fleet.USD)
	return t, nil
}

// Price is that of one call.
func (t *Till) Price() fleet.Money { return t.price }

// Room refuses what n more calls of today would cost, where that is beyond the cap. Nothing is sent then.
func (t *Till) Room(n int) error {
	now := t.clock.Now()
	spent, err := t.purse.Spent(t.source, now)
	if err != nil {
		return t.unsure(err)
	}
	after, err := spent.Add(t.price.Mul(decimal.NewFromInt(int64(n))))
	if err != nil {
		return t.unsure(err)
	}
	if !after.Over(t.cap) {
		return nil
	}
	tomorrow := now.UTC().Truncate(Day).Add(Day)
	return &fleet.Error{Kind: fleet.KindRateLimited, Op: "pay for the call", Source: t.source, Retry: tomorrow.Sub(now),
		Err:  fmt.Errorf("%s of %s a day are spent, and the next calls would cost more", spent.Small(), t.cap.Small()),
		Next: "nothing is sent before 00:00Z; option " + OptionCap + " says how much it may be"}
}

// Pay notes the price of n calls, makes them, and takes it back where they were surely not made or refused before they cost.
func (t *Till) Pay(ctx context.Context, n int, call func(context.Context) error) error {
	if err := t.Room(n); err != nil {
		return err
	}
	now, cost := t.clock.Now(), t.price.Mul(decimal.NewFromInt(int64(n)))
	if err := t.purse.Spend(t.source, now, cost); err != nil {
		return t.unsure(err)
	}
	err := call(ctx)
	switch fleet.KindOf(err) {
	case fleet.KindUnreachable, fleet.KindAuth, fleet.KindUnsupported, fleet.KindRateLimited:
		if failed := t.purse.Spend(t.source, now, cost.Minus()); failed != nil {
			return t.unsure(failed)
		}
	default:
	}
	return err
}

func (t *Till) unsure(err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: "note what the call costs", Source: t.source, Err: err, Next: "nothing more is sent"}
}
