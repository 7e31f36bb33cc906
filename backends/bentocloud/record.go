package bentocloud

import (
	"encoding/json"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// mainTarget is the name of the target that is no canary.
const mainTarget = "main"

// record is a deployment as GET gives it.
type record struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	Created  string `json:"created_at"`
	Updated  string `json:"updated_at"`
	Cluster  named  `json:"cluster"`
	Revision *struct {
		UID     string    `json:"uid"`
		Name    string    `json:"name"`
		Created string    `json:"created_at"`
		Targets []*target `json:"targets"`
	} `json:"latest_revision"`
	Manifest *struct {
		Dev     bool `json:"dev"`
		Routing *struct {
			Type    string         `json:"route_type"`
			By      string         `json:"route_by"`
			Weights map[string]int `json:"weights"`
		} `json:"routing"`
	} `json:"manifest"`
	URLs []string `json:"urls"`
}

type named struct {
	Name string `json:"name"`
}

// target is one version of a deployment.
type target struct {
	Name   string                     `json:"name"`
	Config map[string]json.RawMessage `json:"config"`
	Bento  *struct {
		Name       string `json:"name"`
		Version    string `json:"version"`
		Repository named  `json:"repository"`
		Manifest   *struct {
			Entry  string   `json:"entry_service"`
			Models []string `json:"models"`
		} `json:"manifest"`
	} `json:"bento"`
}

// tag is how a Bento is called in a document that is sent.
func (t *target) tag() string {
	if t.Bento == nil || t.Bento.Repository.Name == "" {
		return ""
	}
	version := t.Bento.Version
	if version == "" {
		version = t.Bento.Name
	}
	return t.Bento.Repository.Name + ":" + version
}

// main is the target that is no canary, nil where there is none. The only one needs no name.
func (r *record) main() *target {
	if r.Revision == nil {
		return nil
	}
	for _, t := range r.Revision.Targets {
		if t != nil && (t.Name == mainTarget || len(r.Revision.Targets) == 1) {
			return t
		}
	}
	return nil
}

// document is a deployment as pitwall compares and changes it: what is told of it, and under spec the body that would put it
// as it is. What is read and what is put have different shapes in this API.
func (r *record) document() map[string]any {
	doc := map[string]any{
		"name": r.Name, "uid": r.UID, "cluster": r.Cluster.Name, "status": r.Status, "created_at": r.Created, "updated_at": r.Updated,
		"terminated": r.Status == terminated || r.Status == terminating, "dev": r.Manifest != nil && r.Manifest.Dev,
	}
	if r.Revision != nil {
		doc["revision"] = map[string]any{"uid": r.Revision.UID, "name": r.Revision.Name, "created_at": r.Revision.Created}
	}
	main := r.main()
	if main == nil || main.tag() == "" || main.Config == nil {
		return doc // it was never deployed, or says of itself too little to be put as it is
	}
	if m := main.Bento.Manifest; m != nil {
		doc["entry_service"], doc["models"] = m.Entry, m.Models
	}
	spec := carried(main.Config, "access_authorization", "envs", "labels", "secrets", "services")
	spec["bento"] = main.tag()
	if c := r.canary(); c != nil {
		spec["canary"] = c
	}
	doc["spec"] = spec
	return doc
}

// carried takes over what a body may have, as it was read.
func carried(config map[string]json.RawMessage, keys ...string) map[string]any {
	out := map[string]any{}
	for _, k := range keys {
		if v, err := jsonptr.Decode(fleet.JSON(config[k])); err == nil && v != nil {
			out[k] = v
		}
	}
	return out
}

// canary is how requests are routed between the versions beside the main one; nil where there is none, whatever is said of
// routing.
func (r *record) canary() map[string]any {
	versions := map[string]any{}
	for _, t := range r.Revision.Targets {
		if t == nil || t.Name == mainTarget || len(r.Revision.Targets) == 1 || t.tag() == "" {
			continue
		}
		v := carried(t.Config, "envs", "secrets", "services")
		v["bento"] = t.tag()
		if m := r.Manifest; m != nil && m.Routing != nil {
			if n, ok := m.Routing.Weights[t.Name]; ok {
				v["weight"] = n
			}
		}
		versions[t.Name] = v
	}
	if len(versions) == 0 {
		return nil
	}
	c := map[string]any{"versions": versions}
	if m := r.Manifest; m != nil && m.Routing != nil {
		if m.Routing.Type != "" {
			c["route_type"] = m.Routing.Type
		}
		if m.Routing.By != "" {
			c["route_by"] = m.Routing.By
		}
	}
	return c
}

// instant reads a time, the zero time where there is none.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
