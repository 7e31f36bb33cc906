package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"pitwall/fleet"
)

// Exit codes; they are documented in docs/commands.md.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBlocked     = 3
	exitRolledBack  = 4
	exitOpen        = 5
	exitPartial     = 6
	exitInterrupted = 130
)

// exit is an error that carries its exit code. Its cause may be nil where everything was said already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

func usage(err error) error { return exit{exitUsage, err} }

// codeOf maps an error to its exit code.
func codeOf(err error) int {
	var e exit
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	switch fleet.KindOf(err) {
	case fleet.KindBlocked, fleet.KindReadOnly:
		return exitBlocked
	case fleet.KindInvalid:
		return exitUsage
	case fleet.KindInterrupted:
		return exitInterrupted
	default:
		return exitFailed
	}
}

// say prints an error as safe lines for a person.
func say(w io.Writer, err error) {
	var e exit
	if errors.As(err, &e) {
		if e.err == nil {
			return
		}
		err = e.err
	}
	for _, line := range fleet.Sentences(err, 40) {
		fmt.Fprintln(w, "pitwall:", line)
	}
}
