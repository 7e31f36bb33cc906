package backends

import (
	"context"
	"slices"
	"strings"
	"time"

	"pitwall/backends/books"
	"pitwall/economics"
	"pitwall/fleet"
)

const (
	// bookEvery is how often the meter is entered: what a kill loses at most.
	bookEvery = time.Minute
	// bookDays is how far back streams are reconciled.
	bookDays = 90
	// shownDays is how many of these days a snapshot holds.
	shownDays = 35
	// chartDays is how many days are drawn, today among them.
	chartDays = 31
)

// billed is a reading of a source of bills that waits for the books.
type billed struct {
	source   fleet.SourceID
	provider fleet.ProviderID
	at       time.Time
	reading  *fleet.BillReading
}

// keptBooks are what the books said when they were read last.
type keptBooks struct {
	books      *fleet.Books
	day, month fleet.PeriodSpend
	open       fleet.Maybe[fleet.Money] // of the month's best: what no bill closed
	rows       []fleet.SpendRow
	factors    []fleet.Factor
	hours      economics.Hourly
	reads      map[fleet.SourceID]books.Read
	lines      map[fleet.SourceID]int
	names      economics.Names
}

// takeBill keeps a reading for the books. The Hub's mutex is held.
func (w *world) takeBill(s *sourceState, p fleet.Partial) {
	if p.Bill == nil || w.opt.Books == nil {
		return
	}
	w.bills = append(w.bills, billed{s.spec.ID, s.spec.Subject.Provider, p.At, p.Bill})
	if w.wakeBooks != nil {
		w.wakeBooks()
	}
}

// bookkeep enters what was metered and billed, and reconciles it. It holds no lock over the disk or the sums.
func (h *Hub) bookkeep(ctx context.Context, task fleet.Task) {
	old := &settled{}
	for ctx.Err() == nil {
		h.enterBooks()
		h.present(h.reconciled(old))
		if h.untilBooks(ctx, task) != nil {
			break
		}
	}
	h.enterBooks()
	_ = h.opt.Books.Close()
}

