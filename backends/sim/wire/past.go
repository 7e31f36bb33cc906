package wire

import "pitwall/backends/sim/world"

// Past is what went before the world began: what providers served, and what the gateways counted of it.
type Past struct {
	Served []world.Served
	Spent  []world.Spent
}

func (o *Options) past() Past {
	if o.Past == nil {
		return Past{}
	}
	return o.Past()
}
