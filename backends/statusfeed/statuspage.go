package statusfeed

import (
	"context"
	"slices"
	"strings"

	"pitwall/backends/internal/aside"
	"pitwall/fleet"
)

// The pages of Statuspage v2; incident.io serves the same paths.
const (
	summaryPath    = "/api/v2/summary.json"
	componentsPath = "/api/v2/components.json" // all components: the summary of incident.io leaves some out
)

type wireSummary struct {
	Page *struct {
		Name    string `json:"name"`
		Updated string `json:"updated_at"`
	} `json:"page"`
	Components  *[]wireComponent `json:"components"`
	Incidents   *[]wireIncident  `json:"incidents"`
	Maintenance []wireIncident   `json:"scheduled_maintenances"`
}

type wireComponent struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Group  string `json:"group_id"`
}

type wireIncident struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Status     string          `json:"status"`
	Impact     string          `json:"impact"`
	Created    string          `json:"created_at"`
	Started    string          `json:"started_at"`
	Updated    string          `json:"updated_at"`
	Planned    string          `json:"scheduled_for"`
	Link       string          `json:"shortlink"`
	Components []wireComponent `json:"components"`
	Updates    []struct {
		Affected []struct {
			Code string `json:"code"`
			Name string `json:"name"`
		} `json:"affected_components"`
	} `json:"incident_updates"`
}

// The words of Statuspage for how a component does, how bad an incident is, and how far maintenance is.
var (
	componentImpact = map[string]fleet.Impact{"operational": fleet.ImpactNone, "under_maintenance": fleet.ImpactMaintenance,
		"degraded_performance": fleet.ImpactDegraded, "partial_outage": fleet.ImpactDisrupted, "major_outage": fleet.ImpactOutage}
	incidentImpact = map[string]fleet.Impact{"none": fleet.ImpactNone, "maintenance": fleet.ImpactMaintenance,
		"minor": fleet.ImpactDegraded, "major": fleet.ImpactDisrupted, "critical": fleet.ImpactOutage}
	maintenanceImpact = map[string]fleet.Impact{"scheduled": fleet.ImpactPlanned, "in_progress": fleet.ImpactMaintenance,
		"verifying": fleet.ImpactMaintenance}
	over = []string{"resolved", "postmortem", "completed"}
)

// statuspage reads a summary. The indicator of the page is left alone: it speaks of all products together.
func statuspage(ctx context.Context, r *reader, body []byte) (*fleet.StatusReading, error) {
	var page wireSummary
	if err := r.json(body, &page); err != nil {
		return nil, err
	}
	if page.Page == nil || page.Components == nil || page.Incidents == nil {
		r.forget()
		return nil, r.unread("the answer is no summary of a status page")
	}
	s := &fleet.StatusReading{Page: fleet.Label(page.Page.Name), Changed: moment(page.Page.Updated)}
	all := *page.Components
	if len(r.watch.missing(all)) > 0 {
		all = r.allComponents(ctx, all)
	}
	s.Missing = r.watch.missing(all)
	watched := r.watch.states(s, all)
	for i := range *page.Incidents {
		r.watch.published(s, &(*page.Incidents)[i], watched, incidentImpact, (*page.Incidents)[i].Impact)
	}
	for i := range page.Maintenance {
		r.watch.published(s, &page.Maintenance[i], watched, maintenanceImpact, page.Maintenance[i].Status)
	}
	return s, nil
}

// published takes an incident or maintenance that is not over.
func (w watch) published(s *fleet.StatusReading, i *wireIncident, watched map[string]bool, scale map[string]fleet.Impact, word string) {
	if !slices.Contains(over, strings.ToLower(i.Status)) {
		w.add(s, i.incident(impactOf(scale, word)), i.touches(watched))
	}
}

// allComponents asks for what the summary leaves out; without an answer what it has stands.
func (r *reader) allComponents(ctx context.Context, have []wireComponent) []wireComponent {
	if r.client == nil {
		return have
	}
	ctx, cancel := aside.Half(ctx)
	defer cancel()
	got, err := r.get(ctx, componentsPath)
	if err != nil {
		return have
	}
	var page struct {
		Components []wireComponent `json:"components"`
	}
	if r.json(got.body, &page) != nil || len(page.Components) == 0 {
		return have
	}
	return page.Components
}

// missing lists what is watched and not on the page.
func (w watch) missing(all []wireComponent) []string {
	var list []string
	for _, name := range w.components {
		if !slices.ContainsFunc(all, func(c wireComponent) bool { return holds(c.Name, name) }) {
			list = append(list, name)
		}
	}
	return list
}

// states keeps the states of what is watched, by its own name or by that of its group, and gives their ids. Where
// nothing is named, those count that do not do well.
func (w watch) states(s *fleet.StatusReading, all []wireComponent) map[string]bool {
	groups := map[string]string{}
	for _, c := range all {
		groups[c.ID] = c.Name
	}
	watched := map[string]bool{}
	for _, c := range all {
		if !w.names(c.Name, groups[c.Group]) {
			continue
		}
		watched[c.ID] = true
		state := fleet.ComponentState{Name: c.Name, Said: c.Status, Impact: impactOf(componentImpact, c.Status)}
		if len(w.components) > 0 || state.Impact.Hurts() {
			s.Components = append(s.Components, state)
		}
	}
	return watched
}

// touches tells whether one of its components is among the watched.
func (i *wireIncident) touches(watched map[string]bool) bool {
	for _, c := range i.Components {
		if watched[c.ID] && c.ID != "" {
			return true
		}
	}
	for _, u := range i.Updates {
		for _, c := range u.Affected {
			if watched[c.Code] && c.Code != "" {
				return true
			}
		}
	}
	return false
}

func (i *wireIncident) incident(impact fleet.Impact) fleet.Incident {
	in := fleet.Incident{ID: i.ID, Title: i.Name, Impact: impact, Said: says(i.Impact, i.Status), Link: fleet.Label(i.Link),
		Since: moment(i.Planned, i.Started, i.Created), Updated: moment(i.Updated)}
	name := func(n string) {
		if n != "" && !slices.Contains(in.Components, n) {
			in.Components = append(in.Components, n)
		}
	}
	for _, c := range i.Components {
		name(c.Name)
	}
	for _, u := range i.Updates {
		for _, c := range u.Affected {
			name(c.Name)
		}
	}
	return in
}
