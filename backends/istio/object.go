package istio

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/routeobjects"
	"pitwall/fleet"
)

// object holds the fields of a VirtualService that are read (istio/api v1.30.3).
type object struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		HTTP []rule `json:"http"`
	} `json:"spec"`
	Status struct {
		Messages []struct {
			Level string `json:"level"`
			Type  struct {
				Name string `json:"name"`
				Code string `json:"code"`
			} `json:"type"`
		} `json:"validationMessages"`
	} `json:"status"`
}

type rule struct {
	Name    string        `json:"name"`
	Route   []destination `json:"route"`
	Timeout string        `json:"timeout"`
	Retries *struct {
		Attempts int    `json:"attempts"`
		Each     string `json:"perTryTimeout"`
	} `json:"retries"`
}

type destination struct {
	To struct {
		Host   string `json:"host"`
		Subset string `json:"subset"`
		Port   struct {
			Number int `json:"number"`
		} `json:"port"`
	} `json:"destination"`
	Weight int `json:"weight"`
}

// ids name the destinations, as short as they differ.
func (r *rule) ids() []string {
	host := func(i int) string { return r.Route[i].To.Host }
	subset := func(i int) string { return host(i) + "/" + r.Route[i].To.Subset }
	return routeobjects.Names(len(r.Route), host, subset,
		func(i int) string { return subset(i) + ":" + strconv.Itoa(r.Route[i].To.Port.Number) })
}

// alone tells a rule whose only destination gets everything, whatever its weight is.
func (r *rule) alone() bool { return len(r.Route) == 1 }

// weight is what a destination counts: nothing where none is written and it is not alone. One below 0, which a server without
// Istio's webhook takes, counts for nothing that is known.
func (r *rule) weight(i int) fleet.Maybe[float64] {
	switch w := r.Route[i].Weight; {
	case w < 0:
		return fleet.None[float64]()
	case w == 0 && r.alone():
		return fleet.Some(1.0)
	default:
		return fleet.Some(float64(w))
	}
}

// retries are known where they are written; Istio has a default of its own else, which can be changed for the whole mesh.
func (r *rule) retries() fleet.Maybe[fleet.Count] {
	if r.Retries == nil || r.Retries.Attempts < 0 {
		return fleet.None[fleet.Count]()
	}
	return fleet.Some(fleet.Count(r.Retries.Attempts))
}

// timeout is that of one try where one is said, else that of the whole request, which by default is none.
func (r *rule) timeout() fleet.Maybe[fleet.Seconds] {
	texts := []string{r.Timeout}
	if r.Retries != nil {
		texts = []string{r.Retries.Each, r.Timeout}
	}
	for _, text := range texts {
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return fleet.Some(fleet.Seconds(d.Seconds()))
		}
	}
	return fleet.None[fleet.Seconds]()
}

// faults are what Istio's own analysis finds wrong with it, where that is switched on.
func (o *object) faults() []fleet.Safe {
	var list []fleet.Safe
	for _, m := range o.Status.Messages {
		if m.Level == "ERROR" || m.Level == "3" {
			list = append(list, fleet.Textf("Istio finds an error in it: %s %s", fleet.Quote(m.Type.Code), fleet.Quote(m.Type.Name)))
		}
	}
	return list
}
