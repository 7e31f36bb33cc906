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
	o := object{"token": k.Hash, "key_name": "sk-..." + k.Hash[len(k.Hash)-4:], "key_alias": k.Alias, "team_id": k.Team, "user_id": k.User,
		"models": routes, "expires": nil, "metadata": object{}, "litellm_budget_table": nil,
		"created_at": spec.Start.Add(-40 * 24 * time.Hour).Format(time.RFC3339)}
	x.limits(o, world.HolderRef{ID: k.Hash})
	return o
}

// teams is GET /team/list.
func (x *gateway) teams(w http.ResponseWriter, _ *http.Request) {
	list := []object{}
	seen := map[string]bool{}
	for i := range x.o.World.Spec.Keys {
		if k := &x.o.World.Spec.Keys[i]; !seen[k.Team] {
			seen[k.Team] = true
			list = append(list, x.teamObject(k.Team))
		}
	}
	respond(w, http.StatusOK, list)
}

// teamObject is a team with its keys; nil where there is none.
func (x *gateway) teamObject(id string) object {
	o := object{"team_id": id, "models": []string{}, "members_with_roles": []object{},
		"created_at": x.o.World.Spec.Start.Add(-40 * 24 * time.Hour).Format(time.RFC3339)}
	var keys []object
	for i := range x.o.World.Spec.Keys {
		if k := &x.o.World.Spec.Keys[i]; k.Team == id {
			o["team_alias"] = k.TeamAlias
			keys = append(keys, x.keyObject(k))
		}
	}
	if keys == nil {
		return nil
	}
	o["keys"] = keys
	x.limits(o, world.HolderRef{Team: true, ID: id})
	return o
}

// limits adds what the database has of a key or a team.
func (x *gateway) limits(o object, ref world.HolderRef) {
	row, spent := x.holder(ref)
	o["spend"], o["max_budget"], o["budget_duration"], o["budget_reset_at"] = spent, valueOrNull(row.Budget), nil, nil
	o["blocked"], o["tpm_limit"], o["rpm_limit"] = row.Blocked, valueOrNull(row.TPM), valueOrNull(row.RPM)
	if row.Per != "" {
		o["budget_duration"] = row.Per
	}
	if !row.ResetAt.IsZero() {
		o["budget_reset_at"] = row.ResetAt.UTC().Format(time.RFC3339)
	}
}

func valueOrNull[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// holder is the row of a key or a team, with what it spent in the period of its budget.
func (x *gateway) holder(ref world.HolderRef) (row world.HolderRow, spent float64) {
	x.view(func() {
		if r := x.g.Holder(ref); r != nil {
			spent = x.g.SpentIn(ref, x.o.World.Seconds())
			row = *x.g.Holder(ref)
		}
	})
	if row.Told {
		return row, spent
	}
	return row, x.spentBy(func(o *world.KeySpec) bool { return ref.Team && o.Team == ref.ID || !ref.Team && o.Hash == ref.ID })
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
