package prometheus

import (
	"context"
	"errors"
	"math"
	"strings"

	"pitwall/fleet"
)

// gpuTotals gathers the answer.
type gpuTotals struct {
	into *fleet.GPUTotals
	ids  []string    // labels that name a device
	bad  [4][]device // by why, the worst reason first
}

func (t *gpuTotals) take(r *row) error {
	if len(r.points) == 0 {
		return nil
	}
	v, name := r.points[0].value(), string(r.get(marked))
	if i := strings.IndexByte(name, '/'); i >= 0 && len(name) == i+2 {
		if n := int(name[i+1] - '1'); n >= 0 && n < len(t.bad) {
			t.bad[n] = append(t.bad[n], deviceOf(r, t.ids))
		}
		return nil
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	t.number(name, v)
	return nil
}

func (t *gpuTotals) number(name string, v float64) {
	switch name {
	case "boards":
		t.into.Boards = whole(v)
	case "nodes":
		t.into.Nodes = whole(v)
	case "util":
		t.into.Util = some[fleet.Ratio](v)
	case "power":
		t.into.Power = some[fleet.Watts](v)
	case "used":
		t.into.MemUsed = some[fleet.Bytes](v)
	case "all":
		t.into.MemAll = some[fleet.Bytes](v)
	case "hottest":
		t.into.Hottest = some[fleet.Celsius](v)
	case "faulty":
		t.into.Faulty = whole(v)
	case "xid":
		t.into.Xid = whole(v)
	}
}

// worst lists the devices with the most trouble, at most n.
func (t *gpuTotals) worst(n int) []device {
	seen := map[device]bool{}
	var out []device
	for _, list := range t.bad {
		for _, d := range list {
			if d.id != "" && !seen[d.alone()] && len(out) < n {
				seen[d.alone()] = true
				out = append(out, d)
			}
		}
	}
	return out
}

// fillGPUs asks for the GPUs of a pool, and for everything that is known of the worst of them.
func (r *reader) fillGPUs(ctx context.Context, spec *fleet.StorePool, worst int, into *fleet.PoolReading, said *heard) error {
	match, err := parseMatchers(spec.GPUs)
	if err != nil {
		return invalid(r.source, "read the selector of GPUs", err)
	}
	kind := spec.Exporter
	if kind == "" {
		kind = "dcgm"
	}
	table, known := gpuNamesOf(kind)
	if !known {
		return errors.New("aggregates of the exporter " + fleet.Label(kind).String() + " are not known")
	}
	sums := gpuTotals{into: &into.GPUs, ids: table.ids}
	answer, err := r.api.instant(ctx, table.question(write(match), worst), poolRows, sums.take)
	said.add(answer)
	if err != nil {
		return err
	}
	hurt := sums.worst(worst)
	if len(hurt) == 0 {
		return nil
	}
	into.Hurt, err = r.devices(ctx, kind, match, hurt, said)
	return err
}
