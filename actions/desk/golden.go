package desk

import (
	"errors"
	"strings"

	"pitwall/actions/audit"
	"pitwall/fleet"
	"pitwall/fleet/golden"
)

// ByHand is golden prompts that a person sends to the replicas of a pool outside of a change.
type ByHand struct {
	Pool     fleet.PoolID
	Prompts  []string // by their names; no text of them is kept
	Replicas int
	Answers  int // at the most
}

// namedPrompts bounds the names in one record.
const namedPrompts = 10

// ByHandOf is prompts to so many replicas.
func ByHandOf(pool fleet.PoolID, prompts []fleet.GoldenPrompt, replicas int) ByHand {
	h := ByHand{Pool: pool, Replicas: replicas}
	for i := range prompts {
		h.Prompts = append(h.Prompts, prompts[i].Name)
		h.Answers += max(prompts[i].Repeat, 1) * replicas
	}
	return h
}

func (h *ByHand) text() string {
	names := h.Prompts
	more := ""
	if n := len(names) - namedPrompts; n > 0 {
		names, more = names[:namedPrompts], " and "+fleet.Int(n).String()+" more"
	}
	return "pool " + string(h.Pool) + ": " + strings.Join(names, ", ") + more + " to " + fleet.Int(h.Replicas).String() + " replicas, up to " +
		fleet.Int(h.Answers).String() + " answers"
}

// AskByHand notes who sends golden prompts, and where to, before the first one leaves: they cost tokens and take the time of
// replicas that serve. What cannot be noted is not sent.
func (d *Desk) AskByHand(h ByHand) error {
	if d.audit == nil {
		return &fleet.Error{Kind: fleet.KindReadOnly, Op: "ask golden prompts", Err: errors.New(d.Book().Access.Why.String()),
			Next: "nothing was sent"}
	}
	rec := audit.Record{Kind: audit.KindAsked, Context: d.o.Context, Incident: d.incident(), Result: h.text()}
	_, err := d.audit.Append(rec.By(d.actor))
	return err
}

// Answered notes what the prompts showed.
func (d *Desk) Answered(h ByHand, findings []golden.Finding, cut bool) {
	count := map[golden.Verdict]int{}
	for _, f := range findings {
		count[f.Verdict]++
	}
	var parts []string
	for _, v := range []golden.Verdict{golden.Pass, golden.Fail, golden.Unclear} {
		if count[v] > 0 {
			parts = append(parts, fleet.Int(count[v]).String()+" "+string(v))
		}
	}
	if cut {
		parts = append(parts, "interrupted")
	}
	d.record(audit.Record{Kind: audit.KindAnswered, Incident: d.incident(),
		Result: "pool " + string(h.Pool) + ": " + strings.Join(parts, ", ")})
}
