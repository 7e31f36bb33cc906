// Package lambdaapi is a simulated account of Lambda Cloud: its instances and types in the format of the real one, with its limit of
// about a call a second. It must not import any adapter.
package lambdaapi

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"pitwall/fleet"
)

// Instance is one that runs.
type Instance struct {
	ID, Name, Address string
	Kind              string
	Status            func() string // nil is "active"
	Reserved          bool
}

// Kind is one instance type.
type Kind struct {
	Name, GPU string
	GPUs      int
	Cents     int      // of the whole instance for an hour
	Free      []string // regions with capacity
}

// Options are what an account has.
type Options struct {
	Clock     fleet.Clock
	Key       string
	Region    string
	Instances []Instance
	Kinds     []Kind
}

type server struct {
	o   Options
	mux *http.ServeMux

	mu    sync.Mutex
	last  time.Time
	spare float64 // calls that may be made at once
}

// burst is how many calls may come at once after a quiet time; the account bears one a second in the long run.
const burst = 5

// New serves an account.
func New(o Options) http.Handler {
	s := &server{o: o, mux: http.NewServeMux(), spare: burst}
	s.mux.HandleFunc("GET /api/v1/instances", s.instances)
	s.mux.HandleFunc("GET /api/v1/instance-types", s.kinds)
	return s
}

type object = map[string]any

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+s.o.Key:
		refuse(w, http.StatusUnauthorized, "global/invalid-api-key", "API key was invalid, expired, or deleted.")
	case !s.may():
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, "global/rate-limited", "Rate limit exceeded.")
	default:
		w.Header().Set("Date", s.o.Clock.Now().UTC().Format(http.TimeFormat))
		s.mux.ServeHTTP(w, r)
	}
}

// may counts calls against the limit.
func (s *server) may() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	if !s.last.IsZero() {
		s.spare = min(burst, s.spare+now.Sub(s.last).Seconds())
	}
	s.last = now
	if s.spare < 1 {
		return false
	}
	s.spare--
	return true
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object{"error": object{"code": code, "message": message, "suggestion": "Check the documentation."}})
}

func (s *server) kind(name string) object {
	for _, k := range s.o.Kinds {
		if k.Name == name {
			return object{"name": k.Name, "description": k.GPU, "gpu_description": k.GPU, "price_cents_per_hour": k.Cents,
				"specs": object{"vcpus": 26 * k.GPUs, "memory_gib": 225 * k.GPUs, "storage_gib": 2816 * k.GPUs, "gpus": k.GPUs}}
		}
	}
	return nil
}

func (s *server) instances(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	for i := range s.o.Instances {
		x := &s.o.Instances[i]
		status := "active"
		if x.Status != nil {
			status = x.Status()
		}
		list = append(list, object{"id": x.ID, "name": x.Name, "ip": x.Address, "private_ip": x.Address, "hostname": x.Name, "status": status,
			"ssh_key_names": []string{"ops"}, "file_system_names": []string{}, "region": object{"name": s.o.Region, "description": s.o.Region},
			"instance_type": s.kind(x.Kind), "is_reserved": x.Reserved, "jupyter_token": "simulated-token",
			"jupyter_url": "https://jupyter.simulated/?token=simulated-token"})
	}
	answer(w, list)
}

func (s *server) kinds(w http.ResponseWriter, _ *http.Request) {
	all := object{}
	for _, k := range s.o.Kinds {
		free := []object{}
		for _, region := range k.Free {
			free = append(free, object{"name": region, "description": region})
		}
		all[k.Name] = object{"instance_type": s.kind(k.Name), "regions_with_capacity_available": free}
	}
	answer(w, all)
}

func answer(w http.ResponseWriter, data any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object{"data": data}) // the client hung up
}
