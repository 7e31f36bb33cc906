package rayserve

import (
	"bytes"
	"slices"

	"pitwall/backends/internal/promtext"
	"pitwall/fleet"
)

// application is what Ray's controller says of one application. Only the node where the controller runs has it.
type application struct {
	name        string
	status      string // as the dashboard writes it; "" where it is not said
	deployments []deployment
}

// deployment is the replicas of one deployment that the controller knows.
type deployment struct {
	name              string
	replicas, healthy int
}

// add counts replicas of a deployment.
func (a *application) add(of string, replicas, healthy int) {
	i := slices.IndexFunc(a.deployments, func(d deployment) bool { return d.name == of })
	if i < 0 {
		i = len(a.deployments)
		a.deployments = append(a.deployments, deployment{name: of})
	}
	a.deployments[i].replicas += replicas
	a.deployments[i].healthy += healthy
}

// The states of applications (ray 2.60.0, ray/serve/schema.py ApplicationStatus).
const (
	deployFailed = "DEPLOY_FAILED"
	unhealthy    = "UNHEALTHY"
	notStarted   = "NOT_STARTED"
	deleting     = "DELETING"
	deploying    = "DEPLOYING"
	running      = "RUNNING"
)

// statusOf reads the number that stands for a state on the metrics page.
func statusOf(v float64) string {
	names := []string{"", deployFailed, unhealthy, notStarted, deleting, deploying, running}
	if i := int(v); v >= 0 && i < len(names) {
		return names[i]
	}
	return ""
}

// told gathers what a page says of applications.
func (p page) told() []application {
	var list []application
	for _, name := range p.names() {
		a := application{name: promtext.Decode(name)}
		for i, k := range p.keys {
			x := &p.parts[i]
			if !bytes.Equal(k.application, name) {
				continue
			}
			if x.status.OK && k.deployment == nil {
				a.status = statusOf(x.status.V)
			}
			if x.replicas > 0 {
				a.add(promtext.Decode(k.deployment), x.replicas, x.healthy)
			}
		}
		if a.status != "" || len(a.deployments) > 0 {
			list = append(list, a)
		}
	}
	return list
}

// serves tells whether an application can answer. A failed update, or one under way, leaves the replicas of before in
// their place; a deployment without replicas may be scaled to zero.
func (a application) serves() bool {
	if len(a.deployments) == 0 {
		return a.status == running
	}
	for _, d := range a.deployments {
		if d.healthy == 0 {
			return false
		}
	}
	return a.status != notStarted && a.status != deleting
}

// short tells whether some replicas are not healthy.
func (a application) short() (d deployment, ok bool) {
	for _, d := range a.deployments {
		if d.healthy < d.replicas {
			return d, true
		}
	}
	return deployment{}, false
}

// judge says of the applications of a source whether they serve. Those of others are left out where models are known.
func judge(p *fleet.Partial, list []application, models []fleet.ModelName) {
	for _, a := range list {
		if len(models) > 0 && !slices.Contains(models, fleet.ModelName(a.name)) {
			continue
		}
		serves := a.serves()
		p.Health = fleet.Some(p.Health.Or(true) && serves)
		_, short := a.short()
		switch {
		case !serves:
			p.NotReady = a.why()
		case short || a.status == unhealthy || a.status == deployFailed:
			p.Notices = append(p.Notices, fleet.Notice{Level: fleet.LevelWarn, Text: a.why()})
		}
	}
}

// why puts what is wrong into words.
func (a application) why() fleet.Safe {
	d, short := a.short()
	var what fleet.Safe
	switch {
	case a.status == deployFailed:
		what = fleet.Text("failed to deploy")
	case a.status == notStarted, a.status == deploying:
		what = fleet.Text("is being deployed")
	case a.status == deleting:
		what = fleet.Text("is being deleted")
	case short:
		what = fleet.Textf("has %s of %s replicas of %s healthy", fleet.Int(d.healthy), fleet.Int(d.replicas), fleet.Label(d.name))
	case a.status == unhealthy:
		what = fleet.Text("is unhealthy")
	default:
		what = fleet.Text("does not run")
	}
	return fleet.Concat(fleet.Text("application "), fleet.Label(a.name), fleet.Text(" "), what)
}
