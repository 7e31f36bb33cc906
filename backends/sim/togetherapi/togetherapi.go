// Package togetherapi is a simulated account of Together AI: one dedicated endpoint, a GPU cluster and the prices of hardware, in the
// format of the real one. It tells no spending, as the real one does not. It must not import any adapter.
package togetherapi

import (
	"net/http"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// KeyName is the credential of the account, which opens nothing but the simulation.
const (
	KeyName = "PITWALL_SIM_TOGETHER"
	key     = "simulated-key-of-together"
)

// The dedicated endpoint and its hardware.
const (
	endpointID = "endpoint-5c0e0a7e-0000-4000-8000-000000000001"
	hardwareID = "4x_nvidia_h100_80gb_sxm"
	centsEach  = 22.5 // for a minute of the hardware
)

// System is the account for the registry.
var System = account.System{Name: "together", New: func(t account.Truth) (http.Handler, error) { return New(t), nil }, Sources: sources,
	Secrets: map[string]string{KeyName: key}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	one := func(kind string, every time.Duration, about fleet.Subject) fleet.SourceSpec {
		return fleet.SourceSpec{ID: fleet.SourceID(kind), Kind: kind, URL: at.URL + "/v1", Interval: every, Timeout: 20 * time.Second,
			Auth: fleet.SecretRef{Env: KeyName}, Subject: about}
	}
	list := []fleet.SourceSpec{one("together-costs", 5*time.Minute, fleet.Subject{About: fleet.AboutBill, Provider: at.Provider})}
	if at.Site == "" {
		return list, nil, nil
	}
	return append(list, one("together-compute", time.Minute, fleet.Subject{Account: "together"})),
		[]fleet.AccountSpec{{ID: "together", Kind: "together-compute", Site: at.Site}}, nil
}

type server struct {
	*account.Bearer
	truth account.Truth
	since time.Time
}

type object = map[string]any

// New serves an account.
func New(t account.Truth) http.Handler {
	s := &server{truth: t, since: t.Clock.Now().Add(-5 * 24 * time.Hour).UTC(), Bearer: &account.Bearer{Clock: t.Clock, Key: key,
		Mux: http.NewServeMux(), Refuse: refusal, Limit: &account.Limit{Clock: t.Clock, Burst: 60, PerSecond: 10}}}
	s.Mux.HandleFunc("GET /v1/endpoints", s.endpoints)
	s.Mux.HandleFunc("GET /v1/endpoints/"+endpointID, s.endpoint)
	s.Mux.HandleFunc("GET /v1/hardware", s.hardware)
	s.Mux.HandleFunc("GET /v1/compute/clusters", s.clusters)
	s.Mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { s.Say(w, http.StatusOK, []object{}) })
	return s
}

func refusal(status int) any {
	kind := map[int]string{http.StatusUnauthorized: "invalid_request_error", http.StatusTooManyRequests: "rate_limit"}[status]
	return object{"error": object{"message": http.StatusText(status), "type": kind, "param": nil, "code": nil}}
}

func (s *server) listed() object {
	return object{"object": "endpoint", "id": endpointID, "name": "pitwall/llama-70b-1", "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
		"type": "dedicated", "owner": "pitwall", "state": "STARTED", "created_at": s.since.Format(time.RFC3339)}
}

// endpoints are the dedicated ones; none of them is reserved.
func (s *server) endpoints(w http.ResponseWriter, r *http.Request) {
	list := []object{}
	if r.URL.Query().Get("usage_type") != "reserved" {
		list = append(list, s.listed())
	}
	s.Say(w, http.StatusOK, object{"object": "list", "data": list})
}

func (s *server) endpoint(w http.ResponseWriter, _ *http.Request) {
	e := s.listed()
	e["hardware"], e["autoscaling"] = hardwareID, object{"min_replicas": 1, "max_replicas": 1}
	s.Say(w, http.StatusOK, e)
}

func (s *server) hardware(w http.ResponseWriter, _ *http.Request) {
	s.Say(w, http.StatusOK, object{"object": "list", "data": []object{{"object": "hardware", "id": hardwareID,
		"pricing":      object{"cents_per_minute": centsEach},
		"specs":        object{"gpu_type": "h100-80gb", "gpu_link": "sxm", "gpu_memory": 80, "gpu_count": 4},
		"availability": object{"status": "available"}}}})
}

// clusters has the account's machines as workers of one cluster, which is degraded while one does not answer.
func (s *server) clusters(w http.ResponseWriter, _ *http.Request) {
	status, workers := "Ready", []object{}
	for _, m := range s.truth.Machines {
		if _, gone := m.Leaves(); gone {
			status = "Degraded"
			continue
		}
		said := "Running"
		if m.Ready != nil && !m.Ready() {
			status, said = "Degraded", "NotReady"
		}
		workers = append(workers, object{"node_id": m.ID, "node_name": m.Name, "host_name": m.Name, "status": said, "num_gpus": 8})
	}
	s.Say(w, http.StatusOK, object{"clusters": []object{{"cluster_id": "cluster-1", "cluster_name": "code", "region": "eu-west",
		"gpu_type": "H100_SXM",
		"status":   status, "num_gpus": 8 * len(workers), "reservation_end_time": s.since.AddDate(0, 3, 0).Format(time.RFC3339),
		"created_at": s.since.Format(time.RFC3339), "gpu_worker_nodes": workers, "kube_config": "simulated-kubeconfig-that-nobody-may-keep"}}})
}
