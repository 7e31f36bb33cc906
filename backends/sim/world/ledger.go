package world

// Ledger accounts for every call and token, so that none can vanish: opened = closed + open, and the tokens that
// engines made = delivered + lost + in flight.
type Ledger struct {
	Opened, Answered, Failed int64
	Asked                    int64 // prompt tokens of opened calls
	AnsweredIn, FailedIn     int64
	Delivered                int64 // output tokens of answered calls
	Lost                     int64 // output tokens made for tries that were given up
}

func (l *Ledger) open(c *Call) {
	l.Opened++
	l.Asked += int64(c.Prompt)
}

func (l *Ledger) close(c *Call) {
	if c.Status != 200 {
		l.Failed++
		l.FailedIn += int64(c.Prompt)
		return
	}
	l.Answered++
	l.AnsweredIn += int64(c.Prompt)
	l.Delivered += int64(c.Received)
}

func (l *Ledger) lose(tokens int) { l.Lost += int64(tokens) }

// Ledger returns the accounts. It is for use inside At.
func (w *World) Ledger() Ledger { return w.ledger }
