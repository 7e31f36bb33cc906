package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pitwall/actions"
	"pitwall/actions/shared"
	"pitwall/fleet"
)

const (
	copyWithin = 5 * time.Second
	copyAgain  = 10 * time.Second // after a copy that could not be written
	nothingDue = time.Hour
)

// copies keeps the copy of one change in its cluster as new as its journal. It is never waited for but when the change is
// left or closed, and what goes wrong with it stops nothing. A nil one does nothing.
type copies struct {
	r      *Runner
	id     fleet.ChangeID
	store  fleet.SharedWriter
	origin string
	done   chan struct{}

	mu      sync.Mutex
	moved   *sync.Cond // tried or ended changed
	wanted  int        // grows with each record and each wish
	tried   int        // what of that was tried
	due     bool       // the copy is behind
	notes   []fleet.ObjectNote
	ended   bool
	wake    context.CancelFunc
	state   *actions.Copy
	version string
	begun   bool // the version is known
	foreign bool // another process has the change now
}

// origin names this process to those who read its copies.
func (r *Runner) origin() string {
	me := r.me(false)
	return fmt.Sprintf("%s@%s/%d", r.o.Actor.Text(), me.Host, me.PID)
}

// share starts keeping a copy of the change, where its cluster has a place for it.
func (k *carrier) share() {
	if k.sharer == nil {
		return
	}
	c := &copies{r: k.r, id: k.c.ID, store: k.sharer, origin: k.r.origin(), done: make(chan struct{}), state: &actions.Copy{}}
	c.moved = sync.NewCond(&c.mu)
	k.copies = c
	k.log.Appended = c.renew
	task := k.r.o.Clock.Task()
	go c.run(task) // ends with the carrier's part: flush or drop
	c.renew()
}

// renew says that the journal went on.
func (c *copies) renew() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = true
	c.stir()
}

// tell sends a word about the object.
func (c *copies) tell(n fleet.ObjectNote) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, n)
	c.stir()
}

func (c *copies) stir() {
	c.wanted++
	if c.wake != nil {
		c.wake()
	}
}

// settle waits until all that was wanted so far was tried.
func (c *copies) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stir()
	for want := c.wanted; c.tried < want && !c.ended; {
		c.moved.Wait()
	}
}

// flush tries once more what is behind, and ends.
func (c *copies) flush(task fleet.Task) {
	if c == nil {
		return
	}
	task.Idle(c.settle)
	c.drop()
}

// drop ends it as the end of the process would.
func (c *copies) drop() {
	if c == nil {
		return
	}
	c.mu.Lock()
	c.ended = true
	if c.wake != nil {
		c.wake()
	}
	c.moved.Broadcast()
	c.mu.Unlock()
	<-c.done
}

func (c *copies) now() *actions.Copy {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *copies) run(task fleet.Task) {
	defer close(c.done)
	defer task.Done()
	for {
		ctx, cancel := context.WithCancel(context.Background())
		c.mu.Lock()
		todo, due, notes, ended := c.wanted, c.due, c.notes, c.ended
		fresh := todo != c.tried
		if fresh {
			c.due, c.notes = false, nil
		}
		c.wake = cancel
		c.mu.Unlock()
		switch {
		case ended:
			cancel()
			return
		case fresh:
			c.try(task, todo, due, notes)
		case due:
			if task.Sleep(ctx, copyAgain) == nil {
				c.mu.Lock()
				c.wanted++
				c.mu.Unlock()
			}
		default:
			_ = task.Sleep(ctx, nothingDue) // woken, or slept out: both mean to look again
		}
		cancel()
	}
}

// try writes the newest copy and sends the words that wait.
func (c *copies) try(task fleet.Task, todo int, due bool, notes []fleet.ObjectNote) {
	var failed error
	if due {
		if failed = c.put(task); failed != nil {
			c.r.o.Log.Warn("copy the change into its cluster", "change", string(c.id), "err", failed)
		}
	}
	for _, n := range notes {
		ctx, cancel := context.WithTimeout(context.Background(), copyWithin)
		var err error
		task.Idle(func() { err = c.store.Tell(ctx, n) })
		cancel()
		if err != nil {
			c.r.o.Log.Warn("leave a word with the object", "change", string(c.id), "reason", n.Reason, "err", err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = c.due || failed != nil && !c.foreign
	c.tried = todo
	c.moved.Broadcast()
}

// put writes the journal as it stands now.
func (c *copies) put(task fleet.Task) error {
	content, err := c.r.o.Journal.Raw(c.id)
	if err != nil {
		return c.became(nil, fleet.Safe{}, err)
	}
	fresh, why, err := shared.Pack(c.id, content, c.origin)
	if err != nil {
		return c.became(nil, fleet.Safe{}, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), copyWithin)
	defer cancel()
	for range attempts {
		if !c.begun {
			if err = c.find(ctx, task); err != nil {
				break
			}
		}
		fresh.Version = c.version
		var now fleet.ChangeCopy
		task.Idle(func() { now, err = c.store.PutCopy(ctx, fresh) })
		if err == nil {
			c.version = now.Version
		}
		if fleet.KindOf(err) != fleet.KindConflict && fleet.KindOf(err) != fleet.KindNotFound {
			break
		}
		if c.taken(ctx, task) {
			break
		}
	}
	return c.became(&fresh, why, err)
}

// find learns in which version the copy is that this process goes on from, which holds the change's locks.
func (c *copies) find(ctx context.Context, task fleet.Task) error {
	var was fleet.ChangeCopy
	var err error
	task.Idle(func() { was, err = c.store.Copy(ctx, c.id) })
	if err != nil && fleet.KindOf(err) != fleet.KindNotFound {
		return err
	}
	c.version, c.begun = was.Version, true
	return nil
}

// taken finds out who wrote the copy meanwhile: an answer of this process that was lost, or another process.
func (c *copies) taken(ctx context.Context, task fleet.Task) bool {
	var now fleet.ChangeCopy
	var err error
	task.Idle(func() { now, err = c.store.Copy(ctx, c.id) })
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		c.version = "" // it was removed: make it anew
		return false
	case err != nil:
		return true
	case now.Origin == c.origin:
		c.version = now.Version
		return false
	}
	c.mu.Lock()
	c.foreign = true
	c.mu.Unlock()
	return true
}

// became shows how the copy stands now.
func (c *copies) became(fresh *fleet.ChangeCopy, why fleet.Safe, err error) error {
	c.mu.Lock()
	next := *c.state
	switch {
	case c.foreign:
		next.Problem = fleet.Text("another process wrote the copy of this change: it may be carried on elsewhere too")
	case err != nil:
		next.Problem = fleet.Concat(fleet.Text("its copy in the cluster is behind: "), fleet.Sentence(err))
	default:
		next.At, next.Problem, next.Summary = fresh.At, fleet.Safe{}, fresh.Journal == nil
		if next.Summary {
			next.Problem = fleet.Concat(fleet.Text("only this machine can carry it on: "), why)
		}
	}
	c.state = &next
	c.mu.Unlock()
	c.r.showCopy(c.id, &next)
	return err
}

// showCopy shows how the copy of a change stands.
func (r *Runner) showCopy(id fleet.ChangeID, now *actions.Copy) {
	r.mu.Lock()
	if c, ok := r.shown[id]; ok {
		c.Copy = now
		r.shown[id] = c
	}
	r.mu.Unlock()
	r.notify()
}
