package prometheus

import (
	"context"
	"math"
	"slices"

	"pitwall/fleet"
)

// fillWorst asks what some replicas do.
func (r *reader) fillWorst(
	ctx context.Context, table names, match []matcher, model fleet.ModelName, list []who, into *fleet.PoolReading, said *heard,
) error {
	if len(list) == 0 {
		return nil
	}
	ask := newPooled(table, append(slices.Clone(match), oneOf(list)), model, r.window)
	at := map[who]*fleet.ReplicaReading{}
	into.Worst = make([]fleet.ReplicaReading, len(list))
	for i, w := range list {
		into.Worst[i] = fleet.ReplicaReading{ID: w.id(), Node: fleet.NodeID(w.node)}
		at[w] = &into.Worst[i]
	}
	answer, err := r.api.instant(ctx, ask.each(), poolRows, func(x *row) error {
		if one := at[whoOf(x)]; one != nil && len(x.points) > 0 {
			replicaNumber(one, string(x.get(marked)), x.points[0].value())
		}
		return nil
	})
	said.add(answer)
	return err
}

// oneOf is the matcher that finds all of the listed replicas.
func oneOf(list []who) matcher {
	name, list2 := "instance", make([]string, 0, len(list))
	if slices.ContainsFunc(list, func(w who) bool { return w.instance == "" }) {
		name = "pod"
	}
	for _, w := range list {
		if name == "pod" {
			list2 = append(list2, w.pod)
		} else {
			list2 = append(list2, w.instance)
		}
	}
	return matcher{name, "=~", anyOf(list2)}
}

func replicaNumber(one *fleet.ReplicaReading, name string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	switch name {
	case "running":
		one.Running = some[fleet.Count](v)
	case "waiting":
		one.Waiting = some[fleet.Count](v)
	case "kv":
		one.KV = some[fleet.Ratio](v)
	case "out":
		one.OutRate = some[fleet.TokenRate](v)
	case "requests":
		one.Requests = some[fleet.Rate](v)
	case "ttft":
		one.TTFT95 = some[fleet.Seconds](v)
	case "itl":
		one.ITL95 = some[fleet.Seconds](v)
	case "up":
		one.Up = fleet.Some(v == 1)
	case "stalled":
		one.Stalled = true
	case "at":
		one.At = unixTime(v)
	}
}
