package plain

import (
	"encoding/csv"
	"strconv"
	"strings"

	"pitwall/economics"
	"pitwall/fleet"
)

// Machines draws what is rented and owned, by account.
func Machines(s *fleet.Snapshot) string {
	r := &report{}
	r.line(fleet.Text("ACCOUNTS "), fleet.Int(len(s.Accounts)), fleet.Text("  at "), fleet.Stamp(s.At))
	for i := range s.Accounts {
		a := &s.Accounts[i]
		r.line()
		burn := fleet.Text("$-/h")
		if a.Burn.OK {
			burn = fleet.Concat(fleet.Text("$"), fleet.Float(float64(a.Burn.V), 2), fleet.Text("/h"))
		}
		r.line(rawName(string(a.Spec.ID)), fleet.Text("  "), fleet.Label(a.Spec.Kind), fleet.Text("  "), burn, fleet.Text("  GPU use "),
			wholePercent(a.Utilised),
			fleet.Text("%  read "), since(a.At, s.At))
		for _, x := range kept(a.Err, a.BurnWhy, balanceText(a), a.Blind) {
			r.line(fleet.Text("  "), x)
		}
		rows := make([][]fleet.Safe, 0, len(a.Machines))
		for k := range a.Machines {
			rows = append(rows, machineCells(&a.Machines[k], s))
		}
		r.table([]column{left(fleet.Text("MACHINE")), left(fleet.Text("TYPE")), right(fleet.Text("GPUS")), left(fleet.Text("GPU")),
			left(fleet.Text("STATE")),
			left(fleet.Text("PAID")), right(fleet.Text("PRICE/H")), right(fleet.Text("GPU%")), left(fleet.Text("NODE")), left(fleet.Text("POOL")),
			left(fleet.Text("UNTIL")), left(fleet.Text("NOTICE"))}, rows)
	}
	return r.String()
}

func balanceText(a *fleet.Account) fleet.Safe {
	if !a.Balance.OK {
		return fleet.Safe{}
	}
	if !a.BalanceEnds.OK {
		return fleet.Concat(fleet.Text("balance "), a.Balance.V.Text())
	}
	return fleet.Textf("balance %s, ends %s at what is spent now", a.Balance.V.Text(), fleet.Stamp(a.BalanceEnds.V))
}

func machineCells(m *fleet.Machine, s *fleet.Snapshot) []fleet.Safe {
	name := m.Name
	if name.IsEmpty() {
		name = fleet.Label(m.ID)
	}
	gpus, price, until, notice := fleet.Text(fleet.Unknown), fleet.Text(fleet.Unknown), fleet.Text(fleet.Unknown), fleet.Safe{}
	if m.GPUs.OK {
		gpus = fleet.Int(m.GPUs.V)
	}
	if m.Price.OK {
		price = m.Price.V.Text()
	}
	if m.Until.OK {
		until = fleet.Stamp(m.Until.V)
	}
	if d := m.Leaves(s.At); d != nil && m.State != fleet.MachineGone {
		notice = fleet.Concat(fleet.Text("leaves: "), d.Why)
		if d.At.OK {
			notice = fleet.Textf("leaves %s: %s", fleet.Stamp(d.At.V), d.Why)
		}
	} else if len(m.Notices) > 0 {
		notice = m.Notices[0].What
		if at := m.Notices[0].At; at.OK {
			notice = fleet.Textf("%s: %s", fleet.Stamp(at.V), notice)
		}
	}
	return []fleet.Safe{name, or(m.Type), gpus, or(fleet.Label(m.GPU)), or(fleet.Label(string(m.State))),
		or(fleet.Label(string(m.Pricing))), price,
		wholePercent(m.Util), or(fleet.Label(string(m.Node))), or(fleet.Label(string(m.Pool))), until, or(notice)}
}