// untilBooks waits until the next entry is due, or a bill came.
func (h *Hub) untilBooks(ctx context.Context, task fleet.Task) error {
	nap, wake := context.WithCancel(ctx)
	defer wake()
	h.mu.Lock()
	waiting := len(h.world.bills) > 0
	h.world.wakeBooks = wake
	h.mu.Unlock()
	if waiting {
		return ctx.Err()
	}
	if err := task.Sleep(nap, bookEvery); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// enterBooks writes what waits. What cannot be written waits on: nothing is lost while pitwall runs.
func (h *Hub) enterBooks() {
	store := h.opt.Books
	h.mu.Lock()
	now := h.opt.Clock.Now()
	bills := h.world.bills
	h.world.bills = nil
	segments := h.world.metering.segments()
	h.mu.Unlock()
	var err error
	for _, b := range bills {
		if failed := store.Take(b.source, b.provider, b.at, b.reading); failed != nil {
			err = failed
		}
	}
	switch {
	case !store.MeterIsMine(): // another console on this state directory counts the same traffic
		err = store.Refresh()
	case len(segments) > 0:
		if failed := store.Meter(segments); failed != nil {
			err = failed
		}
	}
	h.mu.Lock()
	h.world.metering.written(now)
	if err != nil {
		h.world.events.once(fleet.Event{At: now, Level: fleet.LevelWarn, Object: fleet.Text("books"), Text: fleet.Sentence(err)})
	}
	h.mu.Unlock()
	if err != nil {
		h.log.Warn("books failed", "err", err)
	}
}

// present makes what the books say part of the next snapshot.
func (h *Hub) present(a *keptBooks) {
	h.mu.Lock()
	h.world.kept = a
	h.mu.Unlock()
	h.changed()
}

// settled is what is reconciled of days that only bills change: it is done again when one came, or a day ended.
type settled struct {
	version uint64
	until   time.Time
	days    []fleet.CostDay
	gates   []economics.GatewayDay
	rates   economics.ExchangeRates
}

// recentDays are reconciled anew each time: the meter adds to today, and late counts to the days before.
const recentDays = 3

func (h *Hub) reconciled(old *settled) *keptBooks {
	now := h.opt.Clock.Now()
	h.mu.Lock()
	inv := h.world.inventory
	h.mu.Unlock()
	names := h.names(&inv)
	providers := make([]fleet.ProviderID, len(inv.Providers))
	for i := range inv.Providers {
		providers[i] = inv.Providers[i].ID
	}
	version := h.opt.Books.Version()
	ledgers := h.opt.Books.Ledgers(providers)
	today, month := fleet.Day(now), fleet.Month(now)
	from := today.From.AddDate(0, 0, -recentDays)
	if old.version != version || !old.until.Equal(from) || !old.rates.Equal(names.Rates) {
		old.version, old.until, old.rates = version, from, names.Rates
		r := economics.Reconcile(ledgers, fleet.Span{From: today.To.AddDate(0, 0, -bookDays), To: from}, names)
		old.days, old.gates = r.Days, r.Gateways
	}
	recent := economics.Reconcile(ledgers, fleet.Span{From: from, To: today.To}, names)
	days := slices.Concat(recent.Days, old.days)
	a := &keptBooks{names: names, reads: map[fleet.SourceID]books.Read{}, lines: map[fleet.SourceID]int{}, factors: economics.Factors(days),
		day: economics.Period(days, ledgers, today, now), month: economics.Period(days, ledgers, month, now)}
	a.rows = economics.Parts(days, ledgers, today, month, names)
	a.open = openPart(days, ledgers, month, now)
	a.hours = economics.HoursOf(ledgers, fleet.Span{From: today.From.AddDate(0, 0, -56), To: now}, func(id fleet.ProviderID,
		model fleet.ModelName) float64 {
		if f, ok := economics.Rho(a.factors, id, economics.NameOf(names, id, model), ""); ok {
			return f.Rho.V
		}
		return 1
	})
	shown := slices.IndexFunc(days, func(d fleet.CostDay) bool { return d.Day.Before(today.To.AddDate(0, 0, -shownDays)) })
	if shown < 0 {
		shown = len(days)
	}
	a.books = &fleet.Books{At: now, Days: days[:shown:shown], Factors: a.factors, Bypass: recent.Bypass, Problem: h.opt.Books.Problem(),
		Gateways: economics.GatewayFactors(slices.Concat(recent.Gateways, old.gates)),
		Chart:    economics.Chart(days, ledgers, fleet.Span{From: today.To.AddDate(0, 0, -chartDays), To: today.To}),
		Hours:    economics.HourChart(ledgers, today, names)}
	for i := range inv.Sources {
		id := inv.Sources[i].ID
		if r, ok := h.opt.Books.LastRead(id); ok && inv.Sources[i].Subject.About == fleet.AboutBill {
			a.reads[id], a.lines[id] = r, h.opt.Books.Lines(id)
		}
	}
	if len(days) > 0 {
		a.books.From = days[len(days)-1].Day
	}
	return a
}

// openPart is what the meter and own capacity say of the days of a month that no bill closed.
func openPart(days []fleet.CostDay, ledgers []economics.Ledger, month fleet.Span, now time.Time) fleet.Maybe[fleet.Money] {
	var open []fleet.CostDay
	for i := range days {
		if _, stream := days[i].Best(); stream != fleet.StreamBilled {
			open = append(open, days[i])
		}
	}
	return economics.Period(open, ledgers, month, now).Best
}

// names resolves models and prices as the configuration and the price list have them.
func (h *Hub) names(inv *fleet.Inventory) economics.Names {
	g := gatewayLoads{prices: h.opt.Prices, kinds: map[fleet.ProviderID]fleet.ProviderSpec{}}
	for _, p := range inv.Providers {
		g.kinds[p.ID] = p
	}
	n := economics.Names{Kind: func(id fleet.ProviderID) string {
		if spec, ok := g.kinds[id]; ok {
			return spec.Kind
		}
		return string(id)
	}}
	list, whole := h.opt.Prices.(BillPrices)
	if whole {
		n.Canonical = list.Canonical
	}
	n.Own = ownModels(inv)
	if x, ok := h.opt.Prices.(ExchangeRates); ok {
		n.Rates = x.Rates()
	}
	n.Unit = func(id fleet.ProviderID, l *fleet.BillLine) (fleet.Money, bool) {
		spec, known := g.kinds[id]
		if !known {
			spec.Kind = string(id)
		}
		if whole {
			return list.LinePriceOf(&spec, l)
		}
		price, ok := g.price(fleet.TargetSpec{Provider: id, Model: l.Model})
		if !ok {
			return fleet.Money{}, false
		}
		return economics.TokenUnit(price, l.Use)
	}
	return n
}

// ownModels tells models that pools serve and no provider is configured with, however a gateway prefixes them.
func ownModels(inv *fleet.Inventory) func(fleet.ProviderID, fleet.ModelName) bool {
	own := map[fleet.ModelName]bool{}
	for i := range inv.Pools {
		own[inv.Pools[i].Model] = true
	}
	rented := map[fleet.ProviderID]map[fleet.ModelName]bool{}
	for i := range inv.Providers {
		p := &inv.Providers[i]
		rented[p.ID] = map[fleet.ModelName]bool{}
		for j := range p.Models {
			rented[p.ID][p.Models[j].Name] = true
		}
	}
	return func(id fleet.ProviderID, model fleet.ModelName) bool {
		bare := model
		if _, rest, cut := strings.Cut(string(model), "/"); cut {
			bare = fleet.ModelName(rest)
		}
		return (own[model] || own[bare]) && !rented[id][model] && !rented[id][bare]
	}
}

// bookedUntil is how long a source of bills needs not be asked: another run, or another console on this state directory, read it
// less than an interval ago. Its answer is in the books.
func (h *Hub) bookedUntil(s *sourceState) time.Duration {
	if h.opt.Books == nil || s.spec.Subject.About != fleet.AboutBill {
		return 0
	}
	r, ok := h.opt.Books.LastRead(s.spec.ID)
	if !ok {
		return 0
	}
	now := h.opt.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.At.After(s.status.LastGood) && !r.At.After(now) {
		s.status.LastGood = r.At
	}
	if s.asked && !(r.CallPrice.OK && r.CallPrice.V.Amount().IsPositive()) {
		s.asked = false
		return 0 // a person wants to know, and it costs nothing
	}
	s.asked = false
	wait := s.spec.Interval*9/10 - now.Sub(r.At) // a pause is up to a tenth shorter than the interval
	if wait > 0 && wait <= s.spec.Interval {
		s.status.NextTry = now.Add(wait)
		return wait
	}
	return 0
}
