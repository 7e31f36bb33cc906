package openaicosts

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"pitwall/backends/internal/bills"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

// Limits of projects are a call each: they are asked of those that are charged, once an hour.
const (
	projectsEvery = time.Hour
	mostProjects  = 16
)

// kept are the limits of projects as they were last told.
type kept struct {
	at      time.Time
	limits  []fleet.SpendLimit
	notices []fleet.Notice
}

// projects are the limits of the projects that lines name.
func (r *reader) projects(ctx context.Context, now time.Time, lines []fleet.BillLine, odd *bills.Odd) ([]fleet.SpendLimit, []fleet.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.kept.at.IsZero() && now.Sub(r.kept.at) < projectsEvery {
		return r.kept.limits, r.kept.notices
	}
	names := map[string]bool{}
	for i := range lines {
		if p := lines[i].Project; p != "" {
			names[p] = true
		}
	}
	list := slices.Sorted(maps.Keys(names))
	if len(list) > mostProjects {
		list = list[:mostProjects]
		odd.Say(fleet.Concat(fleet.Text("spend limits of more than "), fleet.Many(mostProjects, "project"), fleet.Text(" are not asked for")))
	}
	found := kept{at: now}
	for _, id := range list {
		l, err := r.limit(ctx, "/organization/projects/"+url.PathEscape(id)+"/spend_limit",
			fleet.Concat(fleet.Text("project "), fleet.Quote(id)), odd)
		found.limits = append(found.limits, l...)
		if err != nil {
			found.notices = []fleet.Notice{rented.Without(fleet.Text("spend limits of projects"), err)}
			break // the others would be refused likewise
		}
	}
	r.kept = found
	return found.limits, found.notices
}

// limit is a hard limit. Where there is none there is nothing to read.
func (r *reader) limit(ctx context.Context, path string, of fleet.Safe, odd *bills.Odd) ([]fleet.SpendLimit, error) {
	reply, err := r.client.Get(ctx, path, nil)
	if fleet.KindOf(err) == fleet.KindNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var t threshold
	if err := reply.JSON(&t); err != nil || !t.Cents.OK && !t.Cents.Odd {
		return nil, err
	}
	return []fleet.SpendLimit{t.limit(of, true, odd)}, nil
}
