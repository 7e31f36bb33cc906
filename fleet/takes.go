package fleet

// Open are the weights of the members that may take requests at all: a blocked one gets none, whatever its weight is.
func (r *Route) Open(w Weights) Weights {
	out := w.Clone()
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Blocked.OK && t.Blocked.V && out[t.Spec.ID] > 0 {
			out[t.Spec.ID] = 0
		}
	}
	return out
}

// Takes are the weights by which the gateway shares requests out while all members work: as Open, and where members of a greater
// order only get what those of a lesser one cannot take, they get none. A member without an order comes after those that have one.
func (r *Route) Takes(w Weights) Weights {
	out := r.Open(w)
	if r.Routing.AloneTakesAll && len(r.Targets) == 1 && w != nil {
		if t := &r.Targets[0]; w[t.Spec.ID] == 0 {
			out[t.Spec.ID] = 1
		}
	}
	least := r.leastOrder(out)
	for i := range r.Targets {
		if t := &r.Targets[i]; least.OK && t.Order != least && out[t.Spec.ID] > 0 {
			out[t.Spec.ID] = 0
		}
	}
	return out
}

// leastOrder is the least order among members with weight; none where orders do not decide, or nobody has one.
func (r *Route) leastOrder(w Weights) Maybe[int] {
	least := None[int]()
	if !r.Routing.ByOrder.Or(false) {
		return least
	}
	for i := range r.Targets {
		if t := &r.Targets[i]; w[t.Spec.ID] > 0 && t.Order.OK && (!least.OK || t.Order.V < least.V) {
			least = t.Order
		}
	}
	return least
}

// OrdersUnknown tells whether members have different orders and nobody knows whether these decide.
func (r *Route) OrdersUnknown() bool {
	if r.Routing.ByOrder.OK {
		return false
	}
	for i := range r.Targets {
		if r.Targets[i].Order != r.Targets[0].Order {
			return true
		}
	}
	return false
}

// Without is the route as it is when a member is not blocked: for what asks about taking a block away or setting it, with weights
// that say so themselves.
func (r *Route) Without(blocked TargetID) *Route {
	out := *r
	out.Targets = append([]Target(nil), r.Targets...)
	if t := out.Target(blocked); t != nil {
		t.Blocked = Some(false)
	}
	return &out
}
