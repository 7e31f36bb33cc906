package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/views"
)

// The fields of the plan step, by what they ask for.
const (
	askImage    = "image"
	askModel    = "model"
	askRevision = "revision"
	askFlags    = "flags"
	askCanary   = "canary"
	askSurge    = "surge"
	askHold     = "hold"
	askReady    = "by-readiness"
	askVersion  = "version"
	askReplicas = "replicas"
	askShare    = "share"
	askWeights  = "weights"
)

// workFields are what a deed asks for.
func workFields(d fleet.Deed) []views.WorkField {
	field := func(id string, name, note fleet.Safe) views.WorkField {
		return views.WorkField{ID: id, Name: name, Note: note}
	}
	switch d {
	case fleet.DoUpgrade:
		return []views.WorkField{
			field(askImage, fleet.Text("image"), fleet.Text("to run")),
			field(askModel, fleet.Text("model"), fleet.Text("model ID or storage URI")),
			field(askRevision, fleet.Text("revision"), fleet.Text("of the weights")),
			field(askFlags, fleet.Text("flags"), fleet.Text("FLAG=VALUE ... of the engine")),
			field(askCanary, fleet.Text("canary"), fleet.Text("percent of the replicas in steps: 10,50; none: all at once")),
			field(askSurge, fleet.Text("surge"), fleet.Text("replicas beside the wanted ones, 0 takes some away first")),
			field(askHold, fleet.Text("hold"), fleet.Concat(fleet.Text("how long a canary is compared; "), fleet.Age(actions.DefaultCanaryHold))),
			field(askVersion, fleet.Text("version"), fleet.Text("an earlier one to restore, in place of the fields above")),
			{ID: askReady, Name: fleet.Text("ready"), Note: fleet.Text("go on by readiness alone, without comparing new with old"), Mark: true},
		}
	case fleet.DoScale:
		return []views.WorkField{field(askReplicas, fleet.Text("replicas"), fleet.Text("how many are wanted"))}
	case fleet.DoHoldScaler:
		return []views.WorkField{field(askReplicas, fleet.Text("replicas"), fleet.Text("how many to keep; as many as run"))}
	case fleet.DoAdvance:
		return []views.WorkField{field(askShare, fleet.Text("share"), fleet.Text("percent for the new version; none: the next step"))}
	case fleet.DoTraffic:
		return []views.WorkField{field(askWeights, fleet.Text("weights"), fleet.Text("MEMBER=WEIGHT ...; the others keep theirs"))}
	default:
		return nil
	}
}

// prefill puts what an object runs into the fields of its dialog that nobody touched, once it is read.
func (m *Model) prefill(o fleet.ObjectRef) {
	if m.shift == nil || m.shift.state.Work == nil || m.shift.state.Work.Object != o || m.shift.prefilled {
		return
	}
	seen := m.states.upgrades.Seen[o]
	if seen.At.IsZero() {
		return
	}
	m.shift.prefilled = true
	w := m.shift.state.Work
	r := &seen.Rollout
	put := func(id, text string) {
		if f := formField(w, id); f != nil && f.Text.Text == f.Was {
			f.Was = text
			f.Text = views.TextField{Text: text, Cursor: len([]rune(text))}
		}
	}
	put(askImage, r.Now.Image.String())
	put(askModel, r.Now.Weights.String())
	put(askRevision, r.Now.Revision.String())
	if w.Deed == fleet.DoScale {
		put(askReplicas, strconv.Itoa(r.Desired))
	}
	put(askWeights, weightWords(r.Traffic.Members))
	if f := formField(w, askVersion); f != nil && len(r.Runs) > 0 {
		var ids []fleet.Safe
		for i := range r.Runs[:min(4, len(r.Runs))] {
			ids = append(ids, fleet.Quote(r.Runs[i].ID))
		}
		f.Note = fleet.Concat(fleet.Text("an earlier one to restore: "), fleet.Join(ids, fleet.Text(" ")))
	}
}

