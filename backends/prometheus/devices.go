package prometheus

import (
	"context"
	"slices"
	"strings"

	"pitwall/fleet"
)

// device is one GPU by a label of its exporter, and the target that reports it.
type device struct{ label, id, instance string }

// deviceOf takes the first label that names a device; "NA" is how AMD's exporter leaves one out.
func deviceOf(r *row, ids []string) device {
	for _, label := range ids {
		if id := string(r.get(label)); id != "" && id != "NA" && id != "N/A" {
			return device{label, id, string(r.get("instance"))}
		}
	}
	return device{}
}

// alone is the device without what does not tell it from others: an index needs its machine, and a UUID or a serial
// number may be read through two targets.
func (d device) alone() device {
	if d.label != "gpu_id" {
		d.instance = ""
	}
	return d
}

// devices reads the listed GPUs as their exporters' pages would be read, in the order of the list.
func (r *reader) devices(
	ctx context.Context, kind string, match []matcher, list []device, said *heard,
) ([]fleet.GPUReading, error) {
	pages := map[string]*pageOf{} // by target: an index means another device on each
	var order []string
	answer, err := r.api.instant(ctx, r.seriesOfDevices(kind, match, list), poolRows, func(x *row) error {
		instance := string(x.get("instance"))
		if pages[instance] == nil {
			pages[instance] = &pageOf{}
			order = append(order, instance)
		}
		pages[instance].take(x)
		return nil
	})
	said.add(answer)
	if err != nil {
		return nil, err
	}
	slices.Sort(order)
	var gpus []fleet.GPUReading
	for _, instance := range order {
		if len(pages[instance].lines) == 0 {
			continue // only its "up"
		}
		read, err := r.decode(kind, pages[instance])
		if err != nil {
			return nil, err
		}
		arrange(&read)
		gpus = append(gpus, read.GPUs...)
	}
	place := func(g fleet.GPUReading) int {
		i := slices.IndexFunc(list, func(d device) bool {
			return d.id == string(g.ID) || "GPU-"+d.id == string(g.ID) || d.label == "gpu_id" && d.id == g.Index
		})
		if i < 0 {
			return len(list)
		}
		return i
	}
	slices.SortStableFunc(gpus, func(a, b fleet.GPUReading) int { return place(a) - place(b) })
	return gpus, nil
}

// seriesOfDevices asks for all series of some devices, target by target, and for what tells the labels that the store
// put on them.
func (r *reader) seriesOfDevices(kind string, match []matcher, list []device) string {
	var names []matcher
	if families := r.families[kind]; len(families) > 0 && !plain[kind] {
		patterns := make([]string, len(families))
		for i, f := range families {
			patterns[i] = anyOf([]string{f}) + ".*"
		}
		names = []matcher{{"__name__", "=~", strings.Join(patterns, "|")}}
	}
	type place struct{ label, instance string }
	ids := map[place][]string{}
	var order []place
	var targets []string
	for _, d := range list {
		at := place{d.label, d.instance}
		if ids[at] == nil {
			order = append(order, at)
		}
		ids[at] = append(ids[at], d.id)
		if d.instance != "" && !slices.Contains(targets, d.instance) {
			targets = append(targets, d.instance)
		}
	}
	var parts []string
	for _, at := range order {
		of := append(slices.Clone(names), matcher{at.label, "=~", anyOf(ids[at])})
		if at.instance != "" {
			of = append(of, matcher{"instance", "=", at.instance})
		}
		parts = append(parts, "{"+write(append(of, match...))+"}")
	}
	if len(targets) > 0 {
		parts = append(parts, "up{"+write([]matcher{{"instance", "=~", anyOf(targets)}})+"}")
	}
	return strings.Join(parts, " or ")
}
