package fleet

import (
	"time"

	"github.com/shopspring/decimal"
)

// ProbeSpec declares a small real chat request of our own that is sent again and again, to know that answers come. It is sent
// only where somebody wrote it down: it takes tokens.
type ProbeSpec struct {
	Every        time.Duration // zero means ProbeEvery
	Timeout      time.Duration // of all that one probe asks; zero means ProbeTimeout or nine tenths of Every
	Tools        bool          // it also asks for a tool call
	JSON         bool          // it also asks for a JSON document
	MaxTokens    int           // of each answer; zero means ProbeMaxTokens, or more where tools or JSON need it
	PromptTokens int           // the prompt is padded to about as many; zero leaves it short
	Model        ModelName     // that is asked for; "" means that of the pool, the account's first, or the route's name
	URL          string        // OpenAI-compatible API that is asked, where it is another than the subject's own
	Auth         SecretRef     // credential, where it is another than the subject's own
	MaxPerDay    Maybe[Money]  // what it may cost in one UTC day; needed wherever it costs
}

// ProbeKind is the connector that sends probes.
const ProbeKind = "probe"

// Defaults of probes.
const (
	ProbeEvery     = time.Minute
	ProbeTimeout   = 20 * time.Second
	ProbeMaxTokens = 16
	probeFormal    = 64 // tokens that a tool call or a document needs at the least, with some to spare
)

// Limit is how many tokens an answer may have.
func (p *ProbeSpec) Limit() int {
	switch {
	case p.MaxTokens > 0:
		return p.MaxTokens
	case p.Tools || p.JSON:
		return probeFormal
	}
	return ProbeMaxTokens
}

// Interval is how often it is sent.
func (p *ProbeSpec) Interval() time.Duration {
	if p.Every > 0 {
		return p.Every
	}
	return ProbeEvery
}

// Patience is how long all that one probe asks may take.
func (p *ProbeSpec) Patience() time.Duration {
	most := p.Interval() * 9 / 10
	if p.Timeout > 0 {
		return min(p.Timeout, most)
	}
	return min(ProbeTimeout, most)
}

// ProbePlan is what the source of a probe asks, of whom, and who is paid for it.
type ProbePlan struct {
	ProbeSpec
	Ends   []ProbeEnd   // asked one after another in turn
	Payers []ProbePayer // rented models that may answer; none means that it costs no money beside what runs anyway
}

// ProbeEnd is one address that a probe is sent to.
type ProbeEnd struct {
	Name string // of the replica; "" where the address is that of a service
	URL  string
	Path string // of the chat route behind URL
	Via  string // as SourceSpec.Via
}

// ProbePayer is a rented model that may answer a probe.
type ProbePayer struct {
	Provider ProviderID
	Kind     string
	Model    ModelName
	Price    Maybe[Price]           // of the configuration, which wins over the catalogue
	Factor   Maybe[decimal.Decimal] // of the contract, over the catalogue's price
}

// ProbeAsk is one thing that a probe asks for.
type ProbeAsk string

// What probes ask for.
const (
	ProbePlain  ProbeAsk = "plain"
	ProbeTools  ProbeAsk = "tools"
	ProbeJSON   ProbeAsk = "JSON"
	ProbeLength ProbeAsk = "length" // a prompt of a given length
)

// Asks are the requests of one probe, each of its own: a tool call and a JSON document exclude each other in one answer.
func (p *ProbeSpec) Asks() []ProbeAsk {
	var list []ProbeAsk
	if p.PromptTokens > 0 {
		list = append(list, ProbeLength)
	}
	if p.Tools {
		list = append(list, ProbeTools)
	}
	if p.JSON {
		list = append(list, ProbeJSON)
	}
	if len(list) == 0 {
		return []ProbeAsk{ProbePlain}
	}
	return list
}

// ProbeReading is what one probe showed. No text of an answer is in it.
type ProbeReading struct {
	OK      bool
	Asked   []ProbeAsk // what was asked, in order, up to the one that failed
	Unclear []ProbeAsk // answered, and cut off before it could be told
	End     string     // replica that was asked; raw
	TTFT    Maybe[Seconds]
	Total   Maybe[Seconds] // of all that was asked
	In, Out Maybe[int]     // tokens of all that was asked
	Finish  Safe           // why the last answer ended
	Model   Safe           // that answered, by its own word
	Why     Safe           // why it is not OK, without a word of the answer
	At      time.Time
	Spent   Maybe[Money] // this UTC day, by the price list, with this probe; unknown where nobody is paid
	// Paused says why nothing was sent, "" where something was. Nothing else is set then but Spent.
	Paused Safe
}

