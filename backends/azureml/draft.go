package azureml

import (
	"context"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Where the fields are that are written.
const (
	trafficAt     = "/properties/traffic"
	mirrorAt      = "/properties/mirrorTraffic"
	modelAt       = "/properties/model"
	environmentAt = "/properties/environmentId"
	capacityAt    = "/sku/capacity"
)

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if r.API.Resource == deploymentKind.Resource {
		s, err := readDeployment(ctx, c, r.Object)
		if err != nil {
			return fleet.Draft{}, err
		}
		if r.UID != "" && s.uid() != r.UID {
			return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another deployment has its name by now")
		}
		return s.draft(&r, w)
	}
	s, err := readEndpoint(ctx, c, r.Object, a)
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && s.uid() != r.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another endpoint has its name by now")
	}
	return s.draft(w)
}

func (s *unit) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return restobjects.Refuse(kind, do, s.ref, why)
}

func (s *unit) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

func (s *unit) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return restobjects.Set(s.ref, deploymentKind, s.uid(), text, fields...)
}

var untested = fleet.Text("Azure ML refuses no request that is late: what somebody else sends in the same moment is lost")

func (s *unit) draft(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(w)
	case fleet.DoScale:
		return s.scale(r, w)
	case fleet.DoHoldScaler, fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "what scales it are autoscale settings of Azure Monitor, or the bounds of "+
			"its compute: "+
			"disable the setting in Azure, then scale sets the number of instances")
	case fleet.DoRestart:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Azure ML has no call that restarts the instances of a deployment; scale "+
			"it out and in, "+
			"or upgrade it to another environment version")
	case fleet.DoTraffic, fleet.DoAdvance, fleet.DoPromote, fleet.DoAbandonRoll:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "the endpoint splits the traffic: name OnlineEndpoint/"+s.ref.Namespace)
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Azure ML cannot stop an update where it is")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an online deployment can be upgraded in place and scaled")
}

// upgrade changes a deployment where it is: its instances are replaced while they serve.
func (s *unit) upgrade(w fleet.Want) (fleet.Draft, error) {
	if len(w.Parts) > 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "one deployment is updated as a whole; for a canary upgrade OnlineEndpoint/"+
			s.ref.Namespace+", which moves requests to another deployment")
	}
	if w.Container != "" {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an online deployment has one container; leave --container out")
	}
	fields, text, err := s.changes(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	d := fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)},
		Until: fleet.Until{Done: true}}},
		Down: 1, Rented: fleet.Textf("instances of %s for the update, as many as Azure ML takes", s.instance()),
		Notes: []fleet.Safe{untested, fleet.Text("its instances are replaced in place; how many at once, and whether others are started " +
			"first, is Azure ML's choice")}}
	return d, nil
}

func (s *unit) instance() fleet.Safe {
	if s.d.Properties.Instance == "" {
		return fleet.Text("an unknown type")
	}
	return fleet.Quote(s.d.Properties.Instance)
}

// refuses is what an upgrade cannot set.
func (s *unit) refuses(w fleet.Want) error {
	switch {
	case len(w.Args) > 0:
		return s.no(fleet.KindUnsupported, w.Do, "flags of the engine are inside of its environment or its variables; "+
			"name another "+
			"environment with --image")
	case w.Version != "":
		return s.no(fleet.KindUnsupported, w.Do, "Azure ML keeps no version of a deployment to go back to; undo the "+
			"change, or name "+
			"the model of before")
	case w.Surge.OK:
		return s.no(fleet.KindUnsupported, w.Do, "what an update takes beside what runs cannot be set; leave --surge out")
	case w.Weights == "" && w.Image == "" && w.Revision == "":
		return s.no(fleet.KindInvalid, w.Do, "what is wanted is not said: --model NAME:VERSION, --revision VERSION, or "+
			"--image "+
			"ENVIRONMENT:VERSION")
	}
	return nil
}

