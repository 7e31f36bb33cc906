package backends

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"pitwall/fleet"
)

// outside is what one alerting system said last. It is kept when the system is lost: its alerts are then marked old.
type outside struct {
	at       time.Time
	raw      *fleet.AlertsReading
	alerts   []outsideAlert
	silences map[string]*fleet.Silence
	hides    map[string]int // alerts by the silence that hides them
}

// outsideAlert is an alert made ready for a snapshot.
type outsideAlert struct {
	fleet.Alert
	key string // equal for equal labels
	// thing is equal for alerts of one name on one thing, which an alert without its external labels is matched by.
	thing string
}

// takeAlerts keeps what an alerting system says now.
func (w *world) takeAlerts(s *sourceState, p fleet.Partial) {
	if p.Alerts == nil {
		return
	}
	o := &outside{at: p.At, raw: p.Alerts}
	o.point(w, s.spec.ID)
	w.outside[s.spec.ID] = o
}

// point makes alerts of what was read, and finds what they are about in the fleet as it is now.
func (o *outside) point(w *world, source fleet.SourceID) {
	o.silences, o.hides = map[string]*fleet.Silence{}, map[string]int{}
	for i := range o.raw.Silences {
		o.silences[o.raw.Silences[i].ID] = &o.raw.Silences[i]
	}
	o.alerts = make([]outsideAlert, 0, len(o.raw.Alerts))
	for i := range o.raw.Alerts {
		r := &o.raw.Alerts[i]
		for _, id := range r.SilencedBy {
			o.hides[id]++
		}
		o.alerts = append(o.alerts, o.alert(w, source, r))
	}
}

// alert makes a fleet.Alert of one outside alert.
func (o *outside) alert(w *world, source fleet.SourceID, r *fleet.OutsideAlert) outsideAlert {
	a := outsideAlert{key: labelKey(r.Labels), thing: thingOf(r.Labels)}
	name := fleet.Label(r.Labels["alertname"])
	a.Origin, a.Labels, a.Notes = source, r.Labels, r.Annotations
	a.Level, a.Since, a.Pending = levelOf(r), r.Since, r.Pending
	if a.Since.IsZero() {
		a.Since = o.at
	}
	a.Object = fleet.Label(cmp.Or(r.Labels["pod"], r.Labels["node"], r.Labels["instance"], r.Labels["alertname"], string(source)))
	a.Text = fleet.Label(cmp.Or(oneLine(r.Annotations["summary"]), oneLine(r.Annotations["description"]),
		oneLine(r.Annotations["message"]), r.Labels["alertname"]))
	parts := []fleet.Safe{fleet.Concat(name, fleet.Text(" of "), fleet.Label(string(source)))}
	if r.Pending {
		parts = append(parts, fleet.Text("pending"))
	}
	a.Subject, a.Route = w.names.find(r.Labels)
	a.Silenced = o.hiddenBy(r)
	if !a.Silenced.IsEmpty() {
		parts = append(parts, a.Silenced)
	}
	a.Detail = fleet.Join(parts, fleet.Text(", "))
	return a
}

// hiddenBy says until when and by whom an alert is silenced, by the silence that lasts longest, or that another hides it.
func (o *outside) hiddenBy(r *fleet.OutsideAlert) fleet.Safe {
	var last *fleet.Silence
	for _, id := range r.SilencedBy {
		if s := o.silences[id]; s != nil && (last == nil || s.Until.After(last.Until)) {
			last = s
		}
	}
	switch {
	case last != nil:
		return fleet.Textf("silenced until %s by %s: %s", fleet.ClockTime(last.Until), fleet.Label(last.By), fleet.Label(last.Comment))
	case len(r.SilencedBy) > 0:
		return fleet.Text("silenced")
	case r.Inhibited:
		return fleet.Text("hidden by another alert")
	default:
		return fleet.Safe{}
	}
}

// levelOf reads the label that rules carry by convention. An alert that waits is not worth more than a remark yet, and
// one that says nothing is a warning.
func levelOf(r *fleet.OutsideAlert) fleet.Level {
	switch strings.ToLower(r.Labels["severity"]) {
	case "critical", "page":
		if r.Pending {
			return fleet.LevelWarn
		}
		return fleet.LevelCrit
	case "info", "none": // "none" is the heartbeat of kube-prometheus, which always fires
		return fleet.LevelInfo
	default:
		if r.Pending {
			return fleet.LevelInfo
		}
		return fleet.LevelWarn
	}
}

func oneLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// labelKey is equal for equal labels.
func labelKey(labels map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(name + "\x00" + labels[name] + "\x00")
	}
	return b.String()
}

func thingOf(labels map[string]string) string {
	return strings.Join([]string{labels["alertname"], labels["namespace"], labels["pod"], labels["node"], labels["instance"]}, "\x00")
}

// covers tells whether an alert that was sent on with further labels is the one that was evaluated.
func (a *outsideAlert) covers(evaluated *outsideAlert) bool {
	for name, value := range evaluated.Labels {
		if a.Labels[name] != value {
			return false
		}
	}
	return true
}
