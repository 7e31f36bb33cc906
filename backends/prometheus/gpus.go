package prometheus

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"pitwall/fleet"
)

// board are the labels that tell boards apart; MIG instances of one board share them. Names differ by age and options
// of the exporter (engines-and-gpus.md 11.1).
const board = "UUID,uuid,gpu,Hostname,hostname"

// What is above these is no reading: the exporter writes such numbers where it has no value.
const (
	mostUtil  = "100"
	mostWatts = "100000"
	mostHeat  = "1000"
)

const mib = 1 << 20

// both are the names of one DCGM field of before and since 4.6.
func both(fill *strings.Replacer, fields ...string) string {
	return fill.Replace("(" + strings.Join(values(fields...), " or ") + ")")
}

// gpuQuestion asks for the GPUs of a pool together, and which have the most trouble.
func gpuQuestion(selector string, worst int) string {
	fill := strings.NewReplacer("$s", selector)
	q := &question{}
	by := "max by (" + board + ")"
	heat := both(fill, "DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_TEMP_CELSIUS")
	util := both(fill, "DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_DEV_GPU_UTIL_RATIO") // percent under both names
	active := both(fill, "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO")
	power := both(fill, "DCGM_FI_DEV_POWER_USAGE", "DCGM_FI_DEV_BOARD_POWER_WATTS")
	xid := both(fill, "DCGM_FI_DEV_XID_ERRORS", "DCGM_FI_DEV_XID_ERROR")
	remap := both(fill, "DCGM_FI_DEV_ROW_REMAP_FAILURE", "DCGM_FI_DEV_ROW_REMAP_FAILED")
	action := both(fill, "DCGM_FI_DEV_GPU_RECOVERY_ACTION", "DCGM_FI_DEV_GET_GPU_RECOVERY_ACTION")
	used, free := both(fill, "DCGM_FI_DEV_FB_USED"), both(fill, "DCGM_FI_DEV_FB_FREE")
	q.add("boards", "count(count by ("+board+")%s)", heat)
	q.add("nodes", "count(count by (Hostname,hostname)%s)", heat)
	// Instances of MIG have no utilisation; the share of time in which their engine was active is the same question.
	q.add("util", "avg("+by+"(%s <= "+mostUtil+") / 100 or avg by ("+board+")(%s <= 1))", util, active)
	q.add("power", "sum("+by+"(%s < "+mostWatts+"))", power)
	q.add("used", "sum(%s)", used)
	q.add("all", "sum(%s) + sum(%s)", used, free)
	q.add("hottest", "max(%s < "+mostHeat+")", heat)
	faulty := "(" + by + "(" + remap + ") > 0 or " + by + "(" + action + ") > 0)"
	q.counted("faulty", faulty, remap)
	q.counted("xid", by+"("+xid+") > 0", xid)
	n := strconv.Itoa(worst)
	q.add("worst/1", "topk("+n+",%s > 0)", action)
	q.add("worst/2", "topk("+n+",%s > 0)", remap)
	q.add("worst/3", "topk("+n+",%s > 0)", xid)
	q.add("worst/4", "topk("+n+",%s < "+mostHeat+")", heat)
	return q.String()
}

// gpuTotals gathers the answer.
type gpuTotals struct {
	into *fleet.GPUTotals
	bad  [4][]device // by why: what the driver asks for, row remap, Xid, heat
}

// device is one GPU by its UUID, as the exporter's label writes it, and the target that reports it.
type device struct{ label, uuid, instance string }

func (t *gpuTotals) take(r *row) error {
	if len(r.points) == 0 {
		return nil
	}
	v, name := r.points[0].value(), string(r.get(marked))
	if i := strings.IndexByte(name, '/'); i >= 0 && len(name) == i+2 {
		if n := int(name[i+1] - '1'); n >= 0 && n < len(t.bad) {
			d := device{"UUID", string(r.get("UUID")), string(r.get("instance"))}
			if d.uuid == "" {
				d.label, d.uuid = "uuid", string(r.get("uuid"))
			}
			t.bad[n] = append(t.bad[n], d)
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
		t.into.MemUsed = fleet.Some(fleet.Bytes(v * mib))
	case "all":
		t.into.MemAll = fleet.Some(fleet.Bytes(v * mib))
	case "hottest":
		t.into.Hottest = some[fleet.Celsius](v)
	case "faulty":
		t.into.Faulty = whole(v)
	case "xid":
		t.into.Xid = whole(v)
	}
}

func (t *gpuTotals) worst(n int) []device {
	seen := map[string]bool{}
	var out []device
	for _, list := range t.bad {
		for _, d := range list {
			if d.uuid != "" && !seen[d.uuid] && len(out) < n {
				seen[d.uuid] = true
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
	if kind != "dcgm" {
		return errors.New("aggregates of the exporter " + fleet.Label(kind).String() + " are not known")
	}
	sums := gpuTotals{into: &into.GPUs}
	answer, err := r.api.instant(ctx, gpuQuestion(write(match), worst), poolRows, sums.take)
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

// devices reads the listed GPUs as their exporter's pages would be read, in the order of the list.
func (r *reader) devices(
	ctx context.Context, kind string, match []matcher, list []device, said *heard,
) ([]fleet.GPUReading, error) {
	ids, targets := map[string][]string{}, []string{}
	for _, d := range list {
		ids[d.label] = append(ids[d.label], d.uuid)
		if d.instance != "" && !slices.Contains(targets, d.instance) {
			targets = append(targets, d.instance)
		}
	}
	families := []string{}
	for _, f := range r.families[kind] {
		families = append(families, anyOf([]string{f})+".*")
	}
	if len(families) == 0 {
		families = []string{"DCGM_.*"}
	}
	name := matcher{"__name__", "=~", strings.Join(families, "|")}
	var parts []string
	for _, label := range []string{"UUID", "uuid"} {
		if len(ids[label]) > 0 {
			parts = append(parts, "{"+write(append([]matcher{name, {label, "=~", anyOf(ids[label])}}, match...))+"}")
		}
	}
	if len(targets) > 0 {
		parts = append(parts, "up{"+write([]matcher{{"instance", "=~", anyOf(targets)}})+"}")
	}
	p := &pageOf{}
	answer, err := r.api.instant(ctx, strings.Join(parts, " or "), poolRows, func(x *row) error {
		p.take(x)
		return nil
	})
	said.add(answer)
	if err != nil {
		return nil, err
	}
	read, err := r.decode(kind, p)
	if err != nil {
		return nil, err
	}
	place := map[string]int{}
	for i, d := range list {
		place[d.uuid] = i
	}
	slices.SortStableFunc(read.GPUs, func(a, b fleet.GPUReading) int { return place[string(a.ID)] - place[string(b.ID)] })
	return read.GPUs, nil
}
