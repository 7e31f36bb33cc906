package smg

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/webaddress"
	"pitwall/fleet"
)

var errOdd = errors.New("an entry of the list is not of the shape that was expected")

// The states of a worker (crates/protocols/src/worker.rs of SMG 1.9). sglang-router says only whether it is healthy.
const (
	statusPending  = "pending"
	statusReady    = "ready"
	statusNotReady = "not_ready"
	statusFailed   = "failed"
	statusDraining = "draining"
)

// The roles of workers. A request goes to one that is regular, or to one of each of the others.
const (
	roleRegular = "regular"
	noModel     = "unknown" // as sglang-router calls the model of a worker that named none
)

// worker is one worker of one router.
type worker struct {
	key    string // the router's own id
	url    string // as the router has it, with what may be a credential; never shown
	id     fleet.DeploymentID
	models []fleet.ModelName // none: it takes every model
	role   string
	status string
	job    job
	doc    any // as the router told it; nil where it tells nothing but the address
}

// job is what the router is doing with a worker.
type job struct{ status, message string }

// workerOf reads one entry of the list.
func workerOf(doc any) (worker, error) {
	w := worker{url: jsonptr.Text(doc, "/url"), doc: doc}
	if w.url == "" {
		return w, errOdd
	}
	w.key = cmp.Or(jsonptr.Text(doc, "/id"), w.url)
	w.id = idOf(w.url)
	w.role = cmp.Or(jsonptr.Text(doc, "/worker_type"), roleRegular)
	w.models = modelsOf(doc)
	w.job = job{jsonptr.Text(doc, "/job_status/status"), jsonptr.Text(doc, "/job_status/message")}
	healthy, told := jsonptr.Find(doc, "/is_healthy")
	up, truth := healthy.(bool)
	switch status := jsonptr.Text(doc, "/status"); {
	case status != "":
		w.status = status
	case told && !truth:
		return w, errOdd
	case told && !up:
		w.status = statusNotReady
	default:
		w.status = statusReady
	}
	return w, nil
}

// idOf is what a worker is called: its address, without what may be a credential. Behind that of one rank of a data-parallel
// engine stands the rank: http://HOST:PORT@RANK.
func idOf(url string) fleet.DeploymentID {
	base, rank := parted(url)
	address, _ := webaddress.WithoutSecrets(base)
	switch {
	case address != "" && rank != "":
		return fleet.DeploymentID(address + "@" + rank)
	case address != "":
		return fleet.DeploymentID(address)
	}
	return fleet.DeploymentID(url)
}

// parted takes the rank off an address; rank is "" where it has none.
func parted(url string) (base, rank string) {
	i := strings.LastIndexByte(url, '@')
	if i < 0 {
		return url, ""
	}
	base, rank = url[:i], url[i+1:]
	if address, _ := webaddress.WithoutSecrets(base); address == "" || rank == "" || strings.Trim(rank, "0123456789") != "" {
		return url, ""
	}
	return base, rank
}

func modelsOf(doc any) []fleet.ModelName {
	var list []fleet.ModelName
	cards, _ := jsonptr.Find(doc, "/models")
	items, _ := cards.([]any)
	for _, card := range items {
		if name := fleet.ModelName(jsonptr.Text(card, "/id")); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	if name := jsonptr.Text(doc, "/model_id"); len(list) == 0 && name != "" && name != noModel {
		list = append(list, fleet.ModelName(name))
	}
	return list
}

// secretive tells that the address of a worker holds what may be a credential.
func (w *worker) secretive() bool { return string(w.id) != w.url }

// in tells whether the router counts it among those that may get requests. One that drains gets none any more.
func (w *worker) in() bool { return w.status != statusDraining }

// routes are the routes that it is a member of: one for each model, and for each role of it, since a request needs a worker of
// each role. unnamed is the route of those that name no model.
func (w *worker) routes(unnamed fleet.RouteID) []fleet.RouteID {
	suffix := fleet.RouteID("")
	if w.role != roleRegular {
		suffix = fleet.RouteID("/" + w.role)
	}
	if len(w.models) == 0 {
		return []fleet.RouteID{unnamed + suffix}
	}
	list := make([]fleet.RouteID, len(w.models))
	for i, m := range w.models {
		list[i] = fleet.RouteID(m) + suffix
	}
	return list
}

// workers reads a list of workers.
func workers(list []json.RawMessage) ([]worker, error) {
	out := make([]worker, 0, len(list))
	for _, raw := range list {
		doc, err := jsonptr.Decode(fleet.JSON(raw))
		if _, object := doc.(map[string]any); err != nil || !object {
			return nil, errOdd
		}
		w, err := workerOf(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}
