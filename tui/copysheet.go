package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"pitwall/fleet"
)

// copySheet puts the object under the cursor on the clipboard by OSC 52, as plain lines without borders.
func (m *Model) copySheet(string) tea.Cmd {
	lines := m.sheet()
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	m.say(fleet.Textf("copied %s (OSC 52); if they do not arrive, w writes a file", fleet.Many(len(lines), "line")))
	return tea.SetClipboard(b.String())
}

// sheet describes the object under the cursor.
func (m *Model) sheet() []fleet.Safe {
	id := m.selected()
	head := fleet.Textf("%s %s %s", fleet.Label(m.context()), fleet.Stamp(m.now()), fleet.Label(m.pane()))
	lines := []fleet.Safe{head}
	if c := m.selectedChange(); c != nil {
		return append(lines, report(c)...)
	}
	if m.pane() == paneAlerts {
		if a := alertByID(m.snap, id); a != nil {
			if a.Origin != "" {
				return append(append(lines, fleet.Join([]fleet.Safe{a.Level.Text(), a.Object, a.Text}, fleet.Text("  "))), alertLines(a)...)
			}
			return append(lines, fleet.Join([]fleet.Safe{a.Level.Text(), a.Object, a.Text, a.Detail}, fleet.Text("  ")),
				row(fleet.Text("since"), fleet.Stamp(a.Since)), row(fleet.Text("runbook"), a.Runbook))
		}
	}
	if m.pane() == paneEvents {
		if e := eventByID(m.snap, id); e != nil {
			return append(lines, fleet.Join([]fleet.Safe{fleet.Stamp(e.At), e.Level.Text(), e.Object, e.Text}, fleet.Text("  ")))
		}
	}
	if m.snap == nil {
		return append(lines, fleet.Label(id))
	}
	if p := m.snap.Pool(fleet.PoolID(id)); p != nil && m.pane() == panePools {
		return append(lines, poolSheet(p)...)
	}
	if r := m.snap.Route(m.selectedRoute()); r != nil && (m.pane() == paneRoutes || m.pane() == paneTargets) {
		return append(lines, routeSheet(r)...)
	}
	if s := m.snap.Source(fleet.SourceID(id)); s != nil && m.pane() == paneSources {
		return append(lines, row(fleet.Text("source"), fleet.Label(id)), row(fleet.Text("url"), s.URL),
			row(fleet.Text("last good"), fleet.Stamp(s.LastGood)), row(fleet.Text("error"), s.Err))
	}
	return append(lines, fleet.Label(id))
}

func row(name, value fleet.Safe) fleet.Safe {
	if value.IsEmpty() {
		value = fleet.Text(fleet.Unknown)
	}
	return fleet.Concat(name, fleet.Text(": "), value)
}

func poolSheet(p *fleet.Pool) []fleet.Safe {
	return []fleet.Safe{
		row(fleet.Text("pool"), fleet.Label(string(p.Spec.ID))), row(fleet.Text("model"), fleet.Label(string(p.Spec.Model))),
		row(fleet.Text("state"), fleet.Join([]fleet.Safe{p.State.Text(), p.Why}, fleet.Text(" "))),
		row(fleet.Text("req/s"), fleet.Show(p.Load.Requests)), row(fleet.Text("err%"), fleet.Show(p.Load.Errors)),
		row(fleet.Text("ttft95"), fleet.Show(p.Load.TTFT95)), row(fleet.Text("itl95"), fleet.Show(p.Load.ITL95)),
		row(fleet.Text("queue"), fleet.Show(p.Load.Waiting)), row(fleet.Text("kv%"), fleet.Show(p.Load.KV)),
		row(fleet.Text("gpu%"), fleet.Show(p.GPUUtil)), row(fleet.Text("$/h"), fleet.Show(p.Burn)),
	}
}

func routeSheet(r *fleet.Route) []fleet.Safe {
	lines := []fleet.Safe{
		row(fleet.Text("route"), fleet.Label(string(r.Spec.ID))),
		row(fleet.Text("state"), fleet.Join([]fleet.Safe{r.State.Text(), r.Why}, fleet.Text(" "))),
		row(fleet.Text("weights"), r.Weights.Text(r.Order())),
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		lines = append(lines, fleet.Textf("  %s set %s seen %s req/s %s err%% %s ttft95 %s %s",
			fleet.Label(string(t.Spec.ID)), fleet.Show(t.SetShare), fleet.Show(t.Seen), fleet.Show(t.Load.Requests),
			fleet.Show(t.Load.Errors), fleet.Show(t.Load.TTFT95), t.State.Text()))
	}
	for i := range r.Replicas {
		g := &r.Replicas[i]
		state := fleet.Text("ok")
		if g.Differs {
			state = fleet.Text("DIFFERS")
		}
		lines = append(lines, fleet.Textf("  %s %s %s", fleet.Label(string(g.ID)), g.Weights.Text(r.Order()), state))
	}
	return lines
}

// saveFrame writes the screen as plain text.
func (m *Model) saveFrame(string) tea.Cmd {
	frame := ansi.Strip(m.content())
	lines := strings.Split(frame, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return m.saveFile(string(m.place().screen), strings.Join(lines, "\n")+"\n")
}

// saveFile hands a text to whoever keeps files, under a name that tells what and when.
func (m *Model) saveFile(what, text string) tea.Cmd {
	save := m.save
	name := "pitwall-" + what + "-" + m.now().UTC().Format("20060102T150405Z") + ".txt"
	return command("write", func() tea.Msg {
		path, err := save(name, []byte(text))
		return doneMsg{text: fleet.Concat(fleet.Text("written to "), fleet.Label(path)), err: err}
	})
}
