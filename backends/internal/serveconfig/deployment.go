package serveconfig

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Deployment is one part of an application that has replicas, as far as the configuration says it: an entry of deployments,
// or what Ray makes of an entry of llm_configs.
type Deployment struct {
	App, Name string
	Replicas  fleet.Maybe[int]     // unknown where only the code says it, or Ray decides by load
	Auto      bool                 // Ray decides by load
	Min, Max  fleet.Maybe[int]     // between these
	GPUs      fleet.Maybe[float64] // of one replica
	llm       bool
	fresh     bool // it has no entry in the configuration
	app       *App
	at        string // pointer in the application to what holds its number
}

// Called names it for --container.
func (d *Deployment) Called() string { return d.App + "/" + d.Name }

// Deployments are those of applications.
func Deployments(apps []App) []Deployment {
	var list []Deployment
	for i := range apps {
		a := &apps[i]
		for j, doc := range items(a.doc, llmConfigsKey) {
			if _, ok := doc.(map[string]any); !ok {
				continue
			}
			at := llmConfigsKey + "/" + strconv.Itoa(j)
			d := Deployment{App: a.Name, Name: jsonptr.Text(doc, "/model_loading_config/model_id"), llm: true, app: a, at: at + "/deployment_config"}
			config, _ := jsonptr.Find(doc, "/deployment_config")
			d.count(config)
			d.GPUs = gpusOfEngine(doc)
			list = append(list, d)
		}
		for j, doc := range items(a.doc, "/deployments") {
			d := Deployment{App: a.Name, Name: jsonptr.Text(doc, "/name"), app: a, at: "/deployments/" + strconv.Itoa(j)}
			d.count(doc)
			d.GPUs = gpusOfActor(doc)
			list = append(list, d)
		}
	}
	return list
}

// count reads how many replicas there are to be.
func (d *Deployment) count(doc any) {
	n, said := jsonptr.Find(doc, "/num_replicas")
	auto, scaled := jsonptr.Find(doc, "/autoscaling_config")
	switch {
	case scaled && auto != nil, n == "auto":
		d.Auto = true
		d.Min, d.Max = whole(auto, "/min_replicas"), whole(auto, "/max_replicas")
	case said && n != nil:
		d.Replicas = whole(doc, "/num_replicas")
	}
}

func whole(doc any, at string) fleet.Maybe[int] {
	v, _ := jsonptr.Find(doc, at)
	n, ok := v.(json.Number)
	if !ok {
		return fleet.None[int]()
	}
	i, err := strconv.Atoi(n.String())
	return fleet.Maybe[int]{V: i, OK: err == nil}
}

func real(doc any, at string) fleet.Maybe[float64] {
	v, _ := jsonptr.Find(doc, at)
	n, ok := v.(json.Number)
	if !ok {
		return fleet.None[float64]()
	}
	f, err := n.Float64()
	return fleet.Maybe[float64]{V: f, OK: err == nil && !math.IsNaN(f)}
}

// gpusOfActor is what one replica of one's own deployment asks for: by bundles, or for itself.
func gpusOfActor(doc any) fleet.Maybe[float64] {
	if n := bundled(doc, "/placement_group_bundles"); n.OK {
		return n
	}
	return real(doc, "/ray_actor_options/num_gpus")
}

// gpusOfEngine is what one replica of a language model asks for: by bundles, or as its engine is cut.
func gpusOfEngine(doc any) fleet.Maybe[float64] {
	if n := bundled(doc, "/placement_group_config/bundles"); n.OK {
		return n
	}
	n := 1
	for _, cut := range []string{"tensor_parallel_size", "pipeline_parallel_size", "data_parallel_size"} {
		n *= max(whole(doc, "/engine_kwargs/"+cut).Or(1), 1)
	}
	return fleet.Some(float64(n))
}

func bundled(doc any, at string) fleet.Maybe[float64] {
	list := items(doc, at)
	if len(list) == 0 {
		return fleet.None[float64]()
	}
	sum := 0.0
	for _, b := range list {
		sum += real(b, "/GPU").Or(0)
	}
	return fleet.Some(sum)
}

// Serving is the deployment that does the work: the only language model, else the only one that asks for GPUs, else the only
// one; nil where that is not clear.
func Serving(list []Deployment) *Deployment {
	for _, fits := range []func(d *Deployment) bool{
		func(d *Deployment) bool { return d.llm },
		func(d *Deployment) bool { return d.GPUs.Or(0) > 0 },
		func(*Deployment) bool { return true },
	} {
		var found []*Deployment
		for i := range list {
			if fits(&list[i]) {
				found = append(found, &list[i])
			}
		}
		if len(found) == 1 {
			return found[0]
		}
		if len(found) > 1 {
			return nil
		}
	}
	return nil
}

