package enginepage

import (
	"math"
	"strconv"
	"time"

	"pitwall/backends/internal/promtext"
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

// Add counts v into a sum that is unknown until its first part. A sum stays finite, whatever a page claims.
func Add[T ~float64](m *fleet.Maybe[T], v float64) {
	*m = fleet.Some(T(min(float64(m.V)+v, math.MaxFloat64)))
}

// Share divides a part by its whole; it is unknown unless both are known and the whole is above zero.
func Share(part, whole fleet.Maybe[float64]) fleet.Maybe[fleet.Ratio] {
	ratio := part.V / whole.V
	if !part.OK || !whole.OK || !(whole.V > 0) || math.IsInf(ratio, 0) {
		return fleet.None[fleet.Ratio]()
	}
	return fleet.Some(fleet.Ratio(ratio))
}

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

// Complete fills what e does not know from what another reading of the same engine says, such as one of older names.
func Complete(e *fleet.EngineReading, other *fleet.EngineReading) {
	combine(e, other, func(float64, float64) bool { return false })
}

// Highest takes the higher of two readings that repeat each other, such as those of tensor-parallel ranks. Histograms
// cannot be compared: those of e stay where it has any.
func Highest(e *fleet.EngineReading, other *fleet.EngineReading) {
	combine(e, other, func(have, others float64) bool { return others > have })
}

func combine(e, other *fleet.EngineReading, replaces func(have, others float64) bool) {
	pick(&e.Running, other.Running, replaces)
	pick(&e.Waiting, other.Waiting, replaces)
	pick(&e.KVUsage, other.KVUsage, replaces)
	pick(&e.KVCapacity, other.KVCapacity, replaces)
	if !e.Asleep.OK {
		e.Asleep = other.Asleep
	}
	for _, pair := range [][2]*fleet.Maybe[float64]{
		{&e.PromptTokens, &other.PromptTokens}, {&e.OutputTokens, &other.OutputTokens}, {&e.Finished, &other.Finished},
		{&e.Aborted, &other.Aborted}, {&e.Failed, &other.Failed}, {&e.Preemptions, &other.Preemptions},
		{&e.PrefixHits, &other.PrefixHits}, {&e.PrefixQueries, &other.PrefixQueries},
		{&e.Work, &other.Work}, {&e.Pulse, &other.Pulse},
	} {
		pick(pair[0], *pair[1], replaces)
	}
	if other.StartedAt.OK && (!e.StartedAt.OK || other.StartedAt.V.After(e.StartedAt.V)) {
		e.StartedAt = other.StartedAt
	}
	for _, pair := range [][2]*fleet.Histogram{
		{&e.TTFT, &other.TTFT}, {&e.ITL, &other.ITL}, {&e.E2E, &other.E2E}, {&e.QueueTime, &other.QueueTime},
		{&e.PromptLen, &other.PromptLen}, {&e.OutputLen, &other.OutputLen}, {&e.MaxTokens, &other.MaxTokens},
	} {
		if pair[0].IsZero() {
			*pair[0] = *pair[1]
		}
	}
	e.LateTokens = e.LateTokens || other.LateTokens
}

func pick[T ~float64](m *fleet.Maybe[T], other fleet.Maybe[T], replaces func(have, others float64) bool) {
	if other.OK && (!m.OK || replaces(float64(m.V), float64(other.V))) {
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

// TokensOf multiplies two labels: blocks and tokens per block. They may read "None" while the engine still measures its
// memory.
func TokensOf(l promtext.Labels, blocks, perBlock string) fleet.Maybe[fleet.Tokens] {
	n, err := strconv.ParseFloat(string(l.Raw(blocks)), 64)
	if err != nil {
		return fleet.None[fleet.Tokens]()
	}
	size, err := strconv.ParseFloat(string(l.Raw(perBlock)), 64)
	if err != nil {
		return fleet.None[fleet.Tokens]()
	}
	return Tokens(n, size)
}
