// Package digitaloceanapi is a simulated account of DigitalOcean: GPU Droplets in pages, sizes and the balance, in the format of the
// real one. It must not import any adapter.
package digitaloceanapi

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// KeyName is the credential of the account, which opens nothing but the simulation.
const (
	KeyName = "PITWALL_SIM_DIGITALOCEAN"
	key     = "simulated-token-of-digitalocean"
)

// largest is the greatest page. The real one has 200; a small fleet shall need a second one.
const largest = 2

// System is the account for the registry.
var System = account.System{Name: "digitalocean", New: func(t account.Truth) (http.Handler, error) { return New(t), nil }, Sources: sources,
	Secrets: map[string]string{KeyName: key}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return account.Rents(at, "digitalocean", "", KeyName, 2*time.Minute, nil)
}

type server struct {
	*account.Bearer
	truth account.Truth
	since time.Time
}

type object = map[string]any

// New serves an account.
func New(t account.Truth) http.Handler {
	s := &server{truth: t, since: t.Clock.Now().Add(-30 * 24 * time.Hour).UTC(), Bearer: &account.Bearer{Clock: t.Clock, Key: key,
		Mux: http.NewServeMux(), Refuse: refusal, Limit: &account.Limit{Clock: t.Clock, Burst: 250, PerSecond: 5000. / 3600}}}
	s.Mux.HandleFunc("GET /v2/droplets", s.droplets)
	s.Mux.HandleFunc("GET /v2/sizes", s.sizes)
	s.Mux.HandleFunc("GET /v2/customers/my/balance", s.balance)
	return s
}

func refusal(status int) any {
	id := map[int]string{http.StatusUnauthorized: "Unauthorized", http.StatusTooManyRequests: "too_many_requests",
		http.StatusNotFound: "not_found"}[status]
	return object{"id": id, "message": map[int]string{http.StatusUnauthorized: "Unable to authenticate you",
		http.StatusTooManyRequests: "API rate limit exceeded.",
		http.StatusNotFound:        "The resource you were accessing could not be found."}[status]}
}

func gpuSize(slug string, hourly float64, model string, count int, regions ...string) object {
	return object{"slug": slug, "price_hourly": hourly, "price_monthly": hourly * 744, "available": len(regions) > 0,
		"regions":  append([]string{}, regions...),
		"gpu_info": object{"count": count, "model": model, "vram": object{"amount": 80, "unit": "gib"}}}
}

var sizes = []object{
	{"slug": "s-1vcpu-1gb", "price_hourly": .00893, "available": true, "regions": []string{"ams3"}},
	gpuSize("gpu-h100x8-640gb", 23.92, "nvidia_h100", 8, "ams3", "tor1"),
	gpuSize("gpu-h100x1-80gb", 3.39, "nvidia_h100", 1, "tor1"),
}

// paged answers with one page of a list, and the address of the next one.
func paged(s *server, w http.ResponseWriter, r *http.Request, name string, list []object) {
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		number = 1
	}
	size, err := strconv.Atoi(r.URL.Query().Get("per_page"))
	if err != nil || size > largest {
		size = largest
	}
	page, more := account.Page(list, number, size)
	pages := object{}
	if more {
		pages["next"] = fmt.Sprintf("http://%s%s?page=%d&per_page=%d", r.Host, r.URL.Path, number+1, size)
	}
	s.Say(w, http.StatusOK, object{name: append([]object{}, page...), "links": object{"pages": pages}, "meta": object{"total": len(list)}})
}

// droplets are the account's machines. It does not see whether one answers: a Droplet is on or off.
func (s *server) droplets(w http.ResponseWriter, r *http.Request) {
	list := []object{}
	for i, m := range s.truth.Machines {
		status := "active"
		if _, gone := m.Leaves(); gone {
			status = "off"
		}
		list = append(list, object{"id": 3164000 + i, "name": m.Name, "status": status, "created_at": s.since.Format(time.RFC3339),
			"size": sizes[1], "size_slug": sizes[1]["slug"], "region": object{"slug": "ams3"},
			"networks": object{"v4": []object{{"ip_address": m.Address, "type": "private"}}}})
	}
	paged(s, w, r, "droplets", list)
}

func (s *server) sizes(w http.ResponseWriter, r *http.Request) { paged(s, w, r, "sizes", sizes) }

// balance are texts; below zero is a credit.
func (s *server) balance(w http.ResponseWriter, _ *http.Request) {
	s.Say(w, http.StatusOK, object{"month_to_date_balance": "-1250.75", "account_balance": "-1500.00", "month_to_date_usage": "249.25",
		"generated_at": s.Clock.Now().UTC().Format(time.RFC3339)})
}
