package tui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views"
)

// verb is one command of the command line.
type verb struct {
	names []string // the first one is completed, the others are short forms
	args  fleet.Safe
	help  fleet.Safe
	words func(m *Model, args []string) []string // completions of the last of args
	run   func(m *Model, args []string) (tea.Cmd, fleet.Safe)
}

// verbs is the table of commands: it drives the command line, its completion and the help.
func verbs() []verb {
	return slices.Concat(viewVerbs(), clusterVerbs(), offInThePast(slices.Concat(changeVerbs(), workVerbs())), drillVerbs(), pastVerbs(),
		settingVerbs())
}

func viewVerbs() []verb {
	to := func(p place) func(*Model, []string) (tea.Cmd, fleet.Safe) {
		return func(m *Model, _ []string) (tea.Cmd, fleet.Safe) {
			m.visit(p)
			return nil, fleet.Safe{}
		}
	}
	return []verb{
		{names: []string{"overview", "ov"}, help: fleet.Text("overview"), run: to(place{screen: views.ScreenOverview})},
		{names: []string{"routes", "rt"}, help: fleet.Text("all routes"), run: to(place{screen: views.ScreenRoutes})},
		{names: []string{"route"}, args: fleet.Text("NAME"), help: fleet.Text("one route"),
			words: routeWords, run: (*Model).cmdRoute},
		{names: []string{"pools", "po"}, help: fleet.Text("all pools and providers"),
			run: to(place{screen: views.ScreenPools})},
		{names: []string{"pool"}, args: fleet.Text("NAME"), help: fleet.Text("one pool with its GPUs"),
			words: poolWords, run: (*Model).cmdPool},
		{names: []string{"upgrades", "up"}, help: fleet.Text("what each pool runs, how far its roll is and why not further"),
			run: to(place{screen: views.ScreenUpgrades})},
		{names: []string{"cost", "co"}, help: fleet.Text("what it costs, by route, pool and provider"),
			run: to(place{screen: views.ScreenCost})},
		{names: []string{"economics", "eco"}, args: fleet.Text("[ROUTE]"), help: fleet.Text("API or own GPUs for a route, with every input"),
			words: routeWords, run: (*Model).cmdEconomics},
		{names: []string{"bills", "bi"}, help: fleet.Text("metered beside reported and billed, spend by team and key, sources of bills"),
			run: to(place{screen: views.ScreenBills})},
		{names: []string{"compute", "cu"}, help: fleet.Text("machines, capacity that each pool needs, and what could be rented"),
			run: to(place{screen: views.ScreenCompute})},
		{names: []string{"events", "ev"}, help: fleet.Text("events"), run: (*Model).cmdEvents},
		{names: []string{"journal", "jn"}, help: fleet.Text("changes"), run: (*Model).cmdJournal},
		{names: []string{"sources", "src"}, help: fleet.Text("every connection with its last error"),
			run: to(place{screen: views.ScreenSources})},
		{names: []string{"silences", "sil"}, help: fleet.Text("silences in force and to come, with what they hide"),
			run: to(place{screen: views.ScreenSilences})},
	}
}

func changeVerbs() []verb {
	return []verb{
		{names: []string{"shift"}, args: fleet.Text("ROUTE [TARGET=WEIGHT ...]"),
			help:  fleet.Text("open a plan; nothing is sent"),
			words: shiftWords, run: (*Model).cmdShift},
		{names: []string{"undo"}, args: fleet.Text("CHANGE"), help: fleet.Text("open the inverse of a change"),
			words: changeWords, run: (*Model).cmdUndo},
		{names: []string{"resync"}, args: fleet.Text("REPLICA"),
			help:  fleet.Text("open the resync plan of a gateway replica"),
			words: replicaWords, run: (*Model).cmdResync},
		{names: []string{"failover", "fo"}, args: fleet.Text("[POOL | PROVIDER | SITE | ROUTE TARGET ...]"),
			help:  fleet.Text("say who could take the load, and plan its move; without a name the view of failovers"),
			words: originWords, run: (*Model).cmdFailover},
		{names: []string{"edit"}, args: fleet.Text("[ROUTE]"),
			help:  fleet.Text("plan an edit of a route's fallbacks, further names or blocked members"),
			words: routeWords, run: (*Model).cmdEdit},
		{names: []string{"key"}, args: fleet.Text("block | unblock | limit NAME [budget= per= tpm= rpm=]"),
			help:  fleet.Text("plan a block of a gateway's key, or new limits; by alias or hash, never by the key itself"),
			words: keyWords(false), run: (*Model).cmdKey},
		{names: []string{"team"}, args: fleet.Text("block | unblock | limit NAME [budget= per= tpm= rpm=]"),
			help: fleet.Text("the same of a team of a gateway"), words: keyWords(true), run: (*Model).cmdTeam},
		{names: []string{"silence"}, args: fleet.Text("[NAME=VALUE ...]"),
			help: fleet.Text("plan a silence: of these matchers, or of the selected alert"), run: (*Model).cmdSilence},
		{names: []string{"arm"}, args: fleet.Text("30m"),
			help:  fleet.Text("allow writing for a time; asks for the context's name"),
			words: fixedWords("30m", "1h", "10m"), run: (*Model).cmdArm},
		{names: []string{"lock"}, help: fleet.Text("forbid writing now"), run: (*Model).cmdLock},
		{names: []string{"incident"}, args: fleet.Text("ID | -"), help: fleet.Text("take an incident, or drop it"),
			words: fixedWords("-"), run: (*Model).cmdIncident},
	}
}

