package openaicosts

import (
	"context"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// threshold is a limit or an alert: cents as a whole number. Who is told is not read.
type threshold struct {
	ID       bills.Word   `json:"id"`
	Cents    bills.Number `json:"threshold_amount"`
	Currency bills.Word   `json:"currency"`
	Interval bills.Word   `json:"interval"`
	Enforced struct {
		Status bills.Word `json:"status"`
	} `json:"enforcement"`
}

const month = 30 * 24 * time.Hour

func (t *threshold) limit(of fleet.Safe, hard bool, odd *bills.Odd) fleet.SpendLimit {
	l := fleet.SpendLimit{Of: of, Hard: hard, Enforcing: fleet.Label(string(t.Enforced.Status))}
	if t.Interval == "month" {
		l.Per = month
	}
	if c := t.Cents; c.OK && !c.V.IsNegative() && c.V.Equal(c.V.Truncate(0)) {
		const cents = -2
		l.Max = bills.Money(fleet.Some[decimal.Decimal](c.V.Shift(cents)), string(t.Currency))
	}
	if !l.Max.OK {
		odd.Say(fleet.Text("a spend limit is no whole number of cents with a currency: it is unknown"))
	}
	return l
}

// limits are the hard limit of the organisation and its alerts. An organisation without a limit has none to read.
func (r *reader) limits(ctx context.Context, odd *bills.Odd) (out []fleet.SpendLimit, notices []fleet.Notice) {
	out, err := r.limit(ctx, "/organization/spend_limit", fleet.Text("organization"), odd)
	if err != nil {
		notices = append(notices, rented.Without(fleet.Text("the spend limit"), err))
	}
	alerts, err := r.alerts(ctx)
	for i := range alerts {
		out = append(out, alerts[i].limit(fleet.Text("organization (alert)"), false, odd))
	}
	if err != nil && fleet.KindOf(err) != fleet.KindNotFound {
		notices = append(notices, rented.Without(fleet.Text("spend alerts"), err))
	}
	return out, notices
}

// alerts are the first pages of the list.
func (r *reader) alerts(ctx context.Context) (out []threshold, err error) {
	const pages = 5
	q := url.Values{"limit": {"100"}}
	for range pages {
		reply, err := r.client.Get(ctx, "/organization/spend_alerts", q)
		if err != nil {
			return out, err
		}
		var page struct {
			Data []threshold `json:"data"`
			More bool        `json:"has_more"`
			Last bills.Word  `json:"last_id"`
		}
		if err := reply.JSON(&page); err != nil {
			return out, err
		}
		out = append(out, page.Data...)
		if !page.More || page.Last == "" || q.Get("after") == string(page.Last) {
			break
		}
		q.Set("after", string(page.Last))
	}
	return out, nil
}