// weightWords are weights as they are typed; "" where a member's name would not be read back as it is.
func weightWords(members []fleet.TrafficMember) string {
	var words []string
	for _, t := range members {
		if t.ID == "" || strings.ContainsFunc(t.ID, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return ""
		}
		words = append(words, t.ID+"="+strconv.Itoa(t.Weight))
	}
	return strings.Join(words, " ")
}

func formField(w *views.WorkForm, id string) *views.WorkField {
	for i := range w.Fields {
		if w.Fields[i].ID == id {
			return &w.Fields[i]
		}
	}
	return nil
}

// setField sets a field as if it were typed; false where the deed has no such field.
func setField(w *views.WorkForm, id, text string) bool {
	f := formField(w, id)
	if f == nil {
		return false
	}
	if f.Mark {
		f.Set = true
		return true
	}
	if id == askFlags && f.Text.Text != "" { // a command line has one for each flag
		text = f.Text.Text + " " + text
	}
	f.Text = views.TextField{Text: text, Cursor: len([]rune(text))}
	return true
}

// workIntent is what the dialog asks for; where what is typed cannot be taken the sentence says why.
func (m *Model) workIntent() (actions.Intent, fleet.Safe) {
	d := m.shift
	w := d.state.Work
	in := d.base
	if d.state.Undoes == "" {
		in = actions.Intent{Kind: actions.Kind(w.Deed), Work: &actions.WorkIntent{Object: w.Object, Want: fleet.Want{Do: w.Deed}}}
		if w.Deed == fleet.DoRestart {
			in.Work.Want.Stamp = m.clock.Now().UTC()
		}
		for i := range w.Fields {
			if why := takeField(in.Work, &w.Fields[i]); !why.IsEmpty() {
				return in, why
			}
		}
		if err := in.Work.Want.Check(m.snap != nil && m.snap.Cluster(w.Object.Cluster) != nil); err != nil {
			return in, fleet.Cause(err)
		}
		if w.Deed == fleet.DoScale && !in.Work.Want.Replicas.OK {
			return in, fleet.Text("say how many replicas are wanted")
		}
		if w.Deed == fleet.DoTraffic && len(in.Work.Want.Shares) == 0 {
			return in, fleet.Text("say the weight that a member shall have")
		}
	}
	in.Incident, in.Actor = m.book.Access.Incident, m.book.Access.Actor
	return in, works()
}

// takeField puts a field into what is wanted. One that is as it was at first asks for nothing.
func takeField(w *actions.WorkIntent, f *views.WorkField) fleet.Safe {
	text := strings.TrimSpace(f.Text.Text)
	switch {
	case f.Mark:
		w.ByReadiness = w.ByReadiness || f.Set
		return works()
	case text == "" || text == f.Was && f.ID != askReplicas:
		return works()
	}
	switch f.ID {
	case askImage:
		w.Want.Image = text
	case askModel:
		w.Want.Weights = text
	case askRevision:
		w.Want.Revision = text
	case askVersion:
		w.Want.Version = text
	default:
		take := takeMeasure
		if f.ID == askShare || f.ID == askWeights {
			take = takeTraffic
		}
		if want := take(w, f.ID, text); !want.IsEmpty() {
			return fleet.Concat(f.Name, fleet.Text(" "), fleet.Quote(text), fleet.Text(": "), want)
		}
	}
	return works()
}

// takeMeasure puts a field into what is wanted that has a form of its own, and says what the form is where it is not met.
func takeMeasure(w *actions.WorkIntent, id, text string) fleet.Safe {
	switch id {
	case askFlags:
		for _, word := range strings.Fields(text) {
			flag, value, ok := strings.Cut(word, "=")
			if !ok || strings.Trim(flag, "-") == "" {
				return fleet.Text("flags are FLAG=VALUE, such as max-model-len=8192")
			}
			w.Want.Args = append(w.Want.Args, fleet.ArgEdit{Flag: flag, Value: value})
		}
	case askCanary:
		parts, ok := parseParts(text)
		if !ok {
			return fleet.Text("percentages above 0 and up to 100 that rise, such as 10,50")
		}
		w.Want.Parts = parts
	case askSurge, askReplicas:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > maxReplicas {
			return fleet.Textf("a whole number from 0 to %s", fleet.Int(maxReplicas))
		}
		if id == askSurge {
			w.Want.Surge = fleet.Some(n)
		} else {
			w.Want.Replicas = fleet.Some(n)
		}
	case askHold:
		t, err := time.ParseDuration(text)
		if err != nil || t <= 0 {
			return fleet.Text("a time such as 15m")
		}
		w.Hold = t
	}
	return works()
}

