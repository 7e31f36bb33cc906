package vertexusage

import (
	"encoding/json"
	"strconv"
	"time"

	"pitwall/backends/internal/billing"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// seconds is a duration as Google's APIs take it.
func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

// isEmpty tells an answer without any series from one that is of something else: Google leaves out what is empty, but for the
// unit of what it would be.
func (r *reader) isEmpty(reply *httpx.Reply) bool {
	var page map[string]json.RawMessage
	if reply.JSON(&page) != nil {
		return false
	}
	for name := range page {
		if name != "unit" && name != "nextPageToken" && name != "executionErrors" {
			return false
		}
	}
	return true
}

// isPart tells an answer that says of itself that it is not whole.
func isPart(reply *httpx.Reply) bool {
	var page struct {
		Errors []json.RawMessage `json:"executionErrors"`
	}
	return reply.JSON(&page) == nil && len(page.Errors) > 0
}

// series is one series of points.
type series struct {
	Metric struct {
		Labels map[string]string `json:"labels"`
	} `json:"metric"`
	Resource struct {
		Labels map[string]string `json:"labels"`
	} `json:"resource"`
	Points []struct {
		Interval struct {
			Start time.Time `json:"startTime"`
			End   time.Time `json:"endTime"`
		} `json:"interval"`
		Value struct {
			Int json.RawMessage `json:"int64Value"` // a text
		} `json:"value"`
	} `json:"points"`
}

// add adds the points of some series of one metric.
func (r *reader) add(name string, items []json.RawMessage, into *billing.Hours) error {
	for _, item := range items {
		var s series
		if json.Unmarshal(item, &s) != nil {
			return r.unread("a series cannot be read")
		}
		row := s.row(name)
		for _, p := range s.Points {
			n, ok := billing.ExactJSON(p.Value.Int)
			if !ok || !n.IsInteger() || n.IsNegative() || !p.Interval.Start.Before(p.Interval.End) {
				return r.unread("a point is no count, or of no time")
			}
			into.Add(row, fleet.Span{From: p.Interval.Start, To: p.Interval.End}, n)
		}
	}
	return nil
}

// row says what a series is of. Models that others than Google made are told apart by their names.
func (s *series) row(name string) billing.Row {
	of := s.Resource.Labels
	row := billing.Row{Model: fleet.ModelName(of["model_user_id"]), Region: of["location"], Project: of["resource_container"],
		Tier: s.Metric.Labels["request_type"], Use: fleet.UseRequests}
	if row.Tier == "shared" { // what is paid by the token
		row.Tier = ""
	}
	if name != "token_count" {
		return row
	}
	switch kind := s.Metric.Labels["type"]; kind {
	case "input":
		row.Use = fleet.UseInput
	case "output":
		row.Use = fleet.UseOutput
	default:
		row.Use, row.Unit = fleet.UseUnknown, fleet.Concat(fleet.Text("tokens: "), fleet.Quote(kind))
	}
	return row
}
