// Package promalerts decodes what the Prometheus family says of its alerts (GET /api/v1/alerts): those that fire and
// those that wait. It must not ask anything itself, and knows nothing of silences, which such servers do not have.
package promalerts

import (
	"encoding/json"
	"errors"
	"time"

	"pitwall/fleet"
)

// Path is the endpoint (prometheus v3.14.0 web/api/v1/api.go). A server without rules answers an empty list; a
// VictoriaMetrics without a proxy to vmalert answers 400.
const Path = "/api/v1/alerts"

// most is how many alerts are kept.
const most = 5_000

// Decode reads the body of an answer. What is no answer of that endpoint is KindInvalid.
func Decode(body []byte) (*fleet.AlertsReading, []fleet.Notice, error) {
	var answer struct {
		Status string `json:"status"`
		Data   *struct {
			Alerts []struct {
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
				State       string            `json:"state"`
				ActiveAt    string            `json:"activeAt"`
			} `json:"alerts"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Status != "success" || answer.Data == nil {
		return nil, nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + Path, Err: errors.New("the answer is no list of alerts"),
			Next: "nothing of it was used"}
	}
	out := &fleet.AlertsReading{}
	for _, a := range answer.Data.Alerts {
		if len(a.Labels) == 0 || a.State != "firing" && a.State != "pending" {
			continue // an inactive one is not wrong now
		}
		alert := fleet.OutsideAlert{Labels: a.Labels, Annotations: a.Annotations, Pending: a.State == "pending"}
		if since, err := time.Parse(time.RFC3339, a.ActiveAt); err == nil {
			alert.Since = since.UTC()
		}
		out.Alerts = append(out.Alerts, alert)
	}
	if n := len(out.Alerts); n > most {
		out.Alerts = out.Alerts[:most]
		return out, []fleet.Notice{{Level: fleet.LevelWarn,
			Text: fleet.Textf("%s, of which %s are kept", fleet.Many(n, "alert"), fleet.Int(most))}}, nil
	}
	return out, nil, nil
}
