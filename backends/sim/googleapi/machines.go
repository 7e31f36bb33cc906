package googleapi

import (
	"fmt"
	"net/http"
	"time"

	"pitwall/backends/sim/account"
)

// What the project rents: one type, on demand. A page of machines is small, so that a small fleet has two.
const (
	machineType  = "a3-highgpu-8g"
	region       = "us-east1"
	zone         = region + "-b"
	machinePrice = 88.49 // of an hour
	pageMachines = 1
)

const computeAt = "https://www.googleapis.com/compute/v1/projects/" + project + "/"

// instances lists the machines by zone; of a zone without any it says so.
func (s *Server) instances(w http.ResponseWriter, r *http.Request) {
	first := 0
	if text := r.URL.Query().Get("pageToken"); text != "" {
		if _, err := fmt.Sscanf(text, "machines-%d", &first); err != nil || first < 1 {
			refuse(w, http.StatusBadRequest, "INVALID_ARGUMENT", "invalid", "Invalid value for field 'pageToken'.")
			return
		}
	}
	all := s.truth.Machines
	first = min(first, len(all))
	last := min(first+pageMachines, len(all))
	list := []object{}
	for _, m := range all[first:last] {
		status, resource := standing(&m)
		list = append(list, object{"kind": "compute#instance", "id": digits(m.ID), "name": m.Name, "status": status, "resourceStatus": resource,
			"machineType": computeAt + "zones/" + zone + "/machineTypes/" + machineType, "zone": computeAt + "zones/" + zone,
			"creationTimestamp": "2026-09-01T01:00:00.000-07:00", "lastStartTimestamp": "2026-09-01T01:00:09.000-07:00",
			"guestAccelerators": []object{{"acceleratorType": computeAt + "zones/" + zone + "/acceleratorTypes/nvidia-h100-80gb",
				"acceleratorCount": 8}},
			"scheduling": object{"provisioningModel": "STANDARD", "preemptible": false,
				"onHostMaintenance": "TERMINATE", "automaticRestart": true},
			"networkInterfaces": []object{{"networkIP": m.Address, "name": "nic0"}}})
	}
	items := object{"zones/us-west1-a": object{"warning": object{"code": "NO_RESULTS_ON_PAGE",
		"message": "There are no results for scope 'zones/us-west1-a' on this page."}}}
	if len(list) > 0 {
		items["zones/"+zone] = object{"instances": list}
	}
	body := object{"kind": "compute#instanceAggregatedList", "id": "projects/" + project + "/aggregated/instances", "items": items}
	if last < len(all) {
		body["nextPageToken"] = fmt.Sprintf("machines-%d", last)
	}
	answer(w, body)
}

// standing is whether a machine runs, and the maintenance that is announced of it, which ends it.
func standing(m *account.Machine) (status string, resource object) {
	at, gone := m.Leaves()
	if gone {
		return "TERMINATED", object{}
	}
	if at.IsZero() {
		return "RUNNING", object{}
	}
	return "RUNNING", object{"upcomingMaintenance": object{"type": "UNSCHEDULED", "maintenanceStatus": "PENDING", "canReschedule": false,
		"windowStartTime": at.UTC().Format(time.RFC3339), "windowEndTime": at.UTC().Add(4 * time.Hour).Format(time.RFC3339),
		"latestWindowStartTime": at.UTC().Format(time.RFC3339)}}
}

// digits are a number for an id: Google's ids are numbers.
func digits(id string) string {
	n := uint64(1)
	for _, c := range id {
		n = n*31 + uint64(c)
	}
	return fmt.Sprint(n)
}
