package kube

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// maxEvents is how many events of a cluster are kept, the newest ones. A server keeps them for an hour.
const maxEvents = 2000

// eventRow is an event under its own name, by which the server changes and forgets it.
type eventRow struct {
	at  key
	row fleet.KubeEvent
}

func (r *eventRow) key() key { return r.at }

func newEventRow(e *corev1.Event, cluster fleet.ClusterID, w *words) *eventRow {
	o := e.InvolvedObject
	r := &eventRow{at: key{w.text(e.Namespace), e.Name}, row: fleet.KubeEvent{
		At: eventTime(e), Type: share(w, fleet.Label(e.Type)), Reason: share(w, fleet.Label(e.Reason)),
		Object: fleet.ObjectRef{Cluster: cluster, Kind: w.text(o.Kind), Namespace: w.text(o.Namespace), Name: w.text(o.Name)},
		Text:   share(w, fleet.Label(clip(e.Message, 500))), Count: max(int(e.Count), 1),
	}}
	if e.Series != nil {
		r.row.Count = max(r.row.Count, int(e.Series.Count))
	}
	return r
}

// eventTime is the latest of the times that old and new reporters write.
func eventTime(e *corev1.Event) time.Time {
	at := e.CreationTimestamp.Time
	times := []time.Time{e.FirstTimestamp.Time, e.LastTimestamp.Time, e.EventTime.Time}
	if e.Series != nil {
		times = append(times, e.Series.LastObservedTime.Time)
	}
	for _, t := range times {
		if t.After(at) {
			at = t
		}
	}
	return at.UTC()
}

// newest drops all but the newest events and returns these, the newest first.
func newest(t *table[eventRow]) []*fleet.KubeEvent {
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b *eventRow) int { return b.row.At.Compare(a.row.At) })
	if len(rows) > maxEvents {
		old := make(map[*eventRow]bool, len(rows)-maxEvents)
		for _, r := range rows[maxEvents:] {
			old[r] = true
		}
		t.own()
		t.rows = slices.DeleteFunc(t.rows, func(r *eventRow) bool { return old[r] })
		rows = rows[:maxEvents]
	}
	list := make([]*fleet.KubeEvent, len(rows))
	for i, r := range rows {
		list[i] = &r.row
	}
	return list
}
