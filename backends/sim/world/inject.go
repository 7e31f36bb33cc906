package world

// Ask is a request that comes in over the wire.
type Ask struct {
	Prompt    int // tokens
	Output    int // tokens that the answer will have; 0 lets the world choose
	MaxTokens int // 0 means no limit of the client's
	Stream    bool
	Model     string // of a provider
	Key       *KeySpec
}

const (
	wireOutput = 48   // tokens of an answer over the wire
	wireLimit  = 4096 // tokens, where the client sets no limit
)

func (a Ask) call(route string) *Call {
	c := &Call{Route: route, group: route, Prompt: max(a.Prompt, 1), Output: a.Output, Stream: a.Stream, model: a.Model, key: a.Key}
	c.maxTokens = wireLimit
	if a.MaxTokens > 0 {
		c.maxTokens = a.MaxTokens
	}
	if c.Output <= 0 {
		c.Output = wireOutput
	}
	c.Output = max(min(c.Output, c.maxTokens), 1)
	return c
}

// Ask puts a client's request to a gateway replica. It starts at the next sub-step and is for use inside At.
func (w *World) Ask(g *Gateway, route string, a Ask) *Call {
	c := a.call(route)
	c.gateway = g
	w.pending = append(w.pending, c)
	return c
}

// AskEngine puts a request straight to an engine. It is for use inside At.
func (w *World) AskEngine(r *Replica, a Ask) *Call {
	c := a.call("")
	t := &attempt{call: c, start: w.Seconds(), prompt: c.Prompt, output: c.Output}
	c.Start, c.try = t.start, t
	w.ledger.open(c)
	r.receive(t, t.start)
	return c
}

// AskProvider puts a request straight to a provider. It is for use inside At.
func (w *World) AskProvider(p *Provider, a Ask) *Call {
	c := a.call("")
	t := &attempt{call: c, start: w.Seconds(), prompt: c.Prompt, output: c.Output}
	c.Start, c.try = t.start, t
	w.ledger.open(c)
	p.receive(t, t.start)
	return c
}

// Progress is how many tokens of a call's answer have been made. It is for use inside At.
func (w *World) Progress(c *Call) int {
	t := c.try
	switch {
	case c.Ended:
		return c.Received
	case t == nil:
		return 0
	case t.provider != nil:
		return t.provider.progress(t, w.Seconds())
	case t.first == 0:
		return 0
	case t.replica != nil:
		return t.replica.tokens(t)
	}
	return 0
}

// GiveUp ends a call whose client has hung up. It is for use inside At.
func (w *World) GiveUp(c *Call) {
	if t := c.try; !c.Ended && t != nil && !t.ended {
		c.gone = true
		w.abandon(t, w.Seconds())
	}
}
