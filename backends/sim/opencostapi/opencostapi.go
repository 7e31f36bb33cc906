// Package opencostapi is a simulated OpenCost beside a cluster: allocations with idle, and the cost of inference on both bases, as of
// the last whole minute and to five digits. It must not import any adapter.
package opencostapi

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// System is the account for the registry.
var System = account.System{Name: "opencost", Sources: sources,
	New: func(t account.Truth) (http.Handler, error) {
		if t.Cluster == nil {
			return nil, errPool
		}
		return New(t), nil
	}}

var errPool = &fleet.Error{Kind: fleet.KindInvalid, Op: "set up OpenCost", Next: "name a pool of the cluster that it looks at"}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return []fleet.SourceSpec{{ID: "opencost", Kind: "opencost", URL: at.URL, Interval: 10 * time.Minute, Timeout: 30 * time.Second,
		Subject: fleet.Subject{About: fleet.AboutBill}, Options: map[string]string{}}}, nil, nil
}

// Server is an OpenCost that runs.
type Server struct {
	truth account.Truth
	meter *meter
	mux   *http.ServeMux
}

// New serves one. It asks for no key, as the real one.
func New(t account.Truth) *Server {
	s := &Server{truth: t, meter: newMeter(t.Clock, t.Cluster), mux: http.NewServeMux()}
	s.meter.look()
	s.mux.HandleFunc("GET /allocation", s.allocation)
	s.mux.HandleFunc("GET /allocation/compute", s.allocation)
	s.mux.HandleFunc("GET /inferenceCost/total", s.inference)
	return s
}

// Look lets it scrape, as it does by itself.
func (s *Server) Look() { s.meter.look() }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.truth.Clock.Now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

type object = map[string]any

func answer(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	body["code"] = status
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client hung up
}

func refuse(w http.ResponseWriter, message string) {
	answer(w, http.StatusBadRequest, object{"message": "Bad Request: " + message})
}

var errWindow = errors.New("invalid 'window' parameter: it has no begin and end")

// window reads a time: two moments, a day by its name, or a length that ends now.
func (s *Server) window(text string) (from, to time.Time, err error) {
	now := s.truth.Clock.Now().UTC()
	today := now.Truncate(24 * time.Hour)
	switch first, second, two := strings.Cut(text, ","); {
	case text == "":
		return from, to, errors.New("missing required 'window' parameter")
	case text == "today":
		return today, today.AddDate(0, 0, 1), nil
	case text == "yesterday":
		return today.AddDate(0, 0, -1), today, nil
	case two:
		if from, err = time.Parse(time.RFC3339, first); err == nil {
			to, err = time.Parse(time.RFC3339, second)
		}
		if err != nil || !from.Before(to) {
			return from, to, errWindow
		}
		return from.UTC(), to.UTC(), nil
	default:
		length, err := time.ParseDuration(text)
		if err != nil || length <= 0 {
			return from, to, errWindow
		}
		return now.Add(-length), now, nil
	}
}

func span(from, to time.Time) object {
	return object{"start": from.Format(time.RFC3339), "end": to.Format(time.RFC3339)}
}

// round is how OpenCost writes numbers.
func round(v float64) float64 { return math.Round(v*1e5) / 1e5 }

func (s *Server) allocation(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, to, err := s.window(q.Get("window"))
	if err != nil {
		refuse(w, err.Error())
		return
	}
	if q.Get("aggregate") != "namespace" {
		refuse(w, "the simulation aggregates by namespace only")
		return
	}
	total, known := s.meter.sum(from, to)
	if known == 0 {
		answer(w, http.StatusOK, object{"status": "success", "data": []object{{}}})
		return
	}
	one := func(name, namespace string, gpuMinutes, cost float64) object {
		return object{"name": name, "properties": object{"cluster": s.truth.Cluster.Name, "namespace": namespace},
			"window": span(from, to), "start": from.Format(time.RFC3339), "end": from.Add(time.Duration(known) * time.Minute).Format(time.RFC3339),
			"minutes": known, "gpuHours": round(gpuMinutes / 60), "gpuCost": round(cost), "gpuCostAdjustment": 0, "cpuCost": 0, "ramCost": 0,
			"pvCost": 0, "networkCost": 0, "loadBalancerCost": 0, "sharedCost": 0, "externalCost": 0, "totalCost": round(cost),
			"totalEfficiency": nil}
	}
	sets, idle := map[string]held{}, held{cost: total.whole, gpus: total.gpus}
	for key, h := range total.models {
		sum := sets[key.namespace]
		sum.plus(h, 1)
		sets[key.namespace] = sum
		idle.plus(h, -1)
	}
	set := object{}
	for name, h := range sets {
		set[name] = one(name, name, h.gpus, h.cost)
	}
	if q.Get("includeIdle") == "true" && idle.cost > 0 {
		set["__idle__"] = one("__idle__", "", idle.gpus, idle.cost)
	}
	answer(w, http.StatusOK, object{"status": "success", "data": []object{set}})
}

func (s *Server) inference(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, to, err := s.window(q.Get("window"))
	if err != nil {
		refuse(w, err.Error())
		return
	}
	basis := q.Get("costBasis")
	if basis == "" {
		basis = "allocation"
	}
	if basis != "allocation" && basis != "usage" {
		refuse(w, "invalid 'costBasis' parameter: must be usage or allocation")
		return
	}
	total, _ := s.meter.sum(from, to)
	all := 0.0
	for _, h := range total.models {
		all += h.cost
	}
	set := object{}
	for key, h := range total.models {
		cost := h.worked
		if h.Prompt+h.Generated == 0 { // nothing shows that it worked
			cost = 0
		}
		if basis == "allocation" { // with its share of what nobody held
			cost = h.cost + max(total.whole-all, 0)*h.cost/all
		}
		one := priced(cost, h)
		one["properties"] = object{"modelName": key.name, "namespace": key.namespace, "cluster": s.truth.Cluster.Name}
		one["window"], one["costBasis"] = span(from, to), basis
		set[key.name+":"+key.namespace] = one
	}
	answer(w, http.StatusOK, object{"data": object{"inferenceCosts": set, "window": span(from, to)}})
}

// dearer is how many times as much as one of the input a token of the output costs where nothing else is known.
const dearer = 2.5

// priced parts a cost into input and output: by the time that each took, else by a fixed factor. Without tokens it is not parted.
func priced(cost float64, h *held) object {
	one := object{"promptTokens": h.Prompt, "generationTokens": h.Generated, "totalTokens": h.Prompt + h.Generated, "totalCost": cost,
		"costPerMillionTokens": 0, "inputCost": 0, "outputCost": 0, "inputCostPerMillionTokens": 0, "outputCostPerMillionTokens": 0}
	if h.Prompt+h.Generated == 0 {
		return one
	}
	input, method := cost*h.Prompt/(h.Prompt+dearer*h.Generated), "multiplier"
	if h.Prefill > 0 && h.Decode > 0 {
		input, method = cost*h.Prefill/(h.Prefill+h.Decode), "compute_time"
	}
	one["allocationMethod"], one["inputCost"], one["outputCost"] = method, input, cost-input
	one["costPerMillionTokens"] = cost / (h.Prompt + h.Generated) * 1e6
	if h.Prompt > 0 {
		one["inputCostPerMillionTokens"] = input / h.Prompt * 1e6
	}
	if h.Generated > 0 {
		one["outputCostPerMillionTokens"] = (cost - input) / h.Generated * 1e6
	}
	return one
}
