package tui

import (
	"context"
	"log/slog"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/economics"
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// Model is the one tea.Model. Only the event loop touches it: commands get copies and answer with messages.
type Model struct {
	ctx      context.Context
	feed     Feed
	control  Control
	faults   Faults
	drill    Drill
	details  Details
	rollouts Rollouts
	prices   func() *economics.Catalogue
	save     func(string, []byte) (string, error)
	clock    fleet.Clock
	hands    fleet.Clock
	log      *slog.Logger
	keys     *Keymap
	leaving  []fleet.Safe
	named    string // raw name of the context before the first snapshot

	size   views.Size
	theme  *themes.Theme
	mode   fleet.Mode
	window time.Duration

	snap   *fleet.Snapshot // the one that is drawn
	latest *fleet.Snapshot // the newest; differs from snap only while paused
	paused bool
	film   Past      // nil where nothing is recorded
	past   *lookBack // nil for now
	acted  func(fleet.Safe)
	still  bool // there is no now: a recording is looked at
	book   actions.Book
	read   bool // a book has come
	// broken says why no data come; bookDue that the book must be asked for again. The next second does both.
	broken  fleet.Safe
	bookDue bool

	trail  trail
	states states
	rows   map[string][]string // raw IDs by pane of the screen as last drawn
	help   *views.HelpState
	ask    *question
	line   *entry
	said   map[string][]string // history of the command and the filter line, by prompt
	notice notice
	sorts  bool // o was pressed: the next letter names a column

	shift  *dialog
	evac   *evacuating // failover that is being planned; it lies over its own screen
	text   *text       // the full text about an object, over the screen
	grace  grace
	typing typing

	asked     map[fleet.ChangeID]bool // open changes that were asked about
	faulty    []FaultInfo
	told      int      // news of the drill that were said
	drillOver bool     // that it is over was said
	reading   *reading // of how an object stands; nil when none is under way
	readings  uint64
	req       uint64 // ID of the last request; answers to older ones are dropped
	late      uint64 // dropped answers

	rev   uint64 // grows with every message that may change the frame
	cache cached
}

// New makes the console ready to run. ctx ends its waiting commands.
func New(ctx context.Context, o Options) (*Model, error) {
	keys, err := NewKeymap(o.Keys)
	if err != nil {
		return nil, err
	}
	m := &Model{
		ctx: ctx, feed: o.Feed, control: o.Control, faults: o.Faults, drill: o.Drill, details: o.Details, rollouts: o.Rollouts,
		prices: o.Prices, save: o.Save, film: o.Past, still: o.Still, acted: o.Acted,
		clock: o.Clock, hands: o.Hands, log: o.Log, keys: keys, leaving: o.Leaving, named: o.Context,
		size: o.Size, theme: o.Theme, mode: o.Mode, window: windows()[1],
		said: map[string][]string{}, asked: map[fleet.ChangeID]bool{},
		grace: grace{off: o.NoGrace},
	}
	if m.theme == nil {
		m.theme = themes.New(themes.Options{ASCII: true})
	}
	if m.clock == nil {
		m.clock = fleet.SystemClock{}
	}
	if m.hands == nil {
		m.hands = fleet.SystemClock{}
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if len(m.leaving) == 0 {
		m.leaving = []fleet.Safe{
			fleet.Text("The guard goes on without a screen: no further step starts, and the"),
			fleet.Text("step in force is watched and rolled back if it fails."),
		}
	}
	m.states = newStates()
	if m.rollouts == nil {
		m.states.upgrades.Deaf = fleet.Text("this console reads no object of a cluster")
	}
	m.trail = newTrail()
	return m, nil
}

// Init starts the three things that re-arm themselves: the feed, the book and the second.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.waitFeed(), m.readBook(), m.waitSecond(), m.readFaults())
}

// Update only dispatches; each message has its method in a file of its name.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.rev++
	confirming := m.confirming()
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		confirming = false // where a key leads is wanted
		cmd = m.keyPress(msg)
	case tea.PasteMsg:
		cmd = m.paste(msg)
	case tea.WindowSizeMsg:
		m.resize(msg)
	case snapshotMsg:
		cmd = m.snapshot(msg)
	case bookMsg:
		cmd = m.bookChange(msg)
	case secondMsg:
		cmd = m.second(msg)
	case graceMsg:
		cmd = m.graceOver(msg)
	case planMsg, checksMsg, startedMsg, intentMsg, errandMsg, evacuatedMsg, partsMsg, partsStartedMsg:
		cmd = m.changeAnswer(msg)
	case doneMsg:
		cmd = m.done(msg)
	case textMsg, containersMsg, linesMsg, rolloutMsg, twinMsg:
		cmd = m.objectAnswer(msg)
	case faultsMsg:
		m.faultList(msg)
	case pastMsg:
		cmd = m.pastShown(msg)
	case panicMsg:
		cmd = m.panicked(msg)
	default:
		m.rev-- // nothing that a screen shows
	}
	return m, tea.Batch(cmd, m.readRollouts(), m.interrupted(confirming))
}

// changeAnswer hands an answer of the Control to the step of a change that asked for it.
func (m *Model) changeAnswer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case planMsg:
		return m.planned(msg)
	case checksMsg:
		m.checked(msg)
	case startedMsg:
		return m.started(msg)
	case intentMsg:
		return m.undoPlanned(msg)
	case evacuatedMsg:
		return m.evacuated(msg)
	case partsMsg:
		return m.partsPlanned(msg)
	case partsStartedMsg:
		return m.partsStarted(msg)
	case errandMsg:
		return m.errandPlanned(msg)
	}
	return nil
}

// objectAnswer takes over what was asked about one object: its full text, how it stands, or the command line of a change.
func (m *Model) objectAnswer(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case textMsg:
		m.textAnswer(msg)
	case containersMsg:
		return m.textContainers(msg)
	case linesMsg:
		return m.textLines(msg)
	case rolloutMsg:
		m.rolloutRead(msg)
	case twinMsg:
		m.twinRead(msg)
	}
	return nil
}