func settingVerbs() []verb {
	return []verb{
		{names: []string{"window"}, args: fleet.Text("5m | 15m | 1h | 6h"), help: fleet.Text("how far sparklines look back"),
			words: fixedWords("5m", "15m", "1h", "6h"), run: (*Model).cmdWindow},
		{names: []string{"filter"}, args: fleet.Text("[PATTERN]"),
			help: fleet.Text("filter this table; without a pattern show all"), run: (*Model).cmdFilter},
		{names: []string{"sort"}, args: fleet.Text("COLUMN"), help: fleet.Text("sort this table"),
			words: sortWords, run: (*Model).cmdSort},
		{names: []string{"theme"}, args: fleet.Text("NAME"), help: fleet.Text("another theme"),
			words: themeWords, run: (*Model).cmdTheme},
		{names: []string{"glyphs"}, args: fleet.Text("ascii | utf8"), help: fleet.Text("draw with these characters"),
			words: fixedWords("ascii", "utf8"), run: (*Model).cmdGlyphs},
		{names: []string{"fault"}, args: fleet.Text("ID"), help: fleet.Text("start or end a fault of the demo"),
			words: faultWords, run: (*Model).cmdFault},
		{names: []string{"ctx"}, help: fleet.Text("which context this is, over the clusters that are watched"), run: (*Model).cmdContext},
		{names: []string{"help"}, help: fleet.Text("keys and commands"), run: (*Model).cmdHelp},
		{names: []string{"quit", "q"}, help: fleet.Text("quit"), run: func(m *Model, _ []string) (tea.Cmd, fleet.Safe) {
			return m.quit(), fleet.Safe{}
		}},
	}
}

// findVerb returns the command with this name; a beginning that fits only one is enough.
func findVerb(name string) (verb, bool) {
	var found []verb
	for _, v := range verbs() {
		if slices.Contains(v.names, name) {
			return v, true
		}
		if strings.HasPrefix(v.names[0], name) {
			found = append(found, v)
		}
	}
	if len(found) != 1 {
		return verb{}, false
	}
	return found[0], true
}

// runCommand runs a line; the sentence says what is wrong with it.
func (m *Model) runCommand(text string) (tea.Cmd, fleet.Safe) {
	words := strings.Fields(text)
	v, ok := findVerb(words[0])
	if !ok {
		return nil, fleet.Textf("no command %s; tab completes, ? lists them", fleet.Label(words[0]))
	}
	if v.args.IsEmpty() && len(words) > 1 {
		return nil, fleet.Textf("%s takes nothing behind it, and %s stands there", fleet.Label(words[0]), fleet.Quote(words[1]))
	}
	m.tellActed(fleet.Concat(fleet.Text(":"), fleet.Quote(text)))
	return v.run(m, words[1:])
}

func (m *Model) cmdRoute(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || m.snap == nil || m.snap.Route(fleet.RouteID(args[0])) == nil {
		return nil, fleet.Text("name a route of this fleet")
	}
	m.visit(place{screen: views.ScreenRoutes, route: fleet.RouteID(args[0])})
	return nil, fleet.Safe{}
}

func (m *Model) cmdPool(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || m.snap == nil || m.snap.Pool(fleet.PoolID(args[0])) == nil {
		return nil, fleet.Text("name a pool of this fleet")
	}
	m.visit(place{screen: views.ScreenPools, pool: fleet.PoolID(args[0])})
	return nil, fleet.Safe{}
}

func (m *Model) cmdEvents([]string) (tea.Cmd, fleet.Safe)  { return m.eventsPane(paneEvents) }
func (m *Model) cmdJournal([]string) (tea.Cmd, fleet.Safe) { return m.eventsPane(paneJournal) }

func (m *Model) eventsPane(pane string) (tea.Cmd, fleet.Safe) {
	m.visit(place{screen: views.ScreenEvents})
	m.setPane(pane)
	m.clamp(false)
	return nil, fleet.Safe{}
}

