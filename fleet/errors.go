package fleet

import (
	"errors"
	"time"
)

// Kind classes an error by what a person can do about it.
type Kind string

// The kinds of errors; every adapter maps what it meets to one of them.
const (
	KindUnreachable Kind = "unreachable"  // no connection: refused, no route, name not found, TLS
	KindTimeout     Kind = "timeout"      // no complete answer within the deadline
	KindAuth        Kind = "auth"         // credential missing, expired or without the right
	KindRateLimited Kind = "rate_limited" // asked too often; Retry says when to come back
	KindConflict    Kind = "conflict"     // the object is not in the state that the write was planned on
	KindInvalid     Kind = "invalid"      // the answer or the request is malformed
	KindNotFound    Kind = "not_found"    // no such object or path
	KindStale       Kind = "stale"        // data is too old to act on
	KindReadOnly    Kind = "read_only"    // no writer exists
	KindBlocked     Kind = "blocked"      // an interlock refuses
	KindUnsupported Kind = "unsupported"  // the system cannot do this in its mode or version
	KindServer      Kind = "server"       // the system answered with its own failure (5xx)
	KindInterrupted Kind = "interrupted"  // stopped by a signal or a cancelled context
	KindInternal    Kind = "internal"     // a fault of pitwall
)

// Error is the one error type that crosses packages. Err may hold raw outside text
// (for the log, after redaction); what a person reads comes from Sentence.
type Error struct {
	Kind   Kind
	Op     string        // what was tried, in plain words: "read metrics", "set weight"
	Source SourceID      // which connection, if any
	Retry  time.Duration // how long to wait before the next try; 0 means no advice
	Next   string        // what still holds and what to do, in plain words of ours
	Err    error         // the cause
}

// Error gives the technical text: operation, source, kind and cause.
func (e *Error) Error() string { return e.text(true) }

func (e *Error) text(kind bool) string {
	s := e.Op
	if e.Source != "" {
		s += " from " + string(e.Source)
	}
	if kind || e.Err == nil {
		s += ": " + string(e.Kind)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Next != "" {
		s += "; " + e.Next
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first Error in the chain, KindInternal for other errors
// and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// RetryAfter returns the advice of the first Error in the chain.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Retry
	}
	return 0
}

// Sentence makes the text of an error safe for a screen. The kind is left out where the cause says it better.
func Sentence(err error) Safe { return Label(forPeople(err)) }

// Cause is what failed and what is next, without what was tried and where, for rows that name their object themselves:
// "unreachable: nothing listens on 10.0.0.1:8000; check the port and that it runs". It is Sentence where the chain holds
// no Error with a cause.
func Cause(err error) Safe {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Err == nil {
		return Sentence(err)
	}
	text := e.Err.Error()
	if e.Kind.telling() {
		text = string(e.Kind) + ": " + text
	}
	if e.Next != "" {
		text += "; " + e.Next
	}
	return Label(text)
}

// Sentences is Sentence for an error of several lines, such as all that is wrong with a file. It gives at most the
// first so many lines.
func Sentences(err error, most int) []Safe { return Block(forPeople(err), most) }

func forPeople(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := err.(*Error); ok { //nolint:errorlint // what wraps an Error adds words that must not be lost
		return e.text(e.Kind.telling())
	}
	return err.Error()
}

// telling tells whether the word of a kind adds something to its cause for a person.
func (k Kind) telling() bool {
	switch k {
	case KindUnreachable, KindTimeout, KindAuth, KindRateLimited, KindStale:
		return true
	default:
		return false
	}
}