// Part finds the deployment of a name: itself, its application where that has one only, or both with a slash between; "" is
// the one that serves.
func Part(apps []App, name string) (*Deployment, error) {
	all := Deployments(apps)
	if name == "" {
		if d := Serving(all); d != nil {
			return d, nil
		}
	}
	fits := slices.DeleteFunc(slices.Clone(all), func(d Deployment) bool {
		return name != "" && name != d.App && name != d.Name && name != d.Called()
	})
	var called []string
	for i := range all {
		called = append(called, all[i].Called())
	}
	switch {
	case len(fits) == 1:
		return &fits[0], nil
	case len(all) == 0:
		return nil, unfit(fleet.KindUnsupported, "its configuration names no deployment, so its code says how many replicas there are; "+
			"name the deployment under deployments first")
	case len(fits) == 0:
		return nil, unfit(fleet.KindInvalid, "there is no deployment "+fleet.Quote(name).String()+" in its configuration; there are "+
			names(called))
	}
	if d := Serving(fits); d != nil {
		return d, nil
	}
	return nil, unfit(fleet.KindInvalid, "it has several deployments: name one of "+names(called)+" with --container")
}

// Resize says which value another number of replicas changes.
func (d *Deployment) Resize(n int) ([]Edit, fleet.Safe, error) {
	switch {
	case n < 0:
		return nil, fleet.Safe{}, unfit(fleet.KindInvalid, "how many replicas are wanted is not said")
	case d.Auto:
		return nil, fleet.Safe{}, unfit(fleet.KindUnsupported, "Ray decides how many replicas deployment "+fleet.Quote(d.Called()).String()+
			" has, "+d.bounds().String()+" by autoscaling_config: hold the autoscaler at "+strconv.Itoa(n)+" instead, which sets min and max")
	case d.Replicas == fleet.Some(n):
		return nil, fleet.Safe{}, unfit(fleet.KindInvalid, "deployment "+fleet.Quote(d.Called()).String()+" has "+strconv.Itoa(n)+
			" replicas already")
	}
	if d.fresh {
		return d.entry(n)
	}
	e := edit{}
	e.put(d.app, d.at+"/num_replicas", json.Number(strconv.Itoa(n)), fleet.Textf("num_replicas of %s", fleet.Quote(d.Called())))
	return e.edits, fleet.Join(e.said, fleet.Text("; ")), nil
}

// Hold says which values keep it at a number of replicas.
func (d *Deployment) Hold(n int) ([]Edit, fleet.Safe, error) {
	switch {
	case !d.Auto:
		return nil, fleet.Safe{}, unfit(fleet.KindInvalid, "nothing scales deployment "+fleet.Quote(d.Called()).String()+" by itself: scale it")
	case n < 1:
		return nil, fleet.Safe{}, unfit(fleet.KindInvalid, "the number of replicas that is to be kept is not said (--replicas)")
	case d.Min == fleet.Some(n) && d.Max == fleet.Some(n):
		return nil, fleet.Safe{}, unfit(fleet.KindInvalid, "min_replicas and max_replicas are "+strconv.Itoa(n)+" already")
	}
	if d.fresh {
		return nil, fleet.Safe{}, unfit(fleet.KindUnsupported, "how deployment "+fleet.Quote(d.Called()).String()+" scales is said by its code: "+
			"list it with its autoscaling_config under deployments first")
	}
	e := edit{}
	for _, key := range []string{"min_replicas", "max_replicas"} {
		e.put(d.app, d.at+"/autoscaling_config/"+key, json.Number(strconv.Itoa(n)),
			fleet.Textf("%s of %s", fleet.Label(key), fleet.Quote(d.Called())))
	}
	if at := d.at + "/autoscaling_config/initial_replicas"; whole(d.app.doc, at).OK { // Ray wants it between the two
		e.put(d.app, at, json.Number(strconv.Itoa(n)), fleet.Textf("initial_replicas of %s", fleet.Quote(d.Called())))
	}
	return e.edits, fleet.Join(e.said, fleet.Text("; ")), nil
}

// bounds words between what Ray scales it.
func (d *Deployment) bounds() fleet.Safe {
	return fleet.Textf("between %s and %s", orUnsaid(d.Min), orUnsaid(d.Max))
}

func orUnsaid(n fleet.Maybe[int]) fleet.Safe {
	if !n.OK {
		return fleet.Text("what is not said")
	}
	return fleet.Int(n.V)
}

// Unlisted is a deployment that the code of an application says and its configuration does not: what is set of it becomes an
// entry of deployments.
func (a App) Unlisted(name string) *Deployment {
	return &Deployment{App: a.Name, Name: name, app: &a, at: "/deployments/" + strconv.Itoa(len(items(a.doc, "/deployments"))), fresh: true}
}

// entry is what sets the number of one that has no entry yet.
func (d *Deployment) entry(n int) ([]Edit, fleet.Safe, error) {
	entry := map[string]any{"name": d.Name, "num_replicas": json.Number(strconv.Itoa(n))}
	e := Edit{d.app.at + d.at, entry}
	if _, ok := jsonptr.Find(d.app.doc, "/deployments"); !ok {
		e = Edit{d.app.at + "/deployments", []any{entry}}
	}
	was := fleet.Text("as its code says")
	if d.Replicas.OK {
		was = fleet.Int(d.Replicas.V)
	}
	return []Edit{e}, fleet.Textf("num_replicas of %s: %s -> %s", fleet.Quote(d.Called()), was, fleet.Int(n)), nil
}
