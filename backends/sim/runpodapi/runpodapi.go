// Package runpodapi is a simulated account of RunPod: its pods, the catalogue of GPUs and the balance, in the format of the real one
// (runpod/docs api-reference-v2 a900806e; the balance by GraphQL). It must not import any adapter.
package runpodapi

import (
	"net/http"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// KeyName is the credential of the account, which opens nothing but the simulation.
const (
	KeyName = "PITWALL_SIM_RUNPOD"
	key     = "simulated-key-of-runpod"
)

// hourly is what a GPU of the account costs; a pod has eight of them.
const (
	hourly  = 2.69
	perPod  = 8
	balance = 4100.25
)

// System is the account for the registry.
var System = account.System{Name: "runpod", New: func(t account.Truth) (http.Handler, error) { return New(t), nil }, Sources: sources,
	Secrets: map[string]string{KeyName: key}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return account.Rents(at, "runpod", "/v2", KeyName, time.Minute, nil)
}

type server struct {
	*account.Bearer
	truth account.Truth
	since time.Time
}

type object = map[string]any

// New serves an account.
func New(t account.Truth) http.Handler {
	s := &server{truth: t, since: t.Clock.Now().Add(-9 * 24 * time.Hour).UTC(), Bearer: &account.Bearer{Clock: t.Clock, Key: key,
		Mux: http.NewServeMux(), Refuse: refusal, Limit: &account.Limit{Clock: t.Clock, Burst: 30, PerSecond: 2}}}
	s.Mux.HandleFunc("GET /v2/pods", s.pods)
	s.Mux.HandleFunc("GET /v2/catalog/gpus", s.catalogue)
	s.Mux.HandleFunc("POST /graphql", s.graphql)
	return s
}

func refusal(status int) any {
	return object{"title": http.StatusText(status), "status": status, "detail": http.StatusText(status)}
}

// pods are the account's machines. One whose machine does not answer is in error, and is charged for all the same.
func (s *server) pods(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	for _, m := range s.truth.Machines {
		pod := object{"id": m.ID, "name": m.Name, "status": "RUNNING", "gpu": object{"id": "NVIDIA H100 80GB HBM3", "count": perPod},
			"cloud": "SECURE", "dataCenterId": "EU-RO-1", "cost": hourly * perPod, "startedAt": s.since.Format(time.RFC3339),
			"env": object{"HF_TOKEN": "simulated-token-that-nobody-may-keep"}}
		if m.Ready != nil && !m.Ready() {
			pod["status"], pod["runtime"] = "ERROR", nil
		}
		if _, gone := m.Leaves(); gone { // it was stopped, without a word before
			pod["status"], pod["runtime"] = "EXITED", nil
		}
		list = append(list, pod)
	}
	s.Say(w, http.StatusOK, object{"pods": list})
}

func (s *server) catalogue(w http.ResponseWriter, _ *http.Request) {
	gpu := func(id string, secure, community float64, most int, stock string) object {
		return object{"id": id, "price": object{"secure": secure, "community": community}, "maxCount": object{"secure": most, "community": most},
			"availability": stock, "dataCenters": []object{{"id": "EU-RO-1", "availability": stock}, {"id": "US-KS-2", "availability": "NONE"}}}
	}
	s.Say(w, http.StatusOK, object{"gpus": []object{gpu("NVIDIA H100 80GB HBM3", hourly, 0, perPod, "LOW"),
		gpu("NVIDIA B200", 5.98, 0, perPod, "NONE"),
		gpu("NVIDIA L4", .39, .35, 4, "HIGH")}})
}

// graphql answers the one question that only it answers: what is left, and what an hour costs.
func (s *server) graphql(w http.ResponseWriter, _ *http.Request) {
	burn := hourly * perPod * float64(len(s.truth.Machines))
	left := balance - burn*s.Clock.Now().Sub(s.since.Add(9*24*time.Hour)).Hours()
	s.Say(w, http.StatusOK, object{"data": object{"myself": object{"clientBalance": left, "currentSpendPerHr": burn}}})
}
