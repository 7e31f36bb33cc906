package statusfeed

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"pitwall/fleet"
)

type wireEndpoints struct {
	Data *struct {
		ID        string          `json:"id"`
		Name      string          `json:"name"`
		Endpoints *[]wireEndpoint `json:"endpoints"`
	} `json:"data"`
}

type wireEndpoint struct {
	Provider string   `json:"provider_name"`
	Uptime5  *float64 `json:"uptime_last_5m"`
	Uptime30 *float64 `json:"uptime_last_30m"`
}

// Uptimes below which an endpoint counts as degraded, disrupted and out, in percent of the requests that others sent.
const (
	uptimeGood = 99
	uptimePoor = 95
	uptimeGone = 50
)

// openRouter reads how many of the requests that OpenRouter sent each provider of a model were answered: a measurement of
// others, which does not depend on what a vendor publishes. A provider without a figure is unknown and is left out.
func openRouter(_ context.Context, r *reader, body []byte) (*fleet.StatusReading, error) {
	var page wireEndpoints
	if err := r.json(body, &page); err != nil {
		return nil, err
	}
	if page.Data == nil || page.Data.Endpoints == nil {
		return nil, r.unread("the answer is no list of endpoints of a model")
	}
	s := &fleet.StatusReading{Page: fleet.Concat(fleet.Text("OpenRouter "), fleet.Label(page.Data.ID))}
	seen := map[string]bool{}
	for _, e := range *page.Data.Endpoints {
		if !r.watch.names(e.Provider) {
			continue
		}
		value, window := e.Uptime5, "5m"
		if value == nil {
			value, window = e.Uptime30, "30m"
		}
		if value == nil || !(*value >= 0 && *value <= 100) {
			continue
		}
		seen[e.Provider] = true
		s.Components = append(s.Components, fleet.ComponentState{Name: e.Provider, Impact: ofUptime(*value),
			Said: fmt.Sprintf("uptime %s%% in %s", strconv.FormatFloat(*value, 'f', 1, 64), window)})
	}
	for _, name := range r.watch.components {
		found := false
		for p := range seen {
			found = found || holds(p, name)
		}
		if !found {
			s.Missing = append(s.Missing, name)
		}
	}
	return s, nil
}

func ofUptime(percent float64) fleet.Impact {
	switch {
	case percent < uptimeGone:
		return fleet.ImpactOutage
	case percent < uptimePoor:
		return fleet.ImpactDisrupted
	case percent < uptimeGood:
		return fleet.ImpactDegraded
	}
	return fleet.ImpactNone
}

// scalar is a value that feeds write as text or as a number.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

// seconds is a time in seconds since 1970.
func seconds(v any) fleet.Maybe[time.Time] {
	n, err := strconv.ParseInt(scalar(v), 10, 64)
	if err != nil || n <= 0 || n > 1<<33 {
		return fleet.None[time.Time]()
	}
	return fleet.Some(time.Unix(n, 0).UTC())
}
