// Package rayserve reads Ray Serve: the metrics page of one Ray node and, where a source names it, the dashboard of the
// head. It must ask nothing but GET on /metrics of the one and /api/serve/applications/ of the other: the same path of
// the dashboard deploys and deletes by other methods.
package rayserve

import (
	"context"
	"errors"
	"time"

	"pitwall/backends/internal/enginepage"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Connector returns the connector of Ray Serve. A source's URL is the metrics address of one Ray node (--metrics-export-port),
// with or without "/metrics". Its query may name a deployment, of which alone the replicas are then read, and the address
// of the dashboard: "?deployment=LLMServer&dashboard=http://head:8265".
func Connector() fleet.Connector {
	return fleet.Connector{
		Kind:       "rayserve",
		Title:      "Ray Serve",
		Reads:      "requests, failures, latency, queue and health of the applications of one Ray node, or of one deployment",
		Interval:   10 * time.Second,
		NewReader:  newReader,
		NewDecoder: func() fleet.Decoder { return newPages("", nil) },
		Families:   []string{prefix},
		Ports:      []int{8080},
	}
}

type reader struct {
	enginepage.Source
	dashboard *dashboard // nil where none is named
	models    []fleet.ModelName
}

var errTwoWays = errors.New("a dashboard cannot be asked through the pod proxy of a node")

func newReader(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
	_, query := httpx.Root(spec.URL)
	s, _, err := newPages(query.Get("deployment"), spec.Models).Open(spec, deps, "/metrics")
	if err != nil {
		return nil, err
	}
	r := &reader{Source: s, models: spec.Models}
	if address := query.Get("dashboard"); address != "" {
		if deps.Via != "" {
			return nil, &fleet.Error{Kind: fleet.KindInvalid, Op: "use the dashboard", Source: spec.ID, Err: errTwoWays,
				Next: "leave it out of the url; the page of the head node has the same states"}
		}
		r.dashboard, err = newDashboard(spec, address, deps)
	}
	return r, err
}

// newPages reads all applications of a page or, where one is named, the replicas of one deployment.
func newPages(deployment string, models []fleet.ModelName) *enginepage.Pages {
	return enginepage.NewPages(func() enginepage.Decode { return newDecode(deployment, models) })
}

func newDecode(deployment string, models []fleet.ModelName) enginepage.Decode {
	d := enginepage.New("Ray Serve", keysOf(deployment), families())
	return func(body []byte) (fleet.Partial, error) {
		parts, keys, notices, err := d.Decode(body)
		if err != nil {
			return fleet.Partial{}, err
		}
		p := page{parts, keys}
		out := fleet.Partial{Version: p.version(), Notices: notices}
		if deployment == "" {
			out.Engines = p.applications()
		} else {
			out.Engines = p.replicas(deployment)
		}
		judge(&out, p.told(), models)
		return out, nil
	}
}

// Read reads the metrics page, and asks the dashboard where time is left. What the dashboard says of applications is
// newer than the page, which Ray renews every ten seconds.
func (r *reader) Read(ctx context.Context) (fleet.Partial, error) {
	p, _, err := r.Page(ctx, "/metrics")
	if err != nil {
		return fleet.Partial{}, err
	}
	if r.dashboard == nil {
		return p, nil
	}
	if list := r.dashboard.applications(ctx, p.At); list != nil {
		p.Health, p.NotReady = fleet.None[bool](), fleet.Safe{}
		judge(&p, list, r.models)
	}
	return p, nil
}