// takeTraffic puts shares of the traffic into what is wanted.
func takeTraffic(w *actions.WorkIntent, id, text string) fleet.Safe {
	if id == askShare {
		parts, ok := parseParts(text)
		if !ok || len(parts) != 1 {
			return fleet.Text("one percentage above 0 and up to 100")
		}
		w.Want.Parts = parts
		return works()
	}
	for _, word := range strings.Fields(text) {
		share, ok := parseShare(word)
		if !ok {
			return fleet.Text("weights are MEMBER=WEIGHT with whole numbers of 0 or more, such as llama-v2=10")
		}
		w.Want.Shares = append(w.Want.Shares, share)
	}
	return works()
}

// maxReplicas bounds what can be typed.
const maxReplicas = 100_000

// parseShare reads MEMBER=WEIGHT. A member's name may hold "=": the last one counts.
func parseShare(word string) (fleet.Share, bool) {
	at := strings.LastIndex(word, "=")
	if at <= 0 {
		return fleet.Share{}, false
	}
	n, err := strconv.Atoi(strings.TrimSuffix(word[at+1:], "%"))
	return fleet.Share{Member: word[:at], Weight: n}, err == nil && n >= 0 && n <= mostShare
}

// mostShare is the largest weight that any system takes (Gateway API v1.6.1: 1,000,000).
const mostShare = 1_000_000

// parseParts reads rising percentages.
func parseParts(text string) ([]fleet.Ratio, bool) {
	var out []fleet.Ratio
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		v, err := strconv.ParseFloat(strings.TrimSuffix(word, "%"), 64)
		if err != nil || !(v > 0 && v <= 100) {
			return nil, false
		}
		if n := len(out); n > 0 && fleet.Ratio(v/100) <= out[n-1] {
			return nil, false
		}
		out = append(out, fleet.Ratio(v/100))
	}
	return out, len(out) > 0
}

func (m *Model) workNext(string) tea.Cmd     { return m.workTurn(+1) }
func (m *Model) workPrevious(string) tea.Cmd { return m.workTurn(-1) }

func (m *Model) workTurn(by int) tea.Cmd {
	w := m.shift.state.Work
	n := len(w.Fields) + 1
	w.At = (w.At + by + n) % n
	return nil
}

// workMark sets the mark under the cursor, or takes it out.
func (m *Model) workMark(string) tea.Cmd {
	w := m.shift.state.Work
	if w.OnButton() || !w.Fields[w.At].Mark {
		return nil
	}
	w.Fields[w.At].Set = !w.Fields[w.At].Set
	m.shift.workEdited()
	return nil
}

// workEdited notes that the plan is older than what is typed.
func (d *dialog) workEdited() { d.state.Work.Stale = d.state.Plan != nil }

func (m *Model) workDown(string) tea.Cmd {
	if p := m.shift.state.Plan; p != nil && p.Work != nil {
		m.settle(&m.shift.state.Scroll, m.shift.state.Scroll+1)
	}
	return nil
}

func (m *Model) workUp(string) tea.Cmd {
	m.shift.state.Scroll = max(0, m.shift.state.Scroll-1)
	return nil
}

// workEnter plans what is typed, or goes on to the checks of a plan that is not older.
func (m *Model) workEnter(string) tea.Cmd {
	s := &m.shift.state
	switch {
	case m.shift.running != 0:
		m.say(fleet.Text("it is being planned; esc gives it up"))
		return nil
	case s.Plan == nil || s.Work.Stale || !s.PlanErr.IsEmpty():
		s.Stale = fleet.Safe{}
		return m.replan()
	}
	s.Stale = fleet.Safe{}
	return m.toChecks()
}
