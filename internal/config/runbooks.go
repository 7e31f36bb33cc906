package config

import (
	"slices"
	"time"

	"pitwall/fleet"
)

// Runbook is a failover that was thought through beforehand.
type Runbook struct {
	Name   string        `yaml:"name"`
	When   string        `yaml:"when,omitempty"`
	From   RunbookFrom   `yaml:"from"`
	Routes []string      `yaml:"routes,omitempty"`
	To     []string      `yaml:"to,omitempty"`
	Split  string        `yaml:"split,omitempty"`
	Stages RunbookStages `yaml:"stages,omitempty"`
}

// RunbookFrom is what is left: one of its first four.
type RunbookFrom struct {
	Pool     string   `yaml:"pool,omitempty"`
	Provider string   `yaml:"provider,omitempty"`
	Site     string   `yaml:"site,omitempty"`
	Route    string   `yaml:"route,omitempty"`
	Targets  []string `yaml:"targets,omitempty"`
}

// RunbookStages are the stages of a runbook.
type RunbookStages struct {
	Leave  *RunbookStage `yaml:"leave,omitempty"`
	Warm   []string      `yaml:"warm,omitempty"`
	Settle *RunbookStage `yaml:"settle,omitempty"`
	Return *RunbookStage `yaml:"return,omitempty"`
}

// RunbookStage is how fast a stage goes.
type RunbookStage struct {
	Points      int      `yaml:"points,omitempty"`
	Every       Duration `yaml:"every,omitempty"`
	MinRequests int      `yaml:"min_requests,omitempty"`
	Soak        Duration `yaml:"soak,omitempty"`
}

func runbook(r *Runbook) fleet.Runbook {
	return fleet.Runbook{Name: r.Name, When: r.When, Pool: fleet.PoolID(r.From.Pool), Provider: fleet.ProviderID(r.From.Provider),
		Site: fleet.SiteID(r.From.Site), Route: fleet.RouteID(r.From.Route), Targets: ids[fleet.TargetID](r.From.Targets),
		Routes: ids[fleet.RouteID](r.Routes), To: slices.Clone(r.To), Split: r.Split, Warm: ids[fleet.PoolID](r.Stages.Warm),
		Leave: stage(r.Stages.Leave), Settle: stage(r.Stages.Settle), Return: stage(r.Stages.Return)}
}

func stage(s *RunbookStage) fleet.RunbookStage {
	if s == nil {
		return fleet.RunbookStage{}
	}
	return fleet.RunbookStage{Points: s.Points, Every: time.Duration(s.Every), MinRequests: s.MinRequests, Soak: time.Duration(s.Soak)}
}

func ids[T ~string](list []string) []T {
	var out []T
	for _, s := range list {
		out = append(out, T(s))
	}
	return out
}

// runbook checks what the file alone can tell; names that a gateway or a cluster brings are checked against the live fleet.
func (c *checker) runbook(r *Runbook) {
	c.id("runbook", r.Name)
	of := "runbook " + r.Name
	n := 0
	for _, v := range []string{r.From.Pool, r.From.Provider, r.From.Site, r.From.Route} {
		if v != "" {
			n++
		}
	}
	if n != 1 {
		c.fail("%s: from needs exactly one of pool, provider, site, route", of)
	}
	if (r.From.Route != "") != (len(r.From.Targets) > 0) {
		c.fail("%s: from: route and targets belong together", of)
	}
	if !slices.Contains([]string{"", "balanced", "cheapest", "fastest"}, r.Split) {
		c.fail("%s: split %q is none of balanced, cheapest, fastest", of, r.Split)
	}
	for name, s := range map[string]*RunbookStage{"leave": r.Stages.Leave, "settle": r.Stages.Settle, "return": r.Stages.Return} {
		if s != nil && (s.Points < 0 || s.Points > 100 || s.Every < 0 || s.MinRequests < 0 || s.Soak < 0) {
			c.fail("%s: stages: %s: points are 0 to 100, and nothing is negative", of, name)
		}
	}
}

func runbookOf(r *fleet.Runbook) Runbook {
	return Runbook{Name: r.Name, When: r.When, Routes: texts(r.Routes), To: slices.Clone(r.To), Split: r.Split,
		From: RunbookFrom{Pool: string(r.Pool), Provider: string(r.Provider), Site: string(r.Site), Route: string(r.Route),
			Targets: texts(r.Targets)},
		Stages: RunbookStages{Warm: texts(r.Warm), Leave: stageOf(r.Leave), Settle: stageOf(r.Settle), Return: stageOf(r.Return)}}
}

func stageOf(s fleet.RunbookStage) *RunbookStage {
	if s == (fleet.RunbookStage{}) {
		return nil
	}
	return &RunbookStage{Points: s.Points, Every: Duration(s.Every), MinRequests: s.MinRequests, Soak: Duration(s.Soak)}
}
