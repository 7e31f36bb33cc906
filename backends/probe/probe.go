package probe

import (
	"context"
	"errors"
	"net/url"
	"sync"
	"time"

	"pitwall/backends/internal/chat"
	"pitwall/backends/internal/pocket"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// Connector returns the connector of probes. Its sources come from the probe keys of pools, models and routes.
func Connector() fleet.Connector {
	return fleet.Connector{Kind: fleet.ProbeKind, Title: "Live probe",
		Reads:    "whether an OpenAI-compatible endpoint answers a small chat request, with a tool, JSON, a length; how fast, at what cost",
		Interval: fleet.ProbeEvery, NewReader: newReader}
}

type reader struct {
	spec  fleet.SourceSpec
	clock fleet.Clock
	ends  []*chat.Prober
	price fleet.Maybe[fleet.Price] // unknown where nobody is paid
	purse fleet.Purse

	mu   sync.Mutex
	turn int
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	fail := func(err error, next string) (fleet.Reader, error) {
		return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "set up the probe", Source: spec.ID, Err: err, Next: next}
	}
	if spec.Probe == nil || len(spec.Models) == 0 {
		return fail(errors.New("a probe is no source by itself"), "write probe into a pool, a provider's model or a route")
	}
	if len(spec.Probe.Payers) > 0 && spec.TLS.Insecure {
		return fail(errors.New("TLS is not verified for it, and it costs money"), "nothing is sent")
	}
	price, err := spec.Probe.Rates(deps.Prices)
	if err != nil {
		return fail(err, "nothing is sent")
	}
	r := &reader{spec: spec, clock: deps.Clock, price: price, purse: deps.Purse}
	if r.purse == nil {
		r.purse = &pocket.Pocket{}
	}
	ends := spec.Probe.Ends
	if len(ends) == 0 {
		ends = []fleet.ProbeEnd{{URL: spec.URL, Path: "/v1/chat/completions"}}
	}
	for _, end := range ends {
		p, err := chat.At(spec, end, deps)
		if err != nil {
			return nil, err
		}
		r.ends = append(r.ends, p)
	}
	return r, nil
}

// next is the end whose turn it is.
func (r *reader) next() (*chat.Prober, fleet.ProbeEnd) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.turn % len(r.ends)
	r.turn++
	if i >= len(r.spec.Probe.Ends) {
		return r.ends[i], fleet.ProbeEnd{URL: r.spec.URL}
	}
	return r.ends[i], r.spec.Probe.Ends[i]
}

// Read sends one probe. One that fails gives both an error and a reading that says so. One that is not sent, since the day's money
// is spent, is neither good nor bad.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	began := r.clock.Now()
	p := fleet.Partial{At: began}
	if why, spent, err := r.broke(began); err != nil {
		return p, err
	} else if !why.IsEmpty() {
		p.Incomplete, p.Probe = why, &fleet.ProbeReading{Paused: why, Spent: spent}
		return p, nil
	}
	by, end := r.next()
	x := &fleet.ProbeReading{End: end.Name, OK: true, In: fleet.Some(0), Out: fleet.Some(0)}
	var err error
	for _, ask := range r.spec.Probe.Asks() {
		if err = r.ask(ctx, by, end, ask, &p, x); err != nil || !x.OK {
			break
		}
	}
	p.At, x.At = r.clock.Now(), r.clock.Now()
	x.Total = fleet.Some(fleet.Seconds(x.At.Sub(began).Seconds()))
	if err != nil {
		x.OK, x.Why = false, fleet.Cause(err)
		x.In, x.Out = fleet.None[int](), fleet.None[int]()
	}
	if err == nil && !x.OK {
		p.Incomplete = x.Why
	}
	if r.price.OK {
		if spent, err := r.purse.Spent(r.spec.ID, x.At); err == nil {
			x.Spent = fleet.Some(spent)
		}
	}
	p.Probe = x
	return p, err
}

