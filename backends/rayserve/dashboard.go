package rayserve

import (
	"context"
	"slices"
	"strings"
	"time"

	"pitwall/backends/internal/aside"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// dashboardEvery is how often the dashboard is asked: its answer is long, and its controller one process for all.
const dashboardEvery = 15 * time.Second

// toldFor is for how long its answer counts as the present: after three questions without one the page knows more.
const toldFor = 3 * dashboardEvery

// dashboard is the REST interface of the head node, which knows the state of all applications.
type dashboard struct {
	client *httpx.Client
	fact   aside.Fact[told]
}

// told is one answer of the dashboard, and when it came.
type told struct {
	list []application
	at   time.Time
}

func newDashboard(spec fleet.SourceSpec, address string, deps fleet.Deps) (*dashboard, error) {
	client, err := httpx.New(httpx.For(spec, address, deps))
	if err != nil {
		return nil, err
	}
	return &dashboard{client: client}, nil
}

// applications returns what the dashboard said last, and nothing once it has not answered for long.
func (d *dashboard) applications(ctx context.Context, now time.Time) []application {
	last := d.fact.Get(ctx, now, dashboardEvery, func(ctx context.Context) (told, bool) {
		list, ok := d.ask(ctx)
		return told{list, now}, ok
	})
	if now.Sub(last.at) >= toldFor {
		return nil
	}
	return last.list
}

func (d *dashboard) ask(ctx context.Context) ([]application, bool) {
	var answer struct {
		Applications map[string]struct {
			Status      string `json:"status"`
			Deployments map[string]struct {
				Replicas []struct {
					State string `json:"state"`
				} `json:"replicas"`
			} `json:"deployments"`
		} `json:"applications"`
	}
	if !aside.JSON(ctx, d.client, "/api/serve/applications/", &answer) {
		return nil, false
	}
	var list []application
	for name, a := range answer.Applications {
		out := application{name: name, status: a.Status}
		for of, dep := range a.Deployments {
			for _, r := range dep.Replicas {
				healthy := 0
				if r.State == running {
					healthy = 1
				}
				out.add(of, 1, healthy)
			}
		}
		slices.SortFunc(out.deployments, func(a, b deployment) int { return strings.Compare(a.name, b.name) })
		list = append(list, out)
	}
	slices.SortFunc(list, func(a, b application) int { return strings.Compare(a.name, b.name) })
	return list, true
}
