package plan

import (
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/fleet/advisory"
)

// advise asks the data pack about what the new replicas run and about the drivers of the nodes that may take them.
func advise(pack *advisory.Pack, c *fleet.Cluster, w *actions.WorkPlan) actions.Advice {
	image := pack.Image(w.To.Image.String())
	product, release := or(w.To.Engine, image.Product), or(w.To.Release, image.Release)
	out := actions.Advice{AsOf: pack.AsOf.Time, Image: image, CUDA: or(w.To.CUDA, image.CUDA)}
	out.Engine = pack.Against(product, release)
	built, compat := pack.BuiltOn(product, release)
	if out.CUDA == "" {
		out.CUDA = built
	}
	out.Compat = compat && strings.HasPrefix(built, out.CUDA)
	if c == nil {
		return out
	}
	out.Runs = oldestUnder(c, &w.Was)
	for _, n := range c.Takers(&w.Was) {
		driver := n.Driver.String()
		at := slices.IndexFunc(out.Drivers, func(d actions.DriverAdvice) bool { return d.Driver == driver })
		if at < 0 {
			at = len(out.Drivers)
			out.Drivers = append(out.Drivers, actions.DriverAdvice{Driver: driver, Fix: pack.Driver(driver),
				Fit: pack.Fits(out.CUDA, driver, out.Compat)})
		}
		d := &out.Drivers[at]
		if d.Count++; d.Count <= actions.MostNodes {
			d.Nodes = append(d.Nodes, n.Name)
		}
	}
	slices.SortFunc(out.Drivers, func(a, b actions.DriverAdvice) int { return strings.Compare(a.Driver, b.Driver) })
	return out
}

func or(said fleet.Safe, guess string) string {
	if said.IsEmpty() {
		return guess
	}
	return said.String()
}

// oldestUnder is the oldest driver of the nodes under replicas that are ready; "" where one of them is not known.
func oldestUnder(c *fleet.Cluster, was *fleet.Rollout) string {
	drivers := map[string]string{}
	for _, n := range c.Nodes {
		drivers[n.Name] = n.Driver.String()
	}
	oldest := ""
	for _, p := range c.PodsOf(was) {
		if p.Node == "" || p.State != fleet.StateOK {
			continue
		}
		v, ok := advisory.Parse(drivers[p.Node])
		if !ok {
			return ""
		}
		if least, known := advisory.Parse(oldest); !known || v.Compare(least) < 0 {
			oldest = drivers[p.Node]
		}
	}
	return oldest
}