// Offers draws what could be rented, as accounts tell it.
func Offers(s *fleet.Snapshot) string {
	r := &report{}
	var rows [][]fleet.Safe
	for i := range s.Accounts {
		a := &s.Accounts[i]
		for k := range a.Offers {
			o := &a.Offers[k]
			there, price, each := fleet.Text(fleet.Unknown), fleet.Text(fleet.Unknown), fleet.Text(fleet.Unknown)
			if o.Available.OK {
				there = yes(o.Available.V, fleet.Text("yes"), fleet.Text("no"))
			}
			if o.Price.OK {
				price = o.Price.V.Text()
			}
			if p := o.PerGPU(); p.OK {
				each = p.V.Text()
			}
			rows = append(rows, []fleet.Safe{o.Type, fleet.Label(string(a.Spec.ID)), or(fleet.Label(o.GPU)), fleet.Int(o.GPUs), price, each, there,
				since(o.AsOf, s.At), or(fleet.Join(kept(o.Region, o.Said), fleet.Text("  ")))})
		}
	}
	r.line(fleet.Text("OFFERS "), fleet.Int(len(rows)))
	r.table([]column{left(fleet.Text("OFFER")), left(fleet.Text("ACCOUNT")), left(fleet.Text("GPU")), right(fleet.Text("GPUS")),
		right(fleet.Text("PRICE/H")),
		right(fleet.Text("PRICE/GPU-H")), left(fleet.Text("THERE")), right(fleet.Text("AGE")), left(fleet.Text("WHERE"))}, rows)
	return r.String()
}

// CapacityPlan draws how many replicas each pool needs and what to rent for those that lack.
func CapacityPlan(list []economics.PoolCapacity, t economics.CapacityTerms) string {
	r := &report{}
	r.line(fleet.Textf("CAPACITY %s  growth %s%% in %s, a peak to %s%% of the ratings, %s spare", fleet.Many(len(list), "pool"),
		fleet.Float(t.Growth*100, 0),
		fleet.Many(t.Months, "month"), fleet.Float(t.Target*100, 0), fleet.Many(t.Spares, "machine")))
	rows := make([][]fleet.Safe, 0, len(list))
	for i := range list {
		x := &list[i]
		row := []fleet.Safe{fleet.Label(string(x.Pool)), or(fleet.Label(x.GPU)), fleet.Int(x.GPUsEach), fleet.Int(x.Plan.Have)}
		if p := &x.Plan; p.Why.IsEmpty() {
			row = append(row, fleet.Ratio(p.Load).Whole(), fleet.Int(p.Now), fleet.Int(p.Then), fleet.Int(p.Spares), fleet.Int(p.Short),
				shortFrom(p.Month),
				fleet.Concat(fleet.Float(p.Peak, 1), measuredMark(x.Measured)), fleet.Label(p.Bound), rentText(x))
		} else {
			for range 8 {
				row = append(row, fleet.Text(fleet.Unknown))
			}
			row = append(row, fleet.Concat(fleet.Text("not known: "), p.Why))
		}
		rows = append(rows, row)
	}
	r.table([]column{left(fleet.Text("POOL")), left(fleet.Text("GPU")), right(fleet.Text("EACH")), right(fleet.Text("STAY")),
		right(fleet.Text("PEAK%")),
		right(fleet.Text("NOW")), right(fleet.Text("THEN")), right(fleet.Text("SPARE")), right(fleet.Text("LACKS")), left(fleet.Text("FROM")),
		right(fleet.Text("PEAK/MEAN")), left(fleet.Text("BY")), left(fleet.Text("RENT"))}, rows)
	sum, partial := economics.Purchases(list)
	r.line()
	text := fleet.Concat(fleet.Text("what lacks costs "), sum.V.Text(), fleet.Text(" a month on demand, busy or idle"))
	if partial {
		text = fleet.Concat(text, fleet.Text("; without pools of which something is not known"))
	}
	r.line(text)
	for i := range list {
		for _, x := range list[i].Routes {
			r.line(fleet.Text("  "), fleet.Label(string(list[i].Pool)), fleet.Text(": "), rawName(string(x.Route)), fleet.Text(" "),
				x.Share.Whole(), fleet.Text("% of its tokens, "),
				fleet.Float(x.GPUs, 1), fleet.Text(" GPUs of those needed then"))
		}
	}
	return r.String()
}

// measuredMark tells an assumption from a figure of a whole day.
func measuredMark(measured bool) fleet.Safe {
	if measured {
		return fleet.Safe{}
	}
	return fleet.Text(" assumed")
}

func shortFrom(month int) fleet.Safe {
	switch {
	case month < 0:
		return fleet.Text("never")
	case month == 0:
		return fleet.Text("now")
	default:
		return fleet.Concat(fleet.Text("month "), fleet.Int(month))
	}
}

func rentText(x *economics.PoolCapacity) fleet.Safe {
	switch {
	case x.Buy != nil:
		at := rawName(string(x.Buy.Account))
		if x.Buy.Account == "" {
			at = fleet.Text("list price")
		}
		head := fleet.Safe{}
		if x.Buy.SoldOut() {
			head = fleet.Text("sold out: ")
		}
		return fleet.Textf("%s%s x %s, %s a month (%s)", head, fleet.Int(x.Buy.Machines), x.Buy.Offer.Type, x.Buy.Monthly.V.Text(), at)
	case !x.BuyWhy.IsEmpty():
		return x.BuyWhy
	default:
		return fleet.Text("nothing")
	}
}

