// Package sharedtest is what operators share in a cluster, in memory, for tests. It must not be used by the program.
package sharedtest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"pitwall/fleet"
)

// Cluster implements fleet.SharedReader and fleet.SharedWriter as an API server would: each write names the version that it
// replaces. Its methods may be called from several goroutines.
type Cluster struct {
	mu      sync.Mutex
	version int
	locks   map[string]fleet.SharedLock
	copies  map[fleet.ChangeID]fleet.ChangeCopy
	notes   []fleet.ObjectNote
	down    error
	fail    func(op string) error
	puts    int
}

// New returns a cluster in which nothing is shared yet.
func New() *Cluster {
	return &Cluster{locks: map[string]fleet.SharedLock{}, copies: map[fleet.ChangeID]fleet.ChangeCopy{}}
}

// SetDown makes every request fail with an error, or with nil succeed again.
func (c *Cluster) SetDown(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = err
}

// SetFail asks a function before each request, by its name, which of them fail.
func (c *Cluster) SetFail(f func(op string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = f
}

// Notes are the words that were left so far.
func (c *Cluster) Notes() []fleet.ObjectNote {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.notes)
}

// Puts counts copies that were stored.
func (c *Cluster) Puts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.puts
}

// Edit changes a copy as a foreign hand would.
func (c *Cluster) Edit(id fleet.ChangeID, edit func(*fleet.ChangeCopy)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.copies[id]
	edit(&now)
	now.Version = c.next()
	c.copies[id] = now
}

// EditLock changes a lock as a foreign hand would.
func (c *Cluster) EditLock(name string, edit func(*fleet.SharedLock)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.locks[name]
	edit(&now)
	now.Name, now.Version = name, c.next()
	c.locks[name] = now
}

func (c *Cluster) next() string {
	c.version++
	return strconv.Itoa(c.version)
}

func (c *Cluster) ask(op string) error {
	if c.fail != nil {
		if err := c.fail(op); err != nil {
			return err
		}
	}
	return c.down
}

// Locks implements fleet.SharedReader.
func (c *Cluster) Locks(context.Context) ([]fleet.SharedLock, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Collect(maps.Values(c.locks)), c.ask("locks")
}

// Copies implements fleet.SharedReader.
func (c *Cluster) Copies(context.Context) ([]fleet.ChangeCopy, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("copies"); err != nil {
		return nil, err
	}
	return slices.Collect(maps.Values(c.copies)), nil
}

// Lock implements fleet.SharedWriter.
func (c *Cluster) Lock(_ context.Context, name string) (fleet.SharedLock, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("lock"); err != nil {
		return fleet.SharedLock{}, err
	}
	return c.locks[name], nil
}

// PutLock implements fleet.SharedWriter.
func (c *Cluster) PutLock(_ context.Context, l fleet.SharedLock) (fleet.SharedLock, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("put lock"); err != nil {
		return fleet.SharedLock{}, err
	}
	if c.locks[l.Name].Version != l.Version {
		return fleet.SharedLock{}, conflict("lock")
	}
	l.Version = c.next()
	c.locks[l.Name] = l
	return l, nil
}

func conflict(op string) error {
	return &fleet.Error{Kind: fleet.KindConflict, Op: op, Err: errors.New("it was changed meanwhile")}
}

// PutCopy implements fleet.SharedWriter.
func (c *Cluster) PutCopy(_ context.Context, n fleet.ChangeCopy) (fleet.ChangeCopy, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("put copy"); err != nil {
		return fleet.ChangeCopy{}, err
	}
	if c.copies[n.ID].Version != n.Version {
		return fleet.ChangeCopy{}, conflict("copy")
	}
	n.Version = c.next()
	c.copies[n.ID] = n
	c.puts++
	return n, nil
}

// Copy implements fleet.SharedWriter.
func (c *Cluster) Copy(_ context.Context, id fleet.ChangeID) (fleet.ChangeCopy, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("copy"); err != nil {
		return fleet.ChangeCopy{}, err
	}
	n, ok := c.copies[id]
	if !ok {
		return n, &fleet.Error{Kind: fleet.KindNotFound, Op: "copy", Err: errors.New("there is none")}
	}
	return n, nil
}

// RemoveCopy implements fleet.SharedWriter.
func (c *Cluster) RemoveCopy(_ context.Context, id fleet.ChangeID) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("remove copy"); err != nil {
		return err
	}
	delete(c.copies, id)
	return nil
}

// Tell implements fleet.SharedWriter.
func (c *Cluster) Tell(_ context.Context, n fleet.ObjectNote) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ask("tell"); err != nil {
		return err
	}
	c.notes = append(c.notes, n)
	return nil
}
