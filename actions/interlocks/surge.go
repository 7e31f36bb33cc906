package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// surgeGPUs is IL-31: whether there is room for what the roll needs beside what runs. GPUs on several nodes are no room
// for a pod that needs them on one.
func surgeGPUs(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, _ time.Time) actions.Check {
	w := p.Work
	switch {
	case !w.Draft.Rented.IsEmpty():
		return missing(actions.SeverityOVR, fleet.Text("needs "), w.Draft.Rented,
			fleet.Text(": whether the cloud's quota and machines have room is not known"))
	case w.Draft.Extra == 0 && w.Draft.Down > 0:
		return verdict(actions.SeverityWarn, fleet.Text("needs no GPU beside those that it holds; "), fleet.Int(w.Draft.Down), fleet.Text(" of "),
			fleet.Many(w.Was.Desired, "replica"), fleet.Verb(w.Draft.Down, " is away meanwhile", " are away meanwhile"))
	case w.Draft.Extra == 0:
		return pass(fleet.Text("needs no GPU beside those that it holds"))
	case !w.Free.OK:
		return missing(actions.SeverityOVR, fleet.Text("needs "), fleet.Many(w.Draft.Extra, "GPU"),
			fleet.Text(" more, how many are free is not known"))
	}
	terms := fleet.Concat(fleet.Text("needs "), fleet.Many(w.Draft.Extra, "GPU"), fleet.Text(" more, "),
		fleet.Int(w.Free.V), fleet.Text(" free"))
	if !w.Was.Product.IsEmpty() {
		terms = fleet.Concat(terms, fleet.Text(" of "), w.Was.Product)
	}
	if w.Draft.Extra > w.Free.V {
		return lacksRoom(&p, terms)
	}
	if w.Was.GPUsEach <= 0 || !w.Fits.OK {
		return missing(actions.SeverityOVR, terms,
			fleet.Text("; whether they are on the same nodes is not known: a replica's GPUs were not read"))
	}
	replicas := (w.Draft.Extra + w.Was.GPUsEach - 1) / w.Was.GPUsEach
	terms = fleet.Concat(terms, fleet.Text("; room for "), fleet.Int(w.Fits.V), fleet.Text(" of "), fleet.Int(replicas), fleet.Text(" more"))
	if pods := len(w.Was.PodGPUs); pods > 1 {
		terms = fleet.Concat(terms, fleet.Text(" groups of "), fleet.Many(pods, "pod"))
	} else {
		terms = fleet.Concat(terms, fleet.Text(" replicas with "), fleet.Many(w.Was.GPUsEach, "GPU"), fleet.Text(" on one node"))
	}
	if w.Fits.V < replicas {
		return lacksRoom(&p, terms)
	}
	return pass(terms)
}

// lacksRoom is the verdict where room is lacking.
func lacksRoom(p *actions.Plan, terms fleet.Safe) actions.Check {
	if down := p.Work.Draft.Down; down > 0 {
		return verdict(actions.SeverityOVR, terms, fleet.Text(": the rest waits until "), fleet.Many(down, "old replica"),
			fleet.Verb(down, " leaves", " leave"))
	}
	if p.Intent.Kind == actions.KindScale {
		c := verdict(actions.SeverityBlock, terms, fleet.Text(": the rest stays Pending until GPUs are free"))
		c.Fix = fleet.Text("scale to what there is room for, or free GPUs")
		return c
	}
	c := verdict(actions.SeverityBlock, terms, fleet.Text(", no replica may be away: it will never finish"))
	c.Fix = fleet.Text("roll with surge 0, which takes replicas away first, or free GPUs")
	if p.Work.Was.Surge.Whole {
		c.Fix = fleet.Text("free GPUs: it starts a second set of everything before the first one leaves")
	}
	return c
}
