package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/views"
)

// Drill is the exercise under way.
type Drill interface {
	// Stand is how it stands now. It answers at once.
	Stand() DrillStand
	// Do does one thing of it; screen is what was drawn then, as text. The answer is shown.
	Do(deed DrillDeed, text, screen string) (fleet.Safe, error)
}

// DrillDeed is what somebody does in a drill beside changing the fleet.
type DrillDeed string

// The deeds.
const (
	DrillMark   DrillDeed = "mark"     // something was noticed
	DrillTheory DrillDeed = "theory"   // a theory is committed to, by its ID
	DrillHint   DrillDeed = "hint"     // help is asked for
	DrillTell   DrillDeed = "tell"     // a status for others
	DrillHand   DrillDeed = "handover" // the note of the hand-over
	DrillEnd    DrillDeed = "end"
	DrillSaw    DrillDeed = "saw" // a change was started; its ID
)

// DrillStand is how a drill stands.
type DrillStand struct {
	Line     fleet.Safe   // for the bottom line: "EXERCISE 4:12 of 24:00"
	Title    fleet.Safe   // of the scenario
	Brief    []fleet.Safe // what it is about
	News     []fleet.Safe // oldest first
	Said     []fleet.Safe // hints that were given
	Theories []DrillClaim
	Hints    int // that are left
	Over     bool
}

// DrillClaim is one theory of what may be wrong.
type DrillClaim struct {
	ID   string
	Text fleet.Safe
	Held bool // committed to
}

// newsShown is how many of the newest pieces of news the drill's dialog shows.
const newsShown = 6

// followDrill shows news in the bottom line as they come.
func (m *Model) followDrill() {
	if m.drill == nil {
		return
	}
	s := m.drill.Stand()
	for ; m.told < len(s.News); m.told++ {
		m.say(s.News[m.told])
	}
	if s.Over && !m.drillOver {
		m.drillOver = true
		m.say(fleet.Text("the exercise is over and its clock stands: :quit shows the score"))
	}
}

// drillAnswer is the drill's dialog: theories, a hint, the end.
type drillAnswer struct{ stand DrillStand }

func (m *Model) cmdDrill(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoDrill(m); !why.IsEmpty() {
		return nil, why
	}
	switch {
	case len(args) == 1 && args[0] == string(DrillEnd):
		return m.doDrill(DrillEnd, ""), fleet.Safe{}
	case len(args) > 0:
		return nil, fleet.Text("drill takes nothing or end")
	}
	s := m.drill.Stand()
	lines := append([]fleet.Safe{s.Line}, s.Brief...)
	news := s.News[max(0, len(s.News)-newsShown):]
	if len(news) > 0 {
		lines = append(lines, fleet.Textf("NEWS %s", fleet.Int(len(s.News))))
		lines = append(lines, news...)
	}
	for _, h := range s.Said {
		lines = append(lines, fleet.Concat(fleet.Text("HINT "), h))
	}
	choices := []fleet.Safe{fleet.Text("back to the console")}
	for _, t := range s.Theories {
		word := fleet.Text("I hold: ")
		if t.Held {
			word = fleet.Text("held already: ")
		}
		choices = append(choices, fleet.Concat(word, t.Text))
	}
	choices = append(choices, fleet.Textf("a hint, which costs 5 points (%s left)", fleet.Int(s.Hints)), fleet.Text("end the exercise"))
	return m.open(&question{answer: drillAnswer{s}, state: views.AskState{
		Title: fleet.Concat(fleet.Text("EXERCISE  "), s.Title), Lines: lines, Choices: choices,
	}}), fleet.Safe{}
}

func (a drillAnswer) choose(m *Model, chosen int, _ string) tea.Cmd {
	switch n := len(a.stand.Theories); {
	case chosen == 0:
		return nil
	case chosen <= n:
		return m.doDrill(DrillTheory, a.stand.Theories[chosen-1].ID)
	case chosen == n+1:
		return m.doDrill(DrillHint, "")
	default:
		return m.doDrill(DrillEnd, "")
	}
}

// sayDrill is a command whose words are what is said.
func sayDrill(deed DrillDeed) func(*Model, []string) (tea.Cmd, fleet.Safe) {
	return func(m *Model, args []string) (tea.Cmd, fleet.Safe) {
		if why := whyNoDrill(m); !why.IsEmpty() {
			return nil, why
		}
		text := strings.Join(args, " ")
		if text == "" {
			return nil, fleet.Textf("say it behind the word: :%s TEXT", fleet.Label(string(deed)))
		}
		return m.doDrill(deed, text), fleet.Safe{}
	}
}

func (m *Model) doDrill(deed DrillDeed, text string) tea.Cmd {
	drill, screen := m.drill, m.cache.frame
	return command("drill", func() tea.Msg {
		said, err := drill.Do(deed, text, screen)
		return doneMsg{text: said, err: err}
	})
}

// sawChange tells the drill what was on screen when a change was started.
func (m *Model) sawChange(id fleet.ChangeID) tea.Cmd {
	if m.drill == nil {
		return nil
	}
	drill, screen := m.drill, m.cache.frame
	return command("drill", func() tea.Msg {
		_, _ = drill.Do(DrillSaw, string(id), screen) // nothing of it is shown
		return nil
	})
}

func whyNoDrill(m *Model) fleet.Safe {
	if m.drill == nil {
		return fleet.Text("there is no exercise: pitwall drill start begins one")
	}
	return works()
}

func drillVerbs() []verb {
	return []verb{
		{names: []string{"drill"}, args: fleet.Text("[end]"), help: fleet.Text("the exercise: news, theories, a hint; end ends it"),
			words: fixedWords("end"), run: (*Model).cmdDrill},
		{names: []string{"mark"}, args: fleet.Text("TEXT"), help: fleet.Text("in an exercise: something was noticed"), run: sayDrill(DrillMark)},
		{names: []string{"tell"}, args: fleet.Text("TEXT"), help: fleet.Text("in an exercise: a status for others"), run: sayDrill(DrillTell)},
		{names: []string{"handover"}, args: fleet.Text("TEXT"), help: fleet.Text("in an exercise: the note for who comes next"),
			run: sayDrill(DrillHand)},
	}
}
