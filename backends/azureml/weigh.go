package azureml

import (
	"math"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/split"
	"pitwall/fleet"
)

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return restobjects.Refuse(kind, do, s.ref, why)
}

func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return restobjects.Set(s.ref, endpointKind, s.uid(), text, fields...)
}

func (s *scene) draft(w fleet.Want) (fleet.Draft, error) {
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(w)
	case fleet.DoTraffic:
		return s.share(w)
	case fleet.DoAdvance, fleet.DoPromote, fleet.DoAbandonRoll:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an endpoint does not say which of its deployments is the new one: pitwall "+
			"traffic sets "+
			"the weight of each; it has "+split.Names(s.traffic().Members))
	case fleet.DoScale, fleet.DoHoldScaler, fleet.DoFreeScaler, fleet.DoRestart:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its deployments have the instances: name OnlineDeployment/"+s.ref.Name+"/NAME")
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Azure ML cannot stop an update where it is; weights hold where they are set")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an online endpoint can be upgraded and weighed")
}

// weigh are the fields that move the traffic from some weights to others. A member without requests has no field: so Azure's
// 0 and its absence are the same. What gets requests is not mirrored to as well, which Azure ML refuses.
func (s *scene) weigh(from, to map[string]int) []fleet.Field {
	var fields []fleet.Field
	for _, u := range s.units {
		name := u.ref.Name
		if from[name] == to[name] {
			continue
		}
		f := fleet.Field{Path: trafficAt + jsonptr.Path(name)}
		if from[name] > 0 {
			f.Before = jsonptr.Encode(from[name])
		}
		if to[name] > 0 {
			f.After = jsonptr.Encode(to[name])
		}
		fields = append(fields, f)
		if n := s.endpoint.Properties.Mirrored[name]; n > 0 && from[name] == 0 {
			fields = append(fields, fleet.Field{Path: mirrorAt + jsonptr.Path(name), Before: jsonptr.Encode(n)})
		}
	}
	return fields
}

func (s *scene) weights() map[string]int {
	out := map[string]int{}
	for _, u := range s.units {
		out[u.ref.Name] = s.endpoint.Properties.Traffic[u.ref.Name]
	}
	return out
}

// share sets the weights of deployments, all in one request.
func (s *scene) share(w fleet.Want) (fleet.Draft, error) {
	members := s.traffic().Members
	to, why := split.Percent(members, w.Shares)
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	for _, u := range s.units {
		if to[u.ref.Name] > s.endpoint.Properties.Traffic[u.ref.Name] && u.d.Properties.State != "Succeeded" {
			return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "deployment "+fleet.Quote(u.ref.Name).String()+" is "+
				fleet.Quote(u.d.Properties.State).String()+" and not Succeeded")
		}
	}
	text := split.Text(members, to)
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, s.weigh(s.weights(), to)...)},
		Until: fleet.Until{Done: true}}}, Notes: []fleet.Safe{untested}, Weights: true}, nil
}

// upgrade brings the model to a deployment without requests, and moves the requests there. On the way back only the requests
// go back: to change a deployment while it has some would be another roll.
func (s *scene) upgrade(w fleet.Want) (fleet.Draft, error) {
	idle, old, err := s.pair(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	w.Container = ""
	fields, text, err := idle.changes(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	d := fleet.Draft{Notes: []fleet.Safe{untested, fleet.Textf("%s keeps its instances for the way back: scale it in once nobody wants back",
		fleet.Quote(old.ref.Name)), fleet.Textf("the way back gives the requests back to %s; %s keeps what it was upgraded "+
		"to", fleet.Quote(old.ref.Name),
		fleet.Quote(idle.ref.Name))}}
	if n := old.d.instances(); n > idle.d.instances() && idle.d.SKU.Capacity != nil && !idle.d.scales() {
		fields = append(fields, idle.to(capacityAt, n))
		text = fleet.Textf("%s; instances: %s -> %s", text, fleet.Int(idle.d.instances()), fleet.Int(n))
		d.Rented = fleet.Textf("%s of %s", fleet.Many(n-idle.d.instances(), "instance"), idle.instance())
	}
	d.Stages = []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{idle.write(text, fields...)}, Until: fleet.Until{Done: true}}}
	if len(w.Parts) > 0 {
		d.Notes = append(d.Notes, fleet.Text("Azure does not say which instances are whose: old and new cannot be compared, so that each "+
			"stage waits for "+
			"a person unless --by-readiness is given"))
	}
	from := s.weights()
	first := from
	step := func(percent int, canary bool) {
		to := map[string]int{old.ref.Name: split.Whole - percent, idle.ref.Name: percent}
		changed := s.weigh(from, to)
		if len(changed) == 0 {
			return
		}
		say := fleet.Textf("requests to %s: %s %%", fleet.Quote(idle.ref.Name), fleet.Int(percent))
		back := s.write(fleet.Textf("requests back to %s", fleet.Quote(old.ref.Name)), s.weigh(to, first)...)
		d.Stages = append(d.Stages, fleet.Stage{Text: say, Writes: []fleet.ObjectWrite{s.write(say, changed...)}, Until: fleet.Until{Done: true},
			Canary: canary, Back: []fleet.ObjectWrite{back}})
		from = to
	}
	for _, p := range w.Parts {
		step(min(max(int(math.Round(float64(p)*split.Whole)), 1), split.Whole), true)
	}
	step(split.Whole, false)
	return d, nil
}

// pair finds the deployment that gets the model and the one that serves.
func (s *scene) pair(w fleet.Want) (idle, old *unit, err error) {
	var free []string
	for _, u := range s.units {
		switch n := s.endpoint.Properties.Traffic[u.ref.Name]; {
		case n > 0 && old != nil:
			return nil, nil, s.no(fleet.KindUnsupported, w.Do, "two deployments get requests: give all to one first with pitwall traffic; it has "+
				split.Names(s.traffic().Members))
		case n > 0:
			old = u
		case w.Container == "" || w.Container == u.ref.Name:
			idle = u
			free = append(free, fleet.Quote(u.ref.Name).String())
		}
	}
	switch {
	case old == nil:
		return nil, nil, s.no(fleet.KindUnsupported, w.Do, "no deployment gets requests; upgrade OnlineDeployment/"+s.ref.Name+"/NAME and "+
			"give it some")
	case len(free) == 0 && w.Container != "":
		return nil, nil, s.no(fleet.KindInvalid, w.Do, "it has no deployment "+fleet.Quote(w.Container).String()+" without requests")
	case len(free) == 0:
		return nil, nil, s.no(fleet.KindUnsupported, w.Do, "it has no deployment without requests, and pitwall makes none, since that "+
			"takes more than a model: "+
			"create one (az ml online-deployment create), or upgrade OnlineDeployment/"+s.ref.Name+"/"+old.ref.Name+" in place")
	case len(free) > 1:
		slices.Sort(free)
		return nil, nil, s.no(fleet.KindInvalid, w.Do, "several deployments get no requests: name one with --container: "+
			""+strings.Join(free, ", "))
	case idle.d.Properties.State != "Succeeded" && idle.d.Properties.State != "Failed":
		return nil, nil, s.no(fleet.KindConflict, w.Do, "deployment "+fleet.Quote(idle.ref.Name).String()+" is "+
			""+fleet.Quote(idle.d.Properties.State).String())
	}
	return idle, old, nil
}
