package prometheus

import (
	"strings"

	"pitwall/fleet"
)

// remark turns what an answer says besides its series into notices. A warning means that something is missing, unless
// it is the query engine's own, which is about how the query is written.
func (h *heard) remark(e envelope) {
	if e.partial {
		h.lacks("partial data: a storage node did not answer")
	}
	for _, w := range e.warnings {
		if strings.HasPrefix(w, "PromQL") {
			h.note(fleet.LevelInfo, fleet.Label(w))
			continue
		}
		h.lacks("partial data: " + short(w))
	}
	for _, i := range e.infos {
		if !strings.HasPrefix(i, "PromQL info") { // how a query is written, and names of metrics, are not the operator's to mend
			h.note(fleet.LevelInfo, fleet.Label(short(i)))
		}
	}
}

func (h *heard) lacks(why string) {
	text := fleet.Label(why)
	h.note(fleet.LevelWarn, text)
	if h.partial.IsEmpty() {
		h.partial = text
	}
}

func (h *heard) note(level fleet.Level, text fleet.Safe) {
	for _, n := range h.notices {
		if n.Text == text {
			return
		}
	}
	if len(h.notices) < maxRemarks {
		h.notices = append(h.notices, fleet.Notice{Level: level, Text: text})
	}
}

// add gathers what several answers of one read said.
func (h *heard) add(o heard) {
	if o.server.OK {
		h.server = o.server
	}
	for _, n := range o.notices {
		h.note(n.Level, n.Text)
	}
	if h.partial.IsEmpty() {
		h.partial = o.partial
	}
}
