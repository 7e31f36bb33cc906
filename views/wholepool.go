package views

import "pitwall/fleet"

// wholeNote says how many of a pool's replicas are listed: "20 worst of 250", or their number where all are.
func wholeNote(p *fleet.Pool) fleet.Safe {
	n := fleet.Int(len(p.Replicas))
	if p.Whole == nil || !p.Whole.Replicas.OK || p.Whole.Replicas.V <= len(p.Replicas) {
		return n
	}
	return fleet.Concat(n, fleet.Text(" worst of "), fleet.Int(p.Whole.Replicas.V))
}

// wholeOrigin says that a pool's figures are aggregates of a store; "" where its replicas are read one by one.
func wholeOrigin(p *fleet.Pool) fleet.Safe {
	if p.Whole == nil {
		return fleet.Safe{}
	}
	text := fleet.Concat(fleet.Text("aggregates of "), fleet.Label(string(p.Whole.Source)))
	if p.Whole.Window > 0 {
		text = fleet.Concat(text, fleet.Text(", over "), fleet.Age(p.Whole.Window))
	}
	return text
}

// wholeGPUs is how many GPUs a pool has that is asked for as a whole, and how many are broken.
func wholeGPUs(w *fleet.Aggregate) fleet.Safe {
	text := fleet.Text(fleet.Unknown)
	if w.GPUs.Boards.OK {
		text = fleet.Int(w.GPUs.Boards.V)
	}
	text = fleet.Concat(text, fleet.Text(" GPUs"))
	if w.GPUs.Faulty.V > 0 {
		text = fleet.Concat(text, fleet.Text(", "), fleet.Int(w.GPUs.Faulty.V), fleet.Text(" broken"))
	}
	return text
}
