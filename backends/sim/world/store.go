package world

import (
	"maps"
	"slices"
	"time"
)

// Row is one model in the gateway's database. Rows are immutable: a change makes a new one.
type Row struct {
	Spec      *DeploymentSpec
	Params    map[string]any // litellm_params, with numbers as float64
	Blocked   bool
	CreatedAt time.Time
	UpdatedAt time.Time
	CreatedBy string
	UpdatedBy string
}

// Weight returns the row's weight and whether it has one.
func (r *Row) Weight() (float64, bool) {
	v, ok := r.Params["weight"].(float64)
	return v, ok
}

// Change is a write to one row; nil fields stay as they are.
type Change struct {
	Params  map[string]any
	Blocked *bool
	By      string
}

// database is the state that all gateway replicas share.
type database struct {
	rows     []*Row         // in order of creation
	settings RouterSettings // the row of router settings; nil before the first save
	file     RouterSettings // of the config file, which is none of the database
	fileWins bool
	spent    spendLog
	lost     bool               // nobody can reach it
	drift    map[string]float64 // factor on the prices that the gateways have of a provider's models
	holders  map[HolderRef]*HolderRow
	rules    *KeyRules // nil where gateways know no keys
}

func newDatabase(spec *Spec) *database {
	d := &database{file: fileSettings(spec), fileWins: spec.FileWins,
		spent:   spendLog{spec.Start, map[spentKey]*KeyUse{}, map[HolderRef]float64{}},
		holders: holders(spec), rules: spec.KeyRules}
	for i := range spec.Deployments {
		s := &spec.Deployments[i]
		params := maps.Clone(s.Params)
		if params == nil {
			params = map[string]any{}
		}
		params["model"], params["api_base"], params["weight"] = s.Model, s.APIBase, s.Weight
		d.rows = append(d.rows, &Row{
			Spec: s, Params: params, CreatedBy: "default_user_id", UpdatedBy: "tomas",
			CreatedAt: spec.Start.Add(-40 * 24 * time.Hour), UpdatedAt: spec.Start.Add(-49 * time.Hour),
		})
	}
	return d
}

// previous is the old copy of the state that a split-brain replica comes back with.
func (d *database) previous(weights map[string]float64) []*Row {
	rows := slices.Clone(d.rows)
	for i, r := range rows {
		if w, ok := weights[r.Spec.ID]; ok {
			old := *r
			old.Params = maps.Clone(r.Params)
			old.Params["weight"] = w
			rows[i] = &old
		}
	}
	return rows
}

func (d *database) row(id string) *Row {
	for _, r := range d.rows {
		if r.Spec.ID == id {
			return r
		}
	}
	return nil
}

// write stores a change and returns the new row, nil when there is no such model.
func (d *database) write(id string, c Change, now time.Time) *Row {
	for i, r := range d.rows {
		if r.Spec.ID != id {
			continue
		}
		row := *r
		row.Params = maps.Clone(r.Params)
		maps.Copy(row.Params, c.Params)
		if c.Blocked != nil {
			row.Blocked = *c.Blocked
		}
		row.UpdatedAt, row.UpdatedBy = now, c.By
		d.rows = slices.Clone(d.rows) // replicas hold the old list
		d.rows[i] = &row
		return &row
	}
	return nil
}

// add stores a new row at the end; nil where there is one of that name. Whoever stands at its address serves it, else what serves
// the first member of its route: a simulated fleet has no other machines.
func (d *database) add(route, id string, params map[string]any, by string, now time.Time) *Row {
	var like *DeploymentSpec
	for _, r := range d.rows {
		switch {
		case r.Spec.ID == id:
			return nil
		case r.Params["api_base"] == params["api_base"]:
			like = r.Spec
		case like == nil && r.Spec.Route == route:
			like = r.Spec
		}
	}
	if like == nil {
		return nil
	}
	spec := *like
	spec.ID, spec.Route = id, route
	spec.Model, _ = params["model"].(string)
	spec.APIBase, _ = params["api_base"].(string)
	spec.Weight, _ = params["weight"].(float64)
	row := &Row{Spec: &spec, Params: maps.Clone(params), CreatedAt: now, UpdatedAt: now, CreatedBy: by, UpdatedBy: by}
	d.rows = append(slices.Clone(d.rows), row)
	return row
}

// remove takes a row away, and tells whether there was one.
func (d *database) remove(id string) bool {
	n := len(d.rows)
	d.rows = slices.DeleteFunc(slices.Clone(d.rows), func(r *Row) bool { return r.Spec.ID == id })
	return len(d.rows) < n
}
