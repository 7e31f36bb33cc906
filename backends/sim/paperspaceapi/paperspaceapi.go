// Package paperspaceapi is a simulated account of Paperspace: its machines in pages, without a price, in the format of the real one. It
// must not import any adapter.
package paperspaceapi

import (
	"net/http"
	"slices"
	"time"

	"pitwall/backends/sim/account"
	"pitwall/fleet"
)

// KeyName is the credential of the account, which opens nothing but the simulation.
const (
	KeyName = "PITWALL_SIM_PAPERSPACE"
	key     = "simulated-key-of-paperspace"
)

// largest is the greatest page. The real one has 120; a small fleet shall need a second one.
const largest = 2

// System is the account for the registry.
var System = account.System{Name: "paperspace", New: func(t account.Truth) (http.Handler, error) { return New(t), nil }, Sources: sources,
	Secrets: map[string]string{KeyName: key}}

func sources(at account.Endpoint) ([]fleet.SourceSpec, []fleet.AccountSpec, error) {
	return account.Rents(at, "paperspace", "", KeyName, 2*time.Minute, map[string]string{"prices": "H100x8=47.60"})
}

type server struct {
	*account.Bearer
	truth account.Truth
	since time.Time
}

type object = map[string]any

// New serves an account.
func New(t account.Truth) http.Handler {
	s := &server{truth: t, since: t.Clock.Now().Add(-20 * 24 * time.Hour).UTC(), Bearer: &account.Bearer{Clock: t.Clock, Key: key,
		Mux: http.NewServeMux(), Refuse: refusal, Limit: &account.Limit{Clock: t.Clock, Burst: 20, PerSecond: 1}}}
	s.Mux.HandleFunc("GET /v1/machines", s.machines)
	return s
}

func refusal(status int) any { return object{"message": http.StatusText(status), "status": status} }

// machines are in order of their ids; a page begins after the id that it is asked for. One that does not answer has failed.
func (s *server) machines(w http.ResponseWriter, r *http.Request) {
	list := slices.Clone(s.truth.Machines)
	if after := r.URL.Query().Get("after"); after != "" {
		at := slices.IndexFunc(list, func(m account.Machine) bool { return m.ID == after })
		if at < 0 {
			s.Say(w, http.StatusBadRequest, refusal(http.StatusBadRequest))
			return
		}
		list = list[at+1:]
	}
	page, more := account.Page(list, 1, largest)
	items := []object{}
	for _, m := range page {
		state := "ready"
		if m.Ready != nil && !m.Ready() {
			state = "failed"
		}
		if _, gone := m.Leaves(); gone {
			state = "off"
		}
		items = append(items, object{"id": m.ID, "name": m.Name, "state": state, "machineType": "H100x8", "region": "East Coast (NY2)",
			"privateIp": m.Address, "publicIp": nil, "dtCreated": s.since.Format(time.RFC3339)})
	}
	body := object{"items": items, "hasMore": more}
	if more {
		body["nextPage"] = page[len(page)-1].ID
	}
	s.Say(w, http.StatusOK, body)
}
