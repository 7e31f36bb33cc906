package rayapi

import (
	"maps"
	"math"
	"slices"
	"time"

	"pitwall/backends/internal/podstate"
	"pitwall/fleet"
)

// Statuses of applications, and of replicas.
const (
	running      = "RUNNING"
	deployFailed = "DEPLOY_FAILED"
	unhealthy    = "UNHEALTHY"
	deleting     = "DELETING"
	healthy      = "HEALTHY"
)

// Where applications come from.
const declarative = "declarative"

// app holds the fields of an application that are read.
type app struct {
	Name        string                `json:"name"`
	Route       *string               `json:"route_prefix"`
	Status      string                `json:"status"`
	Message     string                `json:"message"`
	Deployed    float64               `json:"last_deployed_time_s"`
	Source      string                `json:"source"` // "" before Ray 2.45, which had declarative ones with a configuration
	External    bool                  `json:"external_scaler_enabled"`
	Deployments map[string]deployment `json:"deployments"`
}

type deployment struct {
	Status    string             `json:"status"`
	Message   string             `json:"message"`
	Target    *int               `json:"target_num_replicas"`
	Resources map[string]float64 `json:"required_resources"`
	Config    struct {
		Grace *float64 `json:"graceful_shutdown_timeout_s"`
		Auto  *struct {
			Min int `json:"min_replicas"`
			Max int `json:"max_replicas"`
		} `json:"autoscaling_config"`
	} `json:"deployment_config"`
	Replicas []struct {
		State   string  `json:"state"`
		Started float64 `json:"start_time_s"`
	} `json:"replicas"`
}

// shutdown is how long a replica has for the requests that it has when it is to end: no hook comes before, and nothing waits
// beside.
func (d *deployment) shutdown() fleet.Shutdown {
	g := d.Config.Grace
	if g == nil || !(*g >= 0 && *g < 1e6) {
		return fleet.Shutdown{}
	}
	none := fleet.Some(time.Duration(0))
	return fleet.Shutdown{Grace: fleet.Some(time.Duration(*g * float64(time.Second))), PreStop: none, Engine: none}
}

func (d *deployment) gpus() float64 { return d.Resources["GPU"] }

// target is how many replicas it should have; those that it has where it does not say.
func (d *deployment) target() int {
	if d.Target != nil {
		return *d.Target
	}
	return len(d.Replicas)
}

// runs counts replicas that run.
func (d *deployment) runs() int {
	n := 0
	for _, r := range d.Replicas {
		if r.State == running {
			n++
		}
	}
	return n
}

// since counts replicas that were started since a time, and how many of them run.
func (d *deployment) since(at float64) (started, ready int) {
	for _, r := range d.Replicas {
		if r.Started >= at {
			started++
			if r.State == running {
				ready++
			}
		}
	}
	return started, ready
}

// main is the deployment that does the work: the one that asks for the most GPUs, else the one with the most replicas, else
// the first by name. "" for none.
func (a *app) main() string {
	best := ""
	for _, name := range slices.Sorted(maps.Keys(a.Deployments)) {
		d, b := a.Deployments[name], a.Deployments[best]
		if best == "" || d.gpus() > b.gpus() || d.gpus() == b.gpus() && d.target() > b.target() {
			best = name
		}
	}
	return best
}

// text words an application that does not run, with the first deployment that is the reason.
func (a *app) text() fleet.Safe {
	text := fleet.Textf("it is %s", podstate.Because(podstate.Clip(a.Status, 60), podstate.Clip(a.Message, 300)))
	for _, of := range slices.Sorted(maps.Keys(a.Deployments)) {
		if d := a.Deployments[of]; d.Status != healthy {
			return fleet.Textf("%s (deployment %s is %s, %s of %s replicas run)", text, fleet.Quote(podstate.Clip(of, 100)),
				podstate.Because(podstate.Clip(d.Status, 60), podstate.Clip(d.Message, 400)), fleet.Int(d.runs()), fleet.Int(d.target()))
		}
	}
	return text
}

// instant is a time as Ray writes it; the zero time for none.
func instant(seconds float64) time.Time {
	if !(seconds > 0 && seconds < 1e11) {
		return time.Time{}
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC()
}
