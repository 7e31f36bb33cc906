package bentocloud

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

type reader struct {
	api   *api
	spec  fleet.SourceSpec
	clock fleet.Clock
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	a, err := open(spec, spec.Auth, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, spec: spec, clock: deps.Clock}, nil
}

// Read lists the deployments. One that cannot be read is told and left out; the others stay.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	items, reply, err := r.api.list(ctx, "")
	if err != nil {
		return fleet.Partial{}, err
	}
	now := r.clock.Now()
	out := fleet.Partial{At: now, ServerTime: reply.ServerTime}
	var works []*fleet.Workload
	for i, item := range items {
		var d record
		if err := jsonptr.Typed(fleet.JSON(item), &d); err != nil || d.Name == "" || d.UID == "" {
			out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn,
				Text: fleet.Textf("deployment %s of %s cannot be read and is left out", fleet.Int(i+1), fleet.Int(len(items)))})
			continue
		}
		works = append(works, d.workload(now))
	}
	out.Cluster = restobjects.Cluster(r.spec, fleet.Label(r.spec.URL), now, works, kind)
	return out, nil
}

// workload is a deployment as lists show it. How many replicas run is not told, only how many there are at the least.
func (r *record) workload(now time.Time) *fleet.Workload {
	w := &fleet.Workload{Kind: kind.Kind, Namespace: r.Cluster.Name, Name: r.Name, UID: r.UID, Created: instant(r.Created),
		Gaps: fleet.Gaps{Ready: true, GPUs: true}}
	if m := r.main(); m != nil {
		w.Image = fleet.Label(m.tag())
	}
	if s, ok := r.document()["spec"].(map[string]any); ok {
		least, most, scales := bounds(s)
		if w.Desired = least; scales {
			w.Autoscaler = fleet.Textf("%s-%s", fleet.Int(least), fleet.Int(most))
		}
	}
	v := r.stands(now)
	w.Why, w.Since = v.why, v.since
	switch v.phase {
	case fleet.RolloutDone:
		w.State = fleet.StateOK
		if r.Status != running {
			w.State = fleet.StateIdle
		}
		if r.Status == terminated {
			w.Desired = 0
		}
	case fleet.RolloutFailed:
		w.State = fleet.StateDown
	case fleet.RolloutUnknown:
		w.State = fleet.StateUnknown
	default:
		w.State = fleet.StateWarn
	}
	return w
}

// bounds are the smallest and largest numbers of replicas of all services of a body together.
func bounds(spec map[string]any) (least, most int, scales bool) {
	services, _ := spec["services"].(map[string]any)
	for name := range services {
		low, high := scaling(spec, name)
		least, most = least+low, most+high
	}
	return least, most, least != most
}

// scaling are the bounds of one service: what is not said of them is one replica.
func scaling(spec any, service string) (least, most int) {
	at := jsonptr.Path("services", service, "scaling")
	least, ok := number(spec, at+"/min_replicas")
	if !ok {
		least = 1
	}
	if most, ok = number(spec, at+"/max_replicas"); !ok {
		most = max(least, 1)
	}
	return least, most
}

func number(doc any, path string) (int, bool) {
	v, ok := jsonptr.Find(doc, path)
	if !ok || v == nil {
		return 0, false
	}
	var n int
	if _, err := fmt.Sscanf(fmt.Sprint(v), "%d", &n); err != nil {
		return 0, false
	}
	return n, true
}

// servicesOf are the names of the services of a body.
func servicesOf(spec map[string]any) []string {
	services, _ := spec["services"].(map[string]any)
	var names []string
	for name := range services {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fleet.Quote(n).String()
	}
	return strings.Join(list, ", ")
}
