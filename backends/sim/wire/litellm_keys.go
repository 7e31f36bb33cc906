package wire

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"pitwall/backends/sim/world"
)

// keys is GET /key/list: hashes, or with return_full_object everything but the keys themselves.
func (x *gateway) keys(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	specs := slices.DeleteFunc(slices.Clone(x.o.World.Spec.Keys), func(k world.KeySpec) bool {
		return q.Get("team_id") != "" && q.Get("team_id") != k.Team || q.Get("key_alias") != "" && q.Get("key_alias") != k.Alias
	})
	page, size := pageOf(q.Get("page"), q.Get("size"), 10, 100)
	list := []any{}
	for i := (page - 1) * size; i < len(specs) && i < page*size; i++ {
		if q.Get("return_full_object") != "true" {
			list = append(list, specs[i].Hash)
			continue
		}
		list = append(list, x.keyObject(&specs[i]))
	}
	respond(w, http.StatusOK, object{"keys": list, "total_count": len(specs), "current_page": page,
		"total_pages": (len(specs) + size - 1) / size})
}

func pageOf(page, size string, usual, most int) (number, each int) {
	number, _ = strconv.Atoi(page) // what is no number is the first page
	if each, _ = strconv.Atoi(size); each <= 0 {
		each = usual
	}
	return max(number, 1), min(each, most)
}

func (x *gateway) keyObject(k *world.KeySpec) object {
	spec := x.o.World.Spec
	routes := []string{}
	for route := range k.Shares {
		routes = append(routes, route)
	}
	slices.Sort(routes)
	return object{"token": k.Hash, "key_name": "sk-..." + k.Hash[len(k.Hash)-4:], "key_alias": k.Alias, "team_id": k.Team, "user_id": k.User,
		"spend": x.spentBy(func(o *world.KeySpec) bool { return o.Alias == k.Alias }), "max_budget": budget(k.Budget),
		"budget_duration": duration(k.Budget), "budget_reset_at": x.reset(k.Budget), "models": routes, "blocked": nil,
		"tpm_limit": nil, "rpm_limit": nil, "expires": nil, "metadata": object{},
		"created_at": spec.Start.Add(-40 * 24 * time.Hour).Format(time.RFC3339)}
}

// teams is GET /team/list.
func (x *gateway) teams(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	seen := map[string]bool{}
	for i := range x.o.World.Spec.Keys {
		k := &x.o.World.Spec.Keys[i]
		if seen[k.Team] {
			continue
		}
		seen[k.Team] = true
		var keys []object
		sum := 0.0
		for j := range x.o.World.Spec.Keys {
			if other := &x.o.World.Spec.Keys[j]; other.Team == k.Team {
				keys = append(keys, x.keyObject(other))
				sum += other.Budget
			}
		}
		list = append(list, object{"team_id": k.Team, "team_alias": k.TeamAlias, "spend": x.spentBy(func(o *world.KeySpec) bool {
			return o.Team == k.Team
		}), "max_budget": budget(sum), "budget_duration": duration(sum), "budget_reset_at": x.reset(sum), "models": []string{},
			"blocked": false, "tpm_limit": nil, "rpm_limit": nil, "members_with_roles": []object{}, "keys": keys,
			"created_at": x.o.World.Spec.Start.Add(-40 * 24 * time.Hour).Format(time.RFC3339)})
	}
	respond(w, http.StatusOK, list)
}

// spentBy is what keys spent in this month: their budgets begin anew with it.
func (x *gateway) spentBy(match func(*world.KeySpec) bool) float64 {
	month := monthOf(x.o.Clock.Now())
	sum := 0.0
	for _, s := range x.spent() {
		if s.Key != nil && match(s.Key) && !s.Day.Before(month) {
			sum += s.Spend
		}
	}
	return sum
}

func monthOf(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func budget(v float64) any {
	if v == 0 {
		return nil
	}
	return v
}

func duration(v float64) any {
	if v == 0 {
		return nil
	}
	return "1mo"
}

func (x *gateway) reset(v float64) any {
	if v == 0 {
		return nil
	}
	return monthOf(x.o.Clock.Now()).AddDate(0, 1, 0).Format(time.RFC3339)
}
