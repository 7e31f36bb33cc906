package fleet

import (
	"slices"
	"time"
)

// StatusReading is what a provider publishes about its incidents, as far as it concerns what is watched of it. A page says
// nothing of the account itself, and is late: it is evidence beside own measurements and never the trigger of anything.
type StatusReading struct {
	Page       Safe             // how the page calls itself, "" where it does not say
	Incidents  []Incident       // that are not over, and maintenance that is announced; the worst first
	Components []ComponentState // those that are watched, as far as the page lists components
	Missing    []string         // watched components that the page does not list, as they are configured
	Others     int              // open incidents of what is not watched
	Changed    Maybe[time.Time] // when the page says that it was changed last: months ago is normal
	Copied     Maybe[time.Time] // of a file: when it was written
}

// Impact is how bad an incident or a component is, in one scale for all feeds.
type Impact string

// The impacts, from harmless to bad. A word of a feed that is not known counts as degraded.
const (
	ImpactNone        Impact = "none"
	ImpactPlanned     Impact = "planned"     // maintenance that has not begun
	ImpactMaintenance Impact = "maintenance" // under way
	ImpactDegraded    Impact = "degraded"
	ImpactDisrupted   Impact = "disrupted"
	ImpactOutage      Impact = "outage"
)

// Rank orders impacts: greater is worse. An unknown one counts as degraded.
func (i Impact) Rank() int {
	all := []Impact{ImpactNone, ImpactPlanned, ImpactMaintenance, ImpactDegraded, ImpactDisrupted, ImpactOutage}
	if n := slices.Index(all, i); n >= 0 {
		return n
	}
	return slices.Index(all, ImpactDegraded)
}

// Hurts tells whether users may notice it now.
func (i Impact) Hurts() bool { return i.Rank() >= ImpactMaintenance.Rank() }

// Text draws the impact.
func (i Impact) Text() Safe { return Label(string(i)) }

// Incident is one entry of a status feed. Its texts are raw, as the feed writes them.
type Incident struct {
	ID         string
	Title      string
	Impact     Impact
	Said       string // the feed's own words for impact and phase: "major, investigating"
	Since      Maybe[time.Time]
	Updated    Maybe[time.Time]
	Components []string    // that it names; what kind of thing that is differs by provider
	Regions    []string    // that it names; none means that it does not say
	Models     []ModelName // of the configured ones, those that it names
	// Vague says that it names nothing although the page is watched for certain components: whether it concerns them is
	// not known.
	Vague bool
	Link  Safe
}

// Of tells whether an incident concerns a model: one that names models concerns no others.
func (i *Incident) Of(m ModelName) bool { return len(i.Models) == 0 || slices.Contains(i.Models, m) }

// ComponentState is how one component of a status page is said to do. Name and Said are raw.
type ComponentState struct {
	Name   string
	Impact Impact
	Said   string // "partial_outage", "uptime 93.1% in 30m"
}

// StatusFeed is one status feed of a provider as the Hub has it.
type StatusFeed struct {
	Source  SourceID
	At      time.Time // when it was last read, or when the file that is read was written; zero where it never was
	Stale   bool
	Err     Safe           // why the last read failed, "" when it did not: what the page says now is then unknown
	Reading *StatusReading // of the last good read; nil where there is none
}

// Unknown says why nothing is known of the present, "" where something is.
func (f *StatusFeed) Unknown() Safe {
	switch {
	case f.Reading == nil && !f.Err.IsEmpty():
		return Concat(Text("never read: "), f.Err)
	case f.Reading == nil || f.At.IsZero():
		return Text("not read yet")
	case !f.Err.IsEmpty():
		return f.Err
	case f.Stale:
		return Text("its last good answer is too old")
	}
	return Safe{}
}

// Open lists the incidents that hurt now and may concern the account, the worst first.
func (r *StatusReading) Open() []*Incident {
	if r == nil {
		return nil
	}
	var list []*Incident
	for i := range r.Incidents {
		if r.Incidents[i].Impact.Hurts() {
			list = append(list, &r.Incidents[i])
		}
	}
	return list
}

// Hurt lists the watched components that do not do well.
func (r *StatusReading) Hurt() []*ComponentState {
	if r == nil {
		return nil
	}
	var list []*ComponentState
	for i := range r.Components {
		if r.Components[i].Impact.Hurts() {
			list = append(list, &r.Components[i])
		}
	}
	return list
}

// Words say what a feed says in one line: the worst incident, else the worst component; "" where all is well.
func (r *StatusReading) Words() Safe {
	var said Safe
	worst := 0
	for _, i := range r.Open() {
		if rank := i.Impact.Rank(); rank > worst && !i.Vague {
			worst, said = rank, Concat(Quote(i.Title), Text(" ("), Quote(i.Said), Text(")"))
		}
	}
	if !said.IsEmpty() {
		return said
	}
	for _, c := range r.Hurt() {
		if rank := c.Impact.Rank(); rank > worst {
			worst, said = rank, Concat(Quote(c.Name), Text(": "), Quote(c.Said))
		}
	}
	return said
}
