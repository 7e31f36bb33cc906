// Package pocket keeps what was spent only as long as it lives, for readers that were given no purse.
package pocket

import (
	"sync"
	"time"

	"pitwall/fleet"
)

// Pocket is the purse of a reader that was given none: it forgets with it.
type Pocket struct {
	mu  sync.Mutex
	day string
	sum fleet.Money
}

// Spent implements fleet.Purse.
func (p *Pocket) Spent(_ fleet.SourceID, at time.Time) (fleet.Money, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(at)
	return p.sum, nil
}

// Spend implements fleet.Purse.
func (p *Pocket) Spend(_ fleet.SourceID, at time.Time, amount fleet.Money) error {
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
func (p *Pocket) turn(at time.Time) {
	if day := at.UTC().Format(time.DateOnly); day != p.day {
		p.day, p.sum = day, fleet.Money{}
	}
}
