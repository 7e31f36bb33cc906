package probe

import (
	"sync"
	"time"

	"pitwall/fleet"
)

// pocket is the purse of a reader that was given none: it forgets with it.
type pocket struct {
	mu  sync.Mutex
	day string
	sum fleet.Money
}

// Spent implements fleet.Purse.
func (p *pocket) Spent(_ fleet.SourceID, at time.Time) (fleet.Money, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(at)
	return p.sum, nil
}

// Spend implements fleet.Purse.
func (p *pocket) Spend(_ fleet.SourceID, at time.Time, amount fleet.Money) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(at)
	sum, err := p.sum.Add(amount)
	if err == nil {
		p.sum = sum
	}
	return err
}

// turn begins a new day.
func (p *pocket) turn(at time.Time) {
	if day := at.UTC().Format(time.DateOnly); day != p.day {
		p.day, p.sum = day, fleet.Money{}
	}
}
