package plain

import "pitwall/fleet"

// Probe is what one live probe that a person sent showed.
type Probe struct {
	Name  string
	Probe fleet.Probe
}

// ProbeRun draws it.
func ProbeRun(p *Probe) string {
	r := &report{}
	x := &p.Probe.Last
	r.line(rawName(p.Name), fleet.Text(": "), p.Probe.Text())
	if x.OK || x.TTFT.OK {
		count := func(m fleet.Maybe[int]) fleet.Safe {
			if !m.OK {
				return fleet.Text(fleet.Unknown)
			}
			return fleet.Int(m.V)
		}
		r.line(fleet.Text("first byte "), fleet.Show(x.TTFT), fleet.Text(", tokens "), count(x.In), fleet.Text(" in "), count(x.Out),
			fleet.Text(" out, ended by "), or(x.Finish), fleet.Text(", model "), or(x.Model))
	}
	if x.Spent.OK {
		r.line(fleet.Text("cost "), x.Spent.V.Small(), fleet.Text(" by the price list"))
	}
	return r.String()
}
