package world

import "math/rand/v2"

// ills is what is wrong with an account, by the causes that are on it. The zero value is a healthy one.
type ills struct {
	edge     float64         // share of requests that the network before the service answers itself
	silent   float64         // seconds until a request that is not answered is given up; 0 for none
	denied   int             // status with which it turns its key away; 0 for none
	retired  map[string]bool // models that are no more
	moved    map[string]moved
	context  int     // tokens that it takes; 0 for all that are sent
	filtered float64 // share of requests that its filter turns away
	streams  brokenStreams
	stolen   bypass // what others send with a key that was taken
}

// moved is how the model behind a name differs from the one before.
type moved struct{ longer, slower float64 }

// brokenStreams are shares of the streams of an account.
type brokenStreams struct{ cut, stall, malformed, unended float64 }

// Flaw is what is wrong with a stream whose tokens all come.
type Flaw int

// The flaws of a stream.
const (
	FlawNone      Flaw = iota
	FlawMalformed      // one event is no JSON
	FlawUnended        // the last event, [DONE], is missing
)

// The reasons that accounts give for turning a request away, as the codes of OpenAI's errors.
const (
	ReasonKey     = "invalid_api_key"
	ReasonModel   = "model_not_found"
	ReasonContext = "context_length_exceeded"
	ReasonFilter  = "content_filter"
	ReasonEdge    = "bad_gateway"
)

// stallFor is how long a stream that stalls is silent before its connection is closed, in seconds.
const stallFor = 30.0

// refusal is what an ill account answers at once, or never.
func (p *Provider) refusal(t *attempt, now float64) (flight, bool) {
	x, model := &p.ills, t.account().Model
	f := flight{at: now + 0.08, try: t}
	switch {
	case x.edge > 0 && p.rng.Float64() < x.edge:
		f.status, f.at, t.reason = 502, now+0.05, ReasonEdge
		return f, true // the account itself knows nothing of it
	case x.silent > 0:
		f.status, f.at = 504, now+x.silent
	case x.denied != 0:
		f.status, t.reason = x.denied, ReasonKey
		return f, true
	case x.retired[model]:
		f.status, t.reason = 404, ReasonModel
	case x.context > 0 && t.prompt+t.output > x.context:
		f.status, t.reason = 400, ReasonContext
	case x.filtered > 0 && p.rng.Float64() < x.filtered:
		f.status, t.reason = 400, ReasonFilter
	default:
		return f, false
	}
	f.limits = p.limits(now)
	return f, true
}

// changed gives an answer the length that the model behind the name has now, and says how much slower it comes.
func (p *Provider) changed(t *attempt) (slower float64) {
	m, ok := p.ills.moved[t.account().Model]
	if !ok {
		return 1
	}
	if t.deployment == nil { // what came over the wire has its words already
		return m.slower
	}
	t.output = max(min(int(float64(t.output)*m.longer), max(t.call.maxTokens, 1)), 1)
	return m.slower
}

// spoil breaks an answer on its way, if it is a stream and the dice say so.
func (p *Provider) spoil(f *flight) {
	s := p.ills.streams
	if f.status != 200 || !f.try.call.Stream || s == (brokenStreams{}) {
		return
	}
	part := 0.2 + 0.6*p.rng.Float64()
	switch x := p.rng.Float64(); {
	case x < s.cut:
		p.breakOff(f, part, 0)
	case x < s.cut+s.stall:
		p.breakOff(f, part, stallFor)
	case x < s.cut+s.stall+s.malformed:
		f.try.flaw = FlawMalformed
	case x < s.cut+s.stall+s.malformed+s.unended:
		f.try.flaw = FlawUnended
	}
}

// breakOff ends a stream after a part of its tokens and a silence.
func (p *Provider) breakOff(f *flight, part, silence float64) {
	f.status, f.made = 500, int(part*float64(f.made))
	f.until = f.first + part*(f.until-f.first)
	f.at = f.until + silence
	f.try.begun, f.try.first = true, f.first
}

// begun says whether a client has already got a part of the answer, so that nobody can try again.
func (r result) begun() bool { return r.try != nil && r.try.begun }

// receivedBroken is what a gateway makes of an event that it cannot read: the stream is over for its client.
func (r *result) receivedBroken() {
	if r.status == 200 && r.try.flaw == FlawMalformed {
		r.status, r.try.begun = 500, true
	}
}

// again says whether a gateway tries once more: not what would be turned away again, nor what has begun.
func (r result) again() bool { return !r.begun() && r.status != 400 && r.status != 404 }

// mayFallBack says whether another route may take over: not what is the caller's own fault, what has begun, or a key that the
// gateway itself does not know.
func (r result) mayFallBack() bool {
	return r.status != 400 && !r.begun() && (r.status != 401 || r.try != nil)
}

// exceptionClass is the name that LiteLLM gives to a failure.
func (r result) exceptionClass() string {
	if r.try != nil {
		switch r.try.reason {
		case ReasonContext:
			return "ContextWindowExceededError"
		case ReasonFilter:
			return "ContentPolicyViolationError"
		}
	}
	return ExceptionClass(r.status)
}

// Flaw is what is wrong with the stream of a call straight to an account. It is for use inside At.
func (w *World) Flaw(c *Call) Flaw {
	if c.try == nil || c.try.deployment != nil {
		return FlawNone
	}
	return c.try.flaw
}

// KeyDenied is the status with which the account turns its key away; 0 where it does not. It is for use inside At.
func (p *Provider) KeyDenied() int { return p.ills.denied }

// Retired says whether a model is no more. It is for use inside At.
func (p *Provider) Retired(model string) bool { return p.ills.retired[model] }

// EdgeDown says whether the network before the account answers most requests itself. It is for use inside At.
func (p *Provider) EdgeDown() bool { return p.ills.edge >= 0.5 }

// steal lets others use the account's key from now on.
func (p *Provider) steal(rate float64, seed uint64) {
	model := ""
	if len(p.Spec.Models) > 0 {
		model = p.Spec.Models[0]
	}
	p.ills.stolen = bypass{spec: &Bypass{Rate: rate, Model: model, Prompt: Lengths{Median: 2500, Sigma: .6, Max: 16000},
		Output: Lengths{Median: 700, Sigma: .5, Max: 4096}}, rng: rand.New(rand.NewPCG(seed, stolenDice))}
}

const stolenDice = ownDice - 2
