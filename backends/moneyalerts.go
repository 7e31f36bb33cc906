package backends

import (
	"time"

	"pitwall/fleet"
)

const (
	// billLate is how old the newest data of a source of bills may be: the slowest provider takes three days.
	billLate = 96 * time.Hour
	// mostDoubts bounds the alerts of one kind.
	mostDoubts = 3
)

// moneyAlerts say what is wrong with money: bills that are far from the meter, traffic that passes no gateway, budgets that end
// before their time, bills that are not told any more, and prices that look like typing errors.
func (w *world) moneyAlerts(s *fleet.Snapshot, now time.Time) []fleet.Alert {
	list := endAlerts(s, now)
	if b := s.Spend.Books; b != nil {
		list = append(list, factorAlerts(b)...)
		list = append(list, gatewayAlerts(b)...)
		list = append(list, bypassAlerts(b)...)
		list = append(list, billAlerts(b, now)...)
		if !b.Problem.IsEmpty() {
			list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Text("books"), Text: b.Problem,
				Runbook: fleet.Text("books-unwritten")})
		}
	}
	return append(list, w.doubtAlerts()...)
}

func factorAlerts(b *fleet.Books) []fleet.Alert {
	var list []fleet.Alert
	for i := range b.Factors {
		f := &b.Factors[i]
		if !f.Off {
			continue
		}
		if f.Model == "" && modelsOff(b, f.Provider) {
			continue // its models say which of them it is
		}
		object := fleet.Label(string(f.Provider))
		if f.Model != "" {
			object = fleet.Concat(object, fleet.Text(" "), fleet.Quote(string(f.Model)))
		}
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: object, Subject: fleet.Subject{Provider: f.Provider,
			About: fleet.AboutBill},
			Text: fleet.Textf("billed %s x what was %s, median of %s", fleet.Float(f.Rho.V, 2), fleet.Quote(string(f.Against)),
				fleet.Many(f.Days, "day")),
			Detail:  fleet.Concat(fleet.Text("last "), fleet.Float(f.Last.V, 2), fleet.Text(" on "), fleet.Label(f.LastDay.Format(time.DateOnly))),
			Runbook: fleet.Text("bill-factor")})
	}
	return list
}

func modelsOff(b *fleet.Books, id fleet.ProviderID) bool {
	for i := range b.Factors {
		if f := &b.Factors[i]; f.Provider == id && f.Model != "" && f.Off {
			return true
		}
	}
	return false
}

// gatewayAlerts are of gateways whose own figures of money are far from the bills: budgets that they keep let too much pass, or stop
// too early.
func gatewayAlerts(b *fleet.Books) []fleet.Alert {
	var list []fleet.Alert
	for i := range b.Gateways {
		g := &b.Gateways[i]
		share := g.Share()
		if !g.Off || !share.OK {
			continue
		}
		text := fleet.Textf("it shows %s%% of the bill of %s", share.V.Whole(), fleet.Quote(string(g.Provider)))
		if g.Gateways > 1 {
			text = fleet.Textf("%s gateways together are off the bill of %s", fleet.Int(g.Gateways), fleet.Quote(string(g.Provider)))
		}
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Label(string(g.Source)), Subject: fleet.Subject{
			Provider: g.Provider, About: fleet.AboutBill}, Text: text,
			Detail: fleet.Textf("%s of %s on %s, median of %s", amountText(g.Told), amountText(g.Billed),
				fleet.Label(g.LastDay.Format(time.DateOnly)), fleet.Many(g.Days, "day")), Runbook: fleet.Text("gateway-spend")})
	}
	return list
}

