package rayapi

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

type reader struct {
	api     *api
	spec    fleet.SourceSpec
	clock   fleet.Clock
	version aside.Fact[string]
}

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	a, err := open(spec, spec.Auth, deps)
	if err != nil {
		return nil, err
	}
	return &reader{api: a, spec: spec, clock: deps.Clock}, nil
}

// Read lists the applications. One that cannot be read is told and left out; the others stay.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	all, reply, err := r.api.read(ctx)
	if err != nil {
		return fleet.Partial{}, err
	}
	now := r.clock.Now()
	out := fleet.Partial{At: now, ServerTime: reply.ServerTime}
	var works []*fleet.Workload
	bad := 0
	for name, body := range all.Applications {
		var a app
		if json.Unmarshal(body, &a) != nil || name == "" || a.Status == "" {
			bad++
			continue
		}
		a.Name = name
		works = append(works, a.workload(reply.ServerTime.Or(now)))
	}
	if bad > 0 {
		out.Notices = append(out.Notices, fleet.Notice{Level: fleet.LevelWarn,
			Text: fleet.Textf("%s of %s applications cannot be read and are left out", fleet.Int(bad), fleet.Int(len(all.Applications)))})
	}
	out.Cluster = restobjects.Cluster(r.spec, fleet.Label(r.spec.URL), now, works, kind)
	out.Version = fleet.Label(r.version.Get(ctx, now, aside.FactEvery, r.release))
	out.Cluster.Version = out.Version
	return out, nil
}

// release asks for the version of Ray.
func (r *reader) release(ctx context.Context) (string, bool) {
	var v struct {
		Ray string `json:"ray_version"`
	}
	ok := aside.JSON(ctx, r.api.client, "/api/ray/version", &v)
	return v.Ray, ok && v.Ray != ""
}

// workload is an application as lists show it: what it serves with is the deployment that does the work.
func (a *app) workload(now time.Time) *fleet.Workload {
	w := &fleet.Workload{Kind: kind.Kind, Name: a.Name, Created: instant(a.Deployed)}
	main := a.Deployments[a.main()]
	w.Desired, w.Ready = main.target(), main.runs()
	w.Updated, w.Available = a.updated(&main), w.Ready
	w.GPUsEach = int(math.Ceil(main.gpus()))
	if auto := main.Config.Auto; auto != nil {
		w.Autoscaler = fleet.Textf("Ray %s-%s", fleet.Int(auto.Min), fleet.Int(auto.Max))
	}
	v := a.stands(now)
	w.Why, w.Since = v.why, v.since
	switch v.phase {
	case fleet.RolloutDone:
		w.State = fleet.StateOK
	case fleet.RolloutFailed:
		w.State = fleet.StateDown
	default:
		w.State = fleet.StateWarn
	}
	return w
}

// updated is how many replicas are of the newest configuration: all where nothing goes on, else those that were started since.
func (a *app) updated(d *deployment) int {
	if a.Status == running {
		return len(d.Replicas)
	}
	n, _ := d.since(a.Deployed)
	return n
}

// verdict is how an application stands.
type verdict struct {
	phase fleet.RolloutPhase
	why   fleet.Safe
	never bool
	since time.Time
}

// settles is for how long after a deployment RUNNING may still be that of before: the controller looks at its applications
// ten times a second, and takes its time where it has many.
const settles = 3 * time.Second

// stands says how the newest configuration stands. Ray's own message names what replicas wait for, with the resources that
// there are.
func (a *app) stands(now time.Time) verdict {
	since := instant(a.Deployed)
	v := verdict{phase: fleet.RolloutMoving, why: a.text(), since: since}
	switch a.Status {
	case running:
		if age := now.Sub(since); !since.IsZero() && age >= 0 && age < settles {
			v.why = fleet.Textf("it was deployed %s ago, and what runs may be that of before", fleet.Age(age))
			return v
		}
		if why := a.scaling(); !why.IsEmpty() {
			v.why = why
			return v
		}
		return verdict{phase: fleet.RolloutDone}
	case deployFailed:
		v.phase, v.never = fleet.RolloutFailed, true
		v.why = fleet.Textf("%s; Ray tries no more until its configuration changes", v.why)
	case unhealthy:
		v.phase = fleet.RolloutStuck
	case deleting:
	default:
		if slices.ContainsFunc(mapValues(a.Deployments), unplaced) {
			v.phase = fleet.RolloutStuck
		}
	}
	return v
}

// scaling says of an application that is scaled from outside which deployment does not have its number yet: such a call is no
// deployment, so that no time of it tells how old RUNNING is.
func (a *app) scaling() fleet.Safe {
	if !a.External {
		return fleet.Safe{}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Deployments)) {
		if d := a.Deployments[name]; d.Target != nil && d.runs() != *d.Target {
			return fleet.Textf("%s of %s replicas of deployment %s run", fleet.Int(d.runs()), fleet.Int(*d.Target), fleet.Quote(name))
		}
	}
	return fleet.Safe{}
}

// unplaced tells replicas for which Ray finds no room, or no environment, for half a minute. It says so in a message alone.
func unplaced(d deployment) bool { return strings.Contains(d.Message, "to be scheduled") }

func mapValues(m map[string]deployment) []deployment {
	list := make([]deployment, 0, len(m))
	for _, d := range m {
		list = append(list, d)
	}
	return list
}
