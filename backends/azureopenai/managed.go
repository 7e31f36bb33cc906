package azureopenai

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"pitwall/backends/internal/azureapi"
	"pitwall/backends/internal/httpx"
	"pitwall/backends/internal/rented"
	"pitwall/fleet"
)

const (
	managerVersion = "2024-10-01"
	mostPages      = 50
	mostRemarks    = 20
)

// deployment is one deployment as Resource Manager tells it.
type deployment struct {
	Name string `json:"name"`
	SKU  struct {
		Name string `json:"name"`
	} `json:"sku"`
	Properties struct {
		State  string      `json:"provisioningState"`
		Limits []rateLimit `json:"rateLimits"`
	} `json:"properties"`
}

// rateLimit is a count within a period of seconds.
type rateLimit struct {
	Key    string   `json:"key"`
	Period *float64 `json:"renewalPeriod"`
	Count  *float64 `json:"count"`
}

// managed asks Resource Manager for the deployments with their limits and types, and for the region.
func (r *reader) managed(ctx context.Context, p *fleet.ProviderReading, region *string) []fleet.Notice {
	var notices []fleet.Notice
	if told, err := r.region(ctx); err != nil {
		notices = append(notices, rented.Without(fleet.Text("its region"), err))
		if rented.Stopped(err) {
			return notices
		}
	} else if told != "" {
		*region = told
	}
	all, err := r.deployments(ctx, get(r.arm))
	if err != nil {
		return append(notices, rented.Without(fleet.Text("its deployments"), err))
	}
	var used []deployment
	for _, d := range all {
		if len(r.spec.Models) == 0 || slices.Contains(r.spec.Models, fleet.ModelName(d.Name)) {
			used = append(used, d)
		}
		if d.serves() {
			p.Models = append(p.Models, fleet.ModelName(d.Name))
		}
	}
	p.Limits, p.Regions = joined(p.Limits, tightest(used)), answeredIn(used, plainRegion(*region))
	notices = append(notices, rented.Missing(r.spec.Models, p.Models, nil)...)
	return append(notices, remarks(used)...)
}

// deployments reads the whole list, or nothing.
func (r *reader) deployments(ctx context.Context, from func(context.Context, string) (*httpx.Reply, error)) ([]deployment, error) {
	items, _, err := azureapi.Listing{Source: r.spec.ID, Path: r.set.resource + "/deployments?api-version=" + managerVersion, Pages: mostPages,
		Get: from}.Read(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(items) > rented.MaxModels:
		return nil, rented.TooMany(r.spec.ID)
	}
	all := make([]deployment, len(items))
	for i, item := range items {
		if json.Unmarshal(item, &all[i]) != nil || all[i].Name == "" {
			return nil, rented.Invalid(r.spec.ID, "a deployment cannot be read")
		}
	}
	return all, nil
}

// region asks for the account itself.
func (r *reader) region(ctx context.Context) (string, error) {
	reply, err := get(r.arm)(ctx, r.set.resource+"?api-version="+managerVersion)
	if err != nil {
		return "", err
	}
	var account struct {
		Location string `json:"location"`
	}
	return account.Location, reply.JSON(&account)
}

func (d deployment) serves() bool {
	return d.Properties.State == "" || d.Properties.State == "Succeeded"
}

// tightest are the limits of those deployments that are used, as limits of the account: of each kind the smallest. They are what
// was configured in Azure, not what is left.
func tightest(used []deployment) []fleet.Limit {
	var all []fleet.Limit
	for _, d := range used {
		for _, l := range d.Properties.Limits {
			kind, ok := map[string]fleet.LimitKind{"request": fleet.LimitRPM, "token": fleet.LimitTPM}[l.Key]
			if perMinute := l.perMinute(); ok && perMinute.OK {
				all = append(all, fleet.Limit{Kind: kind, Max: perMinute})
			}
		}
	}
	return rented.Tightest(all)
}

// mostPeriod is the longest period that is believed, in seconds: a day.
const mostPeriod = 86_400

// perMinute is unknown where the period is, since "10" may be so many in ten seconds as well as in a minute.
func (l rateLimit) perMinute() fleet.Maybe[float64] {
	if l.Period == nil || l.Count == nil || *l.Period <= 0 || *l.Period > mostPeriod || *l.Count < 0 {
		return fleet.None[float64]()
	}
	if n := *l.Count * 60 / *l.Period; !math.IsInf(n, 0) {
		return fleet.Some(n)
	}
	return fleet.None[float64]()
}

// joined adds the configured limits to those of headers, which say what is left.
func joined(headers, configured []fleet.Limit) []fleet.Limit {
	out := slices.Clone(headers)
	for _, c := range configured {
		i := slices.IndexFunc(out, func(l fleet.Limit) bool { return l.Kind == c.Kind })
		if i < 0 {
			out = append(out, c)
		} else if !out[i].Max.OK {
			out[i].Max = c.Max
		}
	}
	return out
}

// remarks say of deployments what limits where they may be used.
func remarks(used []deployment) []fleet.Notice {
	var notices []fleet.Notice
	for _, d := range used {
		name := fleet.Concat(fleet.Text("deployment "), fleet.Quote(d.Name))
		if !d.serves() {
			notices = append(notices, fleet.Notice{Level: fleet.LevelWarn,
				Text: fleet.Concat(name, fleet.Text(" does not serve: "), fleet.Quote(d.Properties.State))})
		}
		if where := residency(d.SKU.Name); !where.IsEmpty() {
			notices = append(notices, fleet.Notice{Level: fleet.LevelInfo,
				Text: fleet.Concat(name, fleet.Text(" is of type "), fleet.Quote(d.SKU.Name), where)})
		}
	}
	if len(notices) > mostRemarks {
		more := fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Textf("%s more remarks on deployments", fleet.Int(len(notices)-mostRemarks))}
		notices = append(notices[:mostRemarks], more)
	}
	return notices
}
