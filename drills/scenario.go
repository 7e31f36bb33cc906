package drills

import (
	"time"

	"pitwall/fleet"
)

// Scenario is one drill as its author wrote it. All times count from the begin of the drill, which follows the baseline.
type Scenario struct {
	ID       string
	Title    string
	Level    int // 1 to 5
	Rows     []string
	Lesson   string
	Baseline time.Duration // in which nothing is wrong, so that rates and shares stand
	Minutes  int           // after which it ends
	Faults   []Fault
	Injects  []Inject
	Theories []Theory
	// Reference is how somebody who knows works it, Tempting what looks right and is not.
	Reference []Act
	Tempting  Tempting
	Par       Par
	Touched   []fleet.RouteID // routes that the causes reach; the others are what must not be harmed beside
	Teaching  Teaching
	Sources   []string // threads and reports that it is made after
}

// Fault is one cause of a scenario.
type Fault struct {
	At    time.Duration
	Until time.Duration // 0: until the end
	Cause string        // number in the failure catalogue
	On    string        // object of the fleet; "" for the usual one
	Set   map[string]float64
}

// Channel is how news reach whoever works a drill.
type Channel string

// The channels.
const (
	ChannelAlert    Channel = "alert"
	ChannelUser     Channel = "user report"
	ChannelStatus   Channel = "status page"
	ChannelManager  Channel = "manager"
	ChannelProvider Channel = "provider"
	ChannelPeer     Channel = "colleague"
)

// Channels lists them.
func Channels() []Channel {
	return []Channel{ChannelAlert, ChannelUser, ChannelStatus, ChannelManager, ChannelProvider, ChannelPeer}
}

// Inject is one piece of news.
type Inject struct {
	At         time.Duration
	Channel    Channel
	Text       string
	Expected   string // what it should lead to
	Misleading bool
}

// Theory is what may be wrong. One of them or more is true.
type Theory struct {
	ID   string
	Text string
	True bool
}

// Act is one thing that is done at a time. Exactly one of its parts is set.
type Act struct {
	At     time.Duration
	Mark   string // what was noticed
	Theory string // committed to
	Run    string // a command of pitwall without its first word, as it would be typed: "shift chat openai=2 b200-a=98 --yes"
	Tell   string // a status for others
	Hand   string // the note of the hand-over
}

// Tempting is what looks right, and what must come of it.
type Tempting struct {
	Acts  []Act
	Below float64 // its score is below this
	Why   string
}

// Par are the times that a practised operator needs, from the first cause.
type Par struct{ Detect, Diagnose, Mitigate, Recover time.Duration }

// Teaching are the notes of a scenario.
type Teaching struct {
	Before string
	Hints  []string // where to look, what it means, what to do
	After  []string
	Quiz   []Question
}

// Question is asked after a drill and once more a week later.
type Question struct{ Ask, Answer string }

// Begin is when the first cause begins.
func (s *Scenario) Begin() time.Duration {
	var first time.Duration
	for i, f := range s.Faults {
		if i == 0 || f.At < first {
			first = f.At
		}
	}
	return first
}

// Length is how long it takes at most.
func (s *Scenario) Length() time.Duration { return time.Duration(s.Minutes) * time.Minute }

// Theory is the one of an ID, nil for none.
func (s *Scenario) Theory(id string) *Theory {
	for i := range s.Theories {
		if s.Theories[i].ID == id {
			return &s.Theories[i]
		}
	}
	return nil
}