func bypassAlerts(b *fleet.Books) []fleet.Alert {
	var list []fleet.Alert
	for i := range b.Bypass {
		f := &b.Bypass[i]
		if f.Share <= fleet.FactorAlarm {
			continue
		}
		detail := fleet.Concat(fleet.Text("in "), fleet.Age(f.Span.Length()), fleet.Text(" up to "), fleet.Stamp(f.Span.To))
		if f.Cost.OK {
			detail = fleet.Concat(fleet.Text("est. "), f.Cost.V.Text(), fleet.Text(" "), detail)
		}
		list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Concat(fleet.Label(string(f.Provider)), fleet.Text(" "),
			fleet.Quote(string(f.Model))),
			Subject: fleet.Subject{Provider: f.Provider, About: fleet.AboutBill},
			Text:    fleet.Textf("%s%% of its tokens passed no gateway (%s)", f.Share.Whole(), f.Beyond.Text()), Detail: detail,
			Runbook: fleet.Text("gateway-bypass")})
	}
	return list
}

// endAlerts are of budgets that end before their time. A limit that makes requests fail is an outage to come.
func endAlerts(s *fleet.Snapshot, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	for i := range s.Spend.Ends {
		e := &s.Spend.Ends[i]
		if !e.At.OK || !e.Holds.OK || e.Holds.V {
			continue
		}
		level := fleet.LevelWarn
		text := fleet.Textf("budget %s ends %s at $%s/h", e.Of, fleet.Stamp(e.At.V), e.Rate.V.Text())
		if !e.At.V.After(now) {
			text = fleet.Textf("budget %s is used up: %s of %s", e.Of, amountText(e.Spent), amountText(e.Limit))
			level = fleet.LevelCrit
		} else if e.Hard && e.At.V.Sub(now) < time.Hour {
			level = fleet.LevelCrit
		}
		detail := fleet.Safe{}
		if e.Reset.OK {
			detail = fleet.Concat(fleet.Text("begins anew "), fleet.Stamp(e.Reset.V))
		}
		if e.Hard {
			detail = fleet.Concat(fleet.Text("requests fail then; "), detail)
		}
		list = append(list, fleet.Alert{Level: level, Object: fleet.Text("budget"), Subject: fleet.Subject{Provider: e.Provider,
			Gateway: e.Gateway, About: fleet.AboutBill},
			Text: text, Detail: detail, Runbook: fleet.Text("budget-end")})
	}
	return list
}

func amountText(m fleet.Maybe[fleet.Money]) fleet.Safe {
	if !m.OK {
		return fleet.Text(fleet.Unknown)
	}
	return m.V.Text()
}

// billAlerts are of sources that answer and have nothing new, or that refuse the key; that one is not read at all is said of
// every source.
func billAlerts(b *fleet.Books, now time.Time) []fleet.Alert {
	var list []fleet.Alert
	for i := range b.Bills {
		st := &b.Bills[i]
		object, subject := fleet.Label(string(st.Source)), fleet.Subject{Provider: st.Provider, About: fleet.AboutBill}
		switch {
		case st.Refused:
			list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: object, Subject: subject,
				Text:   fleet.Concat(fleet.Text("no bill is read: "), st.Err),
				Detail: fleet.Text("the meter is not checked"), Runbook: fleet.Text("bill-refused")})
		case !st.Watermark.IsZero() && now.Sub(st.Watermark) > billLate && !st.Stale && len(st.Files) == 0:
			list = append(list, fleet.Alert{Level: fleet.LevelWarn, Object: object, Subject: subject,
				Text:    fleet.Concat(fleet.Text("its newest data is of "), fleet.Stamp(st.Watermark)),
				Detail:  fleet.Text("nothing was used since, or its export stands still"),
				Runbook: fleet.Text("bill-late")})
		}
	}
	return list
}

// doubtAlerts are of prices that the price list itself doubts.
func (w *world) doubtAlerts() []fleet.Alert {
	list, ok := w.opt.Prices.(BillPrices)
	if !ok {
		return nil
	}
	doubts := list.Doubts()
	var out []fleet.Alert
	for i, d := range doubts {
		if i == mostDoubts {
			break
		}
		a := fleet.Alert{Level: fleet.LevelWarn, Object: fleet.Text("prices"), Text: d, Runbook: fleet.Text("doubtful-price")}
		if len(doubts) > mostDoubts {
			a.Detail = fleet.Many(len(doubts), "doubt")
		}
		out = append(out, a)
	}
	return out
}