// changes are the fields of a deployment that an upgrade sets.
func (s *unit) changes(w fleet.Want) ([]fleet.Field, fleet.Safe, error) {
	if err := s.refuses(w); err != nil {
		return nil, fleet.Safe{}, err
	}
	var fields []fleet.Field
	var said []fleet.Safe
	add := func(name fleet.Safe, path, kind, old, want string) error {
		if want == "" {
			return nil
		}
		next, ok := assetID(old, s.d.ID, kind, want)
		if !ok {
			return s.no(fleet.KindInvalid, w.Do, fleet.Quote(want).String()+" is no NAME:VERSION and no ID of the workspace or of a registry; "+
				"an image "+
				"is inside of an environment")
		}
		if next != old {
			fields = append(fields, s.to(path, next))
			said = append(said, fleet.Textf("%s of %s: %s -> %s", name, fleet.Quote(s.ref.Name), fleet.Quote(asset(old)), fleet.Quote(asset(next))))
		}
		return nil
	}
	model := w.Weights
	if w.Revision != "" {
		name, _, _ := strings.Cut(asset(cmpOr(model, s.d.Properties.Model)), ":")
		if model = name + ":" + w.Revision; name == "" || strings.Contains(name, "/") {
			return nil, fleet.Safe{}, s.no(fleet.KindInvalid, w.Do, "a revision is the version of a registered model, and it has none: name "+
				"it with --model")
		}
	}
	if err := add(fleet.Text("model"), modelAt, "models", s.d.Properties.Model, model); err != nil {
		return nil, fleet.Safe{}, err
	}
	if err := add(fleet.Text("environment"), environmentAt, "environments", s.d.Properties.Environment, w.Image); err != nil {
		return nil, fleet.Safe{}, err
	}
	if len(fields) == 0 {
		return nil, fleet.Safe{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	return fields, fleet.Join(said, fleet.Text("; ")), nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// assetID is the ID of a model or environment as Azure writes it, so that what is read back is what was written: a name and
// version is one of the workspace.
func assetID(old, deployment, kind, want string) (string, bool) {
	switch {
	case strings.HasPrefix(want, "azureml://"), strings.HasPrefix(want, "/subscriptions/"):
		return want, true
	case want == asset(old):
		return old, true
	}
	name, version, ok := strings.Cut(strings.TrimPrefix(want, "azureml:"), ":")
	if !ok || name == "" || version == "" || strings.ContainsAny(name+version, "/@: ") {
		return "", false
	}
	at := strings.Index(strings.ToLower(old), "/"+kind+"/")
	if at < 0 || !strings.Contains(old, "/workspaces/") {
		at = strings.Index(strings.ToLower(deployment), "/onlineendpoints/")
		if old = deployment; at < 0 {
			return "", false
		}
	}
	return old[:at] + "/" + kind + "/" + name + "/versions/" + version, true
}

// scale sets the instance count.
func (s *unit) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	n, now := w.Replicas.V, s.d.instances()
	switch {
	case !w.Replicas.OK:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many instances are wanted is not said")
	case n < 1:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a deployment keeps one instance at the least; take its requests away with "+
			"pitwall "+
			"traffic and delete it in Azure")
	case s.d.scales():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Azure ML scales it by itself between minInstances and maxInstances: "+
			"change these, or its "+
			"scaleType, in Azure")
	case s.d.SKU.Capacity == nil:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Azure does not say how many instances it has")
	case n == now:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+strconv.Itoa(n)+" instances already")
	}
	text := fleet.Textf("instances of %s: %s -> %s", fleet.Quote(s.ref.Name), fleet.Int(now), fleet.Int(n))
	d := fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.to(capacityAt, n))},
		Until: fleet.Until{Done: r.Phase == fleet.RolloutDone}}}, Down: max(now-n, 0),
		Notes: []fleet.Safe{fleet.Text("an autoscale setting of Azure Monitor, which is not read, may set another number again")}}
	if n > now {
		d.Rented = fleet.Textf("%s of %s", fleet.Many(n-now, "instance"), s.instance())
	}
	return d, nil
}