func (m *Model) cmdShift(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) == 0 || m.snap.Route(fleet.RouteID(args[0])) == nil {
		return nil, fleet.Text("name a route of this fleet")
	}
	route := m.snap.Route(fleet.RouteID(args[0]))
	switch c := m.book.OpenOn(route.Spec.ID); {
	case c != nil && c.Plan.Edit != nil:
		return nil, fleet.Concat(changeName(c), fleet.Text(" is open on this route: finish or undo it first; 7 shows it"))
	case c != nil:
		return m.showChange(c), fleet.Safe{}
	}
	set := fleet.Weights{}
	for _, a := range args[1:] {
		i := strings.LastIndexByte(a, '=')
		if i < 0 || route.Target(fleet.TargetID(a[:i])) == nil {
			return nil, fleet.Concat(fleet.Label(a), fleet.Text(" is not TARGET=WEIGHT of "), fleet.Label(args[0]))
		}
		w, err := strconv.Atoi(a[i+1:])
		if err != nil || w < 0 || w > maxWeight {
			return nil, fleet.Textf("%s: a weight is a whole number from 0 to %s", fleet.Label(a), fleet.Int(maxWeight))
		}
		set[fleet.TargetID(a[:i])] = w
	}
	return m.planShift(route.Spec.ID, set), fleet.Safe{}
}

func (m *Model) cmdUndo(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) != 1 {
		return nil, fleet.Text("name a change by its number")
	}
	for i := range m.book.Changes {
		c := &m.book.Changes[i]
		if string(c.ID) != args[0] && strconv.Itoa(c.Seq) != args[0] {
			continue
		}
		m.visit(place{screen: views.ScreenEvents, change: c.ID})
		if why := whyNoUndo(m); !why.IsEmpty() {
			return nil, why
		}
		return m.openUndo(""), fleet.Safe{}
	}
	return nil, fleet.Text("no such change in the journal")
}

func (m *Model) cmdResync(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoPlans(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) != 1 {
		return nil, fleet.Text("name a gateway replica")
	}
	for i := range m.snap.Routes {
		r := &m.snap.Routes[i]
		for j := range r.Replicas {
			if string(r.Replicas[j].ID) == args[0] && r.Replicas[j].Differs {
				return m.planResync(r.Spec.ID, r.Replicas[j].ID), fleet.Safe{}
			}
		}
	}
	return nil, fleet.Concat(fleet.Label(args[0]), fleet.Text(" differs on no route: there is nothing to resync"))
}

// The shortest and longest time that writing is allowed for.
const (
	minArm = time.Minute
	maxArm = 8 * time.Hour
)

func (m *Model) cmdArm(args []string) (tea.Cmd, fleet.Safe) {
	d := 30 * time.Minute
	if len(args) > 0 {
		var err error
		if d, err = time.ParseDuration(args[0]); err != nil || d < minArm || d > maxArm {
			return nil, fleet.Text("say for how long, from 1m to 8h: arm 30m")
		}
	}
	return m.askArm(d), fleet.Safe{}
}

func (m *Model) cmdLock([]string) (tea.Cmd, fleet.Safe) {
	control := m.control
	return m.act("lock", fleet.Text("locked: the writers are gone"), func() error {
		control.Lock()
		return nil
	}), fleet.Safe{}
}

func (m *Model) cmdIncident(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 {
		return nil, fleet.Text("name an incident, or - to drop the taken one")
	}
	id, text := args[0], fleet.Concat(fleet.Text("took incident "), fleet.Label(args[0]))
	if id == "-" {
		id, text = "", fleet.Text("dropped the incident")
	}
	control := m.control
	return m.act("incident", text, func() error { return control.Incident(id) }), fleet.Safe{}
}

func (m *Model) cmdFault(args []string) (tea.Cmd, fleet.Safe) {
	if why := whyNoFaults(m); !why.IsEmpty() {
		return nil, why
	}
	if len(args) == 0 {
		return m.askFaults(""), fleet.Safe{}
	}
	for _, f := range m.faulty {
		if strings.EqualFold(f.ID, args[0]) {
			return m.toggleFault(f), fleet.Safe{}
		}
	}
	return nil, fleet.Concat(fleet.Text("no fault "), fleet.Label(args[0]))
}

func (m *Model) cmdContext([]string) (tea.Cmd, fleet.Safe) {
	if m.snap != nil && len(m.snap.Clusters) > 0 {
		m.visit(place{screen: views.ScreenClusters})
	}
	m.say(fleet.Concat(m.contextLine(), fleet.Text("; another one is chosen at start with --context")))
	return nil, fleet.Safe{}
}

func (m *Model) cmdHelp([]string) (tea.Cmd, fleet.Safe) { return m.toggleHelp(""), fleet.Safe{} }

func (m *Model) cmdTheme(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || !slices.Contains(themes.Names(), args[0]) {
		return nil, fleet.Concat(fleet.Text("themes: "), fleet.Label(strings.Join(themes.Names(), " ")))
	}
	m.theme = themes.New(themes.Options{Name: args[0], Profile: m.theme.Profile, ASCII: !m.theme.Glyphs.UTF8})
	return nil, fleet.Safe{}
}

func (m *Model) cmdGlyphs(args []string) (tea.Cmd, fleet.Safe) {
	if len(args) != 1 || args[0] != "ascii" && args[0] != "utf8" {
		return nil, fleet.Text("glyphs: ascii utf8")
	}
	m.theme = themes.New(themes.Options{Name: m.theme.Name, Profile: m.theme.Profile, ASCII: args[0] == "ascii"})
	return nil, fleet.Safe{}
}
