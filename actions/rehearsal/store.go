// Package rehearsal keeps the last rehearsal of each runbook in the state directory: one small file for each context.
package rehearsal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/actions/journal/disk"
	"pitwall/fleet"
)

// maxFile bounds what is read: a rehearsal takes a few kilobytes.
const maxFile = 4 << 20

// Store is the file of one context. A nil Store has nothing.
type Store struct {
	dir  disk.Dir
	name string
}

// Open finds the file of a context in a state directory. The folder is made where it is absent.
func Open(state, context string) (*Store, error) {
	dir, err := disk.Open(state, "rehearsals")
	if err != nil {
		return nil, err
	}
	name := strings.NewReplacer("%", "%25", "/", "%2F", "\x00", "%00").Replace(context)
	return &Store{dir: dir, name: "of-" + name + ".json"}, nil
}

// List are the last rehearsals, the stale ones marked: those of which the configuration has another runbook, or other routes now.
// What cannot be read is told and takes nothing else with it.
func (s *Store) List(inv *fleet.Inventory) ([]actions.Rehearsal, error) {
	if s == nil {
		return nil, nil
	}
	b, err := s.dir.Read(s.name, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []actions.Rehearsal
	if err == nil {
		err = json.Unmarshal(b, &list)
	}
	if err != nil {
		return nil, &fleet.Error{Kind: fleet.KindInternal, Op: "read the last rehearsals", Err: err,
			Next: "runbooks are shown as never rehearsed; a rehearsal writes the file anew"}
	}
	for i := range list {
		at := slices.IndexFunc(inv.Runbooks, func(r fleet.Runbook) bool { return r.Name == list[i].Runbook })
		list[i].Stale = at < 0 || actions.RunbookHash(&inv.Runbooks[at], inv) != list[i].Hash
	}
	return list, nil
}

// Keep puts a rehearsal in the place of the last one of its runbook, and forgets those of runbooks that are gone.
func (s *Store) Keep(r actions.Rehearsal, inv *fleet.Inventory) error {
	list, err := s.List(inv)
	if err != nil {
		list = nil // it is written anew
	}
	list = slices.DeleteFunc(list, func(x actions.Rehearsal) bool {
		gone := !slices.ContainsFunc(inv.Runbooks, func(b fleet.Runbook) bool { return b.Name == x.Runbook })
		return gone || x.Runbook == r.Runbook
	})
	r.Stale = false
	b, err := json.MarshalIndent(append(list, r), "", " ")
	if err == nil {
		err = s.place(b)
	}
	if err != nil {
		return &fleet.Error{Kind: fleet.KindInternal, Op: "keep the rehearsal", Err: err, Next: "the file here is as it was"}
	}
	return nil
}

// place writes the file in one step, so that a crash leaves the old one or the new one.
func (s *Store) place(b []byte) error {
	fresh := fmt.Sprintf(".%s-%d", s.name, os.Getpid())
	if err := os.Remove(s.dir.Path(fresh)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.dir.Create(fresh)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(s.dir.Path(fresh), s.dir.Path(s.name))
	}
	if err != nil {
		return err
	}
	return s.dir.Sync()
}