// Probe is what the probes of one source show over time.
type Probe struct {
	Last       ProbeReading
	Every      time.Duration
	LastGood   time.Time
	CleanSince Maybe[time.Time] // since when none failed; unknown while the last one failed or is too old
	Failing    int              // in a row
	Down       bool             // it fails: of several replicas two in a row, or the only one there is
	Stale      bool             // the last one is too old to say anything
	PerDay     Maybe[Money]     // what a day costs by the price list, at the most; unknown where nobody is paid
	MaxPerDay  Maybe[Money]
	Paused     Safe // why none is sent now
	Source     SourceID
}

// Up is what it says of whether answers come.
func (p *Probe) Up() Maybe[bool] {
	switch {
	case p == nil || p.Last.At.IsZero():
		return None[bool]()
	case p.Down && (!p.Stale || p.Paused.IsEmpty()): // bad news stands until the same source says otherwise, or may not ask
		return Some(false)
	case p.Stale || p.LastGood.IsZero():
		return None[bool]()
	}
	return Some(true)
}

// Text says what the last probe showed: "answers a live probe with tools and JSON (14:06:40Z, 512ms)".
func (p *Probe) Text() Safe {
	switch {
	case p == nil || p.Last.At.IsZero():
		if p != nil && !p.Paused.IsEmpty() {
			return Concat(Text("no live probe: "), p.Paused)
		}
		return Text("no live probe yet")
	case !p.Last.OK:
		return Textf("a live probe failed (%s): %s", p.when(), p.Last.Why)
	}
	text := Concat(Text("answers a live probe"), with(p.Last.shown()), Text(" ("), p.when(), Text(")"))
	if len(p.Last.Unclear) > 0 {
		text = Concat(text, Text(", cut off before it showed"), names(p.Last.Unclear))
	}
	if p.Stale {
		text = Concat(text, Text(", too long ago"))
	}
	return text
}

func (p *Probe) when() Safe {
	at := Stamp(p.Last.At)
	if !p.Last.At.IsZero() {
		at = ClockTime(p.Last.At)
	}
	parts := []Safe{at}
	if p.Last.Total.OK {
		parts = append(parts, p.Last.Total.V.Text())
	}
	if p.Last.End != "" {
		parts = append(parts, Label(p.Last.End))
	}
	return Join(parts, Text(", "))
}

// shown is what was asked beside an answer, and shown.
func (r *ProbeReading) shown() []ProbeAsk {
	var list []ProbeAsk
	for _, a := range r.Asked {
		cut := false
		for _, u := range r.Unclear {
			cut = cut || u == a
		}
		if a != ProbePlain && !cut {
			list = append(list, a)
		}
	}
	return list
}

func with(list []ProbeAsk) Safe {
	if len(list) == 0 {
		return Safe{}
	}
	return Concat(Text(" with"), names(list))
}

func names(list []ProbeAsk) Safe {
	out := Safe{}
	for i, a := range list {
		word := Label(string(a))
		if a == ProbeLength {
			word = Text("a long prompt")
		}
		switch {
		case i == 0:
			out = Concat(Text(" "), word)
		case i == len(list)-1:
			out = Concat(out, Text(" and "), word)
		default:
			out = Concat(out, Text(", "), word)
		}
	}
	return out
}

// Money says what the probes of a source cost: "est. $0.41 a day, at most $0.50 ($0.03 today)"; "" where nobody is paid.
func (p *Probe) Money() Safe {
	if p == nil || !p.PerDay.OK {
		return Safe{}
	}
	text := Concat(Text("est. "), p.PerDay.V.Small(), Text(" a day"))
	if p.MaxPerDay.OK {
		text = Concat(text, Text(", at most "), p.MaxPerDay.V.Small())
	}
	if p.Last.Spent.OK {
		text = Concat(text, Text(" ("), p.Last.Spent.V.Small(), Text(" today)"))
	}
	return text
}

// Text says what is sent how often, and what a day of it costs: "every 1m, tools and JSON, est. $0.41 a day, at most $0.50".
func (p *ProbePlan) Text(prices Prices) Safe {
	text := Concat(Text("every "), Age(p.Interval()), Text(","), names(p.Asks()))
	one := Probe{PerDay: p.PerDay(prices), MaxPerDay: p.MaxPerDay}
	if len(p.Payers) == 0 {
		return Concat(text, Text(", on own GPUs: no money"))
	}
	return Concat(text, Text(", "), one.Money())
}