// MachinesCSV has one row for each machine. What is not known is empty.
func MachinesCSV(s *fleet.Snapshot) string {
	rows := [][]string{{"account", "kind", "id", "name", "type", "gpu", "gpus", "state", "pricing", "price_per_hour", "currency",
		"price_from", "until",
		"gpu_utilisation", "node", "pool", "notice", "notice_at", "read_at"}}
	for i := range s.Accounts {
		a := &s.Accounts[i]
		for k := range a.Machines {
			m := &a.Machines[k]
			row := []string{string(a.Spec.ID), a.Spec.Kind, m.ID, m.Name.String(), m.Type.String(), m.GPU, number(m.GPUs), string(m.State),
				string(m.Pricing)}
			row = append(row, priceCells(m.Price)...)
			notice, at := "", fleet.Maybe[string]{}
			if len(m.Notices) > 0 {
				notice = m.Notices[0].What.String()
				if t := m.Notices[0].At; t.OK {
					at = fleet.Some(t.V.UTC().Format(csvTime))
				}
			}
			until, used, read := "", "", ""
			if m.Until.OK {
				until = m.Until.V.UTC().Format(csvTime)
			}
			if m.Util.OK {
				used = strconv.FormatFloat(float64(m.Util.V), 'f', 3, 64)
			}
			if !a.At.IsZero() {
				read = a.At.UTC().Format(csvTime)
			}
			rows = append(rows, append(row, m.PriceFrom.String(), until, used, string(m.Node), string(m.Pool), notice, at.V, read))
		}
	}
	return asCSV(rows)
}

const csvTime = "2006-01-02T15:04:05Z"

// OffersCSV has one row for each offer.
func OffersCSV(s *fleet.Snapshot) string {
	rows := [][]string{{"account", "type", "gpu", "gpus", "price_per_hour", "currency", "available", "region", "as_of"}}
	for i := range s.Accounts {
		for k := range s.Accounts[i].Offers {
			o := &s.Accounts[i].Offers[k]
			there := ""
			if o.Available.OK {
				there = strconv.FormatBool(o.Available.V)
			}
			row := append([]string{string(s.Accounts[i].Spec.ID), o.Type.String(), o.GPU, strconv.Itoa(o.GPUs)}, priceCells(o.Price)...)
			rows = append(rows, append(row, there, o.Region.String(), o.AsOf.UTC().Format(csvTime)))
		}
	}
	return asCSV(rows)
}

// CapacityCSV has one row for each pool.
func CapacityCSV(list []economics.PoolCapacity) string {
	rows := [][]string{{"pool", "gpu", "gpus_each", "stay", "now", "then", "spare", "lacks", "month", "peak_to_mean", "measured", "bound",
		"offer", "account",
		"machines", "usd_per_month", "why"}}
	for i := range list {
		x := &list[i]
		p := &x.Plan
		row := []string{string(x.Pool), x.GPU, strconv.Itoa(x.GPUsEach), strconv.Itoa(p.Have)}
		if p.Why.IsEmpty() {
			row = append(row, strconv.Itoa(p.Now), strconv.Itoa(p.Then), strconv.Itoa(p.Spares), strconv.Itoa(p.Short), strconv.Itoa(p.Month),
				strconv.FormatFloat(p.Peak, 'f', 2, 64), strconv.FormatBool(x.Measured), p.Bound)
		} else {
			row = append(row, make([]string, 8)...)
		}
		if x.Buy != nil {
			row = append(row, x.Buy.Offer.Type.String(), string(x.Buy.Account), strconv.Itoa(x.Buy.Machines),
				x.Buy.Monthly.V.Amount().StringFixed(2))
		} else {
			row = append(row, "", "", "", "")
		}
		rows = append(rows, append(row, strings.TrimSpace(p.Why.String()+" "+x.BuyWhy.String())))
	}
	return asCSV(rows)
}

func number(m fleet.Maybe[int]) string {
	if !m.OK {
		return ""
	}
	return strconv.Itoa(m.V)
}

func priceCells(m fleet.Maybe[fleet.Money]) []string {
	if !m.OK {
		return []string{"", ""}
	}
	return []string{m.V.Amount().String(), m.V.Currency()}
}

// asCSV writes rows so that no cell is taken for a formula by a spreadsheet.
func asCSV(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		_ = w.Write(row) // to memory
	}
	w.Flush()
	return b.String()
}
