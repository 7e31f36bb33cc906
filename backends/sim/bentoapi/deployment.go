package bentoapi

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

const mainTarget = "main"

// config is what a version runs with.
type config struct {
	Access   bool                       `json:"access_authorization,omitempty"`
	Envs     json.RawMessage            `json:"envs,omitempty"`
	Labels   json.RawMessage            `json:"labels,omitempty"`
	Secrets  json.RawMessage            `json:"secrets,omitempty"`
	Services map[string]json.RawMessage `json:"services"`
}

// body is what is put. What it does not know is left out, as the API does it.
type body struct {
	config
	Bento  string  `json:"bento"`
	Canary *canary `json:"canary,omitempty"`
}

type canary struct {
	Type     string             `json:"route_type,omitempty"`
	By       string             `json:"route_by,omitempty"`
	Versions map[string]version `json:"versions"`
}

type version struct {
	config
	Bento  string `json:"bento"`
	Weight *int   `json:"weight"`
}

func (b *body) canaries() map[string]version {
	if b.Canary == nil {
		return nil
	}
	return b.Canary.Versions
}

// deployment is one with its newest revision.
type deployment struct {
	name, cluster, uid string
	created            time.Time
	revision           string
	revised            time.Time
	body               body
	before             string    // status when the newest revision came
	ended              time.Time // when its end was asked for; zero while it was not
}

// revise makes it of another body. How its replicas were stays said for a while; that it had ended does not.
func (d *deployment) revise(revision string, b body, status string, now time.Time) {
	if d.before = status; !d.ended.IsZero() {
		d.before = ""
	}
	d.revision, d.revised, d.body, d.ended = revision, now, b, time.Time{}
}

// tags are the Bentos that it runs.
func (d *deployment) tags() []string {
	list := []string{d.body.Bento}
	for _, name := range slices.Sorted(maps.Keys(d.body.canaries())) {
		list = append(list, d.body.Canary.Versions[name].Bento)
	}
	return list
}

// endsIn is how long replicas take to end.
const endsIn = 30 * time.Second

// status is how a deployment is said to stand: for a while as before the newest revision, then as its worst version.
func (s *Server) status(d *deployment, now time.Time) string {
	switch {
	case !d.ended.IsZero() && now.Sub(d.ended) < endsIn:
		return "terminating"
	case !d.ended.IsZero():
		return "terminated"
	case d.before != "" && now.Sub(d.revised) < s.o.Behind:
		return d.before
	}
	worst := "running"
	for _, tag := range d.tags() {
		if is := s.fate(tag, d.revised, now); slices.Index(ranks, is) > slices.Index(ranks, worst) {
			worst = is
		}
	}
	if worst == "running" && d.rests() {
		return "scaled-to-zero"
	}
	return worst
}

// ranks are the statuses of a version, the worst last.
var ranks = []string{"running", "deploying", "image-build-succeeded", "image-building", "unhealthy", "failed", "image-build-failed"}

// builtFor is how long it is said that an image was built, before its replicas start.
const builtFor = 2 * time.Second

// fate is what has become of a Bento that was deployed.
func (s *Server) fate(tag string, since, now time.Time) string {
	b := s.o.Bentos[tag]
	ready, built := s.built[tag]
	if !built {
		ready = since.Add(b.Build)
		s.built[tag] = ready
	}
	start := since
	if ready.After(since) {
		start = ready.Add(builtFor)
	}
	switch {
	case now.Before(ready):
		return "image-building"
	case b.Unbuildable:
		return "image-build-failed"
	case now.Before(start):
		return "image-build-succeeded"
	case b.Crashes && now.Sub(start) >= b.Load/2:
		return "failed"
	case now.Sub(start) < b.Load:
		return "deploying"
	case b.NeverReady:
		return "unhealthy"
	}
	return "running"
}

// rests tells whether it may have no replica, and has none: nobody asks anything of it here.
func (d *deployment) rests() bool {
	for _, raw := range d.body.Services {
		var v struct {
			Scaling struct {
				Min *int `json:"min_replicas"`
			} `json:"scaling"`
		}
		if json.Unmarshal(raw, &v) != nil || v.Scaling.Min == nil || *v.Scaling.Min > 0 {
			return false
		}
	}
	return len(d.body.Services) > 0
}

// document is a deployment as it is read, which is not as it is put.
func (s *Server) document(d *deployment) map[string]any {
	now := s.o.Clock.Now()
	status := s.status(d, now)
	targets := []any{s.target(mainTarget, d.body.Bento, d.body.config)}
	manifest := map[string]any{"dev": false}
	if c := d.body.Canary; c != nil && len(c.Versions) > 0 {
		weights := map[string]int{}
		for _, name := range slices.Sorted(maps.Keys(c.Versions)) {
			v := c.Versions[name]
			targets = append(targets, s.target(name, v.Bento, v.config))
			weights[name] = *v.Weight
		}
		manifest["routing"] = map[string]any{"route_type": c.Type, "route_by": c.By, "weights": weights}
	}
	return map[string]any{
		"uid": d.uid, "name": d.name, "resource_type": "deployment", "labels": []any{}, "status": status, "kube_namespace": "org-1",
		"created_at": stamp(d.created), "updated_at": stamp(d.revised), "deleted_at": nil,
		"creator": map[string]any{"name": "sim", "email": "sim@example.test"},
		"cluster": map[string]any{"uid": "cl-" + d.cluster, "name": d.cluster, "resource_type": "cluster", "organization_name": "sim"},
		"latest_revision": map[string]any{"uid": d.revision, "name": d.revision, "resource_type": "deployment_revision", "status": "active",
			"created_at": stamp(d.revised), "updated_at": stamp(d.revised), "targets": targets},
		"manifest": manifest, "urls": []string{"https://" + d.name + ".example.test"},
	}
}

func (s *Server) target(name, tag string, c config) map[string]any {
	b := s.o.Bentos[tag]
	return map[string]any{"uid": "target-" + name, "name": name, "resource_type": "deployment_target", "bento": bentoOf(tag, &b), "config": c}
}

func bentoOf(tag string, b *Bento) map[string]any {
	repository, version, _ := strings.Cut(tag, ":")
	return map[string]any{"uid": "bento-" + tag, "name": version, "version": version, "repository": map[string]any{"name": repository},
		"manifest": map[string]any{"service": "service:" + b.Entry, "entry_service": b.Entry, "models": b.Models}}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
