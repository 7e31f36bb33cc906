package enginepage

import (
	"time"

	"pitwall/fleet"
)

// Some makes a known quantity of a number.
func Some[T ~float64](v float64) fleet.Maybe[T] { return fleet.Some(T(v)) }

// Fill sets what is still unknown, so that an old name never replaces a current one.
func Fill[T any](m *fleet.Maybe[T], v T) {
	if !m.OK {
		*m = fleet.Some(v)
	}
}

// Add counts v into a sum that is unknown until its first part.
func Add[T ~float64](m *fleet.Maybe[T], v float64) { *m = fleet.Some(m.V + T(v)) }

// ProcessStart is the family in which client libraries say when the process started, in unix seconds.
const ProcessStart = "process_start_time_seconds"

// Later keeps the later of two starts, given as unix seconds: counters begin anew with the process or with the engine.
// What is no time of day of this or the next thousand years is left out.
func Later(known fleet.Maybe[time.Time], unix float64) fleet.Maybe[time.Time] {
	if !(unix > 0) || unix > 1e11 {
		return known
	}
	t := time.UnixMilli(int64(unix * 1000)).UTC()
	if known.OK && known.V.After(t) {
		return known
	}
	return fleet.Some(t)
}

// Complete fills what e does not know from what an older generation of names says.
func Complete(e *fleet.EngineReading, old *fleet.EngineReading) {
	either(&e.Running, old.Running)
	either(&e.Waiting, old.Waiting)
	either(&e.KVUsage, old.KVUsage)
	either(&e.KVCapacity, old.KVCapacity)
	either(&e.Asleep, old.Asleep)
	for _, pair := range [][2]*fleet.Maybe[float64]{
		{&e.PromptTokens, &old.PromptTokens}, {&e.OutputTokens, &old.OutputTokens}, {&e.Finished, &old.Finished},
		{&e.Aborted, &old.Aborted}, {&e.Failed, &old.Failed}, {&e.Preemptions, &old.Preemptions},
		{&e.PrefixHits, &old.PrefixHits}, {&e.PrefixQueries, &old.PrefixQueries}, {&e.Work, &old.Work}, {&e.Pulse, &old.Pulse},
	} {
		either(pair[0], *pair[1])
	}
	either(&e.StartedAt, old.StartedAt)
	for _, pair := range [][2]*fleet.Histogram{
		{&e.TTFT, &old.TTFT}, {&e.ITL, &old.ITL}, {&e.E2E, &old.E2E}, {&e.QueueTime, &old.QueueTime},
		{&e.PromptLen, &old.PromptLen}, {&e.OutputLen, &old.OutputLen}, {&e.MaxTokens, &old.MaxTokens},
	} {
		if pair[0].IsZero() {
			*pair[0] = *pair[1]
		}
	}
}

func either[T any](m *fleet.Maybe[T], other fleet.Maybe[T]) {
	if !m.OK {
		*m = other
	}
}

// Tokens multiplies blocks by tokens per block; what is not a positive finite number of tokens is unknown.
func Tokens(blocks, perBlock float64) fleet.Maybe[fleet.Tokens] {
	n := blocks * perBlock
	if !(blocks > 0) || !(perBlock > 0) || n > 1e18 {
		return fleet.None[fleet.Tokens]()
	}
	return fleet.Some(fleet.Tokens(n))
}