// ask sends one request and adds what it showed.
func (r *reader) ask(
	ctx context.Context, by *chat.Prober, end fleet.ProbeEnd, a fleet.ProbeAsk, p *fleet.Partial, x *fleet.ProbeReading,
) error {
	prompt, manner := promptOf(&r.spec.Probe.ProbeSpec, a)
	manner.NewLimit = newLimit(end.URL)
	began := r.clock.Now()
	most := fleet.Money{}
	if r.price.OK { // noted before it is sent: what is cut off or not told may have cost that much
		most = r.spec.Probe.Most(r.price.V, a)
		if err := r.purse.Spend(r.spec.ID, began, most); err != nil {
			return r.unsure(err)
		}
	}
	h, err := by.Probe(ctx, r.spec.Models[0], prompt, manner)
	x.Asked = append(x.Asked, a)
	if r.price.OK {
		if err := r.giveBack(&h, err, most, began); err != nil {
			return r.unsure(err)
		}
	}
	if err != nil {
		return err
	}
	if !x.TTFT.OK && !h.FirstAt.IsZero() {
		x.TTFT = fleet.Some(fleet.Seconds(h.FirstAt.Sub(began).Seconds()))
	}
	p.ServerTime = h.ServerTime
	x.In, x.Out = plus(x.In, h.Prompt), plus(x.Out, h.Tokens)
	x.Finish, x.Model = fleet.Label(h.Finish), fleet.Label(h.Model)
	switch verdict, why := shows(prompt, &h); verdict {
	case golden.Fail:
		x.OK, x.Why = false, why
	case golden.Unclear:
		x.Unclear = append(x.Unclear, a)
	case golden.Pass:
	}
	return nil
}

// giveBack corrects what was noted by what the answer says: a refusal costs nothing.
func (r *reader) giveBack(h *chat.Heard, err error, most fleet.Money, at time.Time) error {
	cost := most
	switch {
	case err != nil && h.Refused != 0:
		cost = fleet.Money{}
	case err == nil && h.Prompt.OK && h.Tokens.OK:
		cost = fleet.ProbeCost(r.price.V, h.Prompt.V, h.Tokens.V)
	default:
		return nil
	}
	back, err := cost.Add(most.Minus())
	if err != nil {
		return err
	}
	return r.purse.Spend(r.spec.ID, at, back)
}

// broke says why nothing may be spent now, and how much was.
func (r *reader) broke(now time.Time) (fleet.Safe, fleet.Maybe[fleet.Money], error) {
	if !r.price.OK {
		return fleet.Safe{}, fleet.None[fleet.Money](), nil
	}
	spent, err := r.purse.Spent(r.spec.ID, now)
	if err != nil {
		return fleet.Safe{}, fleet.None[fleet.Money](), r.unsure(err)
	}
	after, err := spent.Add(r.spec.Probe.Once(r.price.V))
	if err != nil {
		return fleet.Safe{}, fleet.None[fleet.Money](), r.unsure(err)
	}
	if limit := r.spec.Probe.MaxPerDay.V; after.Over(limit) {
		return fleet.Textf("no probe is sent before 00:00Z: %s of %s a day are spent, and one more may cost %s",
			spent.Small(), limit.Small(), r.spec.Probe.Once(r.price.V).Small()), fleet.Some(spent), nil
	}
	return fleet.Safe{}, fleet.Some(spent), nil
}

// unsure is what stops a probe whose cost cannot be noted.
func (r *reader) unsure(err error) error {
	return &fleet.Error{Kind: fleet.KindInternal, Op: "note what the probe costs", Source: r.spec.ID, Err: err, Next: "nothing more is sent"}
}

func plus(sum, n fleet.Maybe[int]) fleet.Maybe[int] {
	return fleet.Maybe[int]{V: sum.V + n.V, OK: sum.OK && n.OK}
}

// newLimit tells OpenAI's own API, whose newer models refuse max_tokens.
func newLimit(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Hostname() == "api.openai.com"
}
