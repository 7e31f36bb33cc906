package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"pitwall/fleet"
)

// quietFor is how long a command reads before it says what it waits for.
const quietFor = time.Second

// listens tells whether a person is there to be told what a command waits for: nobody reads that in a pipe, or beside JSON.
func (x *changeFlags) listens(w io.Writer) bool {
	return x.output != formatJSON && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// meanwhile says one line when something takes longer than a while. stop returns when nothing is said any more.
func meanwhile(w io.Writer, after time.Duration, line func() string) (stop func()) {
	var mu sync.Mutex
	over := false
	t := time.AfterFunc(after, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			fmt.Fprintln(w, "pitwall:", line())
		}
	})
	return func() {
		t.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
	}
}

// waitsFor says what a command reads before it plans, and for how long at the most.
func (x *changeFlags) waitsFor(s *fleet.Snapshot, most time.Duration) string {
	if s == nil {
		return "opening the sources"
	}
	answered, silent := 0, 0
	for i := range s.Sources {
		switch src := &s.Sources[i]; {
		case src.Reads > 0:
			answered++
		case src.ErrKind != "":
			silent++
		}
	}
	text := fmt.Sprintf("reading %s, %d answered", fleet.Many(len(s.Sources), "source"), answered)
	if silent > 0 {
		text += fmt.Sprintf(", %d did not", silent)
	}
	switch {
	case x.objects && !x.ends, x.alerts:
		return text
	case x.demo:
		return text + "; the embedded fleet runs ahead until rates stand"
	}
	return text + fmt.Sprintf("; rates need more than one reading, which takes up to %s", fleet.Age(most))
}
