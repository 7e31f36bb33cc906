package actions

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"pitwall/fleet"
)

// Level is how much a confirmation asks. Greater asks for more.
type Level int

// The levels of the confirm ladder.
const (
	LevelNone     Level = iota // a focused button
	LevelName                  // the typed name and a reason, which a taken incident gives
	LevelOverride              // the typed name, a typed reason and each override by its number
	LevelRefused               // cannot be confirmed
)

// MinOverrideReason is how long the reason for an override must be at least, in characters.
const MinOverrideReason = 10

// Ladder is what the confirmation of a plan asks.
type Ladder struct {
	Level       Level
	Prod        bool // a context that is not declared staging or development is production
	TypeName    bool // the raw name of the route, or of the alerting system, must be typed
	NeedsReason bool
	Overrides   []string   // interlocks that must be named, each once
	Refused     fleet.Safe // not "" when nothing can be confirmed, with the reason
}

// Confirm tells what the confirmation of a plan asks. It is pure. Production asks for the name and a reason; an
// override asks for both everywhere; what blocks, or was never checked, cannot be confirmed.
func Confirm(p Plan, checks []Check) Ladder {
	l := Ladder{Prod: p.Env != fleet.EnvStage && p.Env != fleet.EnvDev, Overrides: Overrides(checks)}
	if l.Prod {
		l.Level = LevelName
	}
	if len(l.Overrides) > 0 {
		l.Level = LevelOverride
	}
	l.TypeName = l.Level >= LevelName
	l.NeedsReason = l.TypeName
	l.Refused = refusal(checks)
	if l.TypeName && l.Refused.IsEmpty() && !typeable(p.Object()) {
		l.Refused = fleet.Concat(fleet.Text("the name "), fleet.Label(strconv.QuoteToASCII(p.Object())),
			fleet.Text(" has characters that cannot be typed safely"))
	}
	if !l.Refused.IsEmpty() {
		l.Level = LevelRefused
	}
	return l
}

// refusal is why checks forbid a confirmation, or "".
func refusal(checks []Check) fleet.Safe {
	if len(checks) == 0 {
		return fleet.Text("no check has run")
	}
	worst := Worst(checks)
	if worst < SeverityBlock {
		return fleet.Safe{}
	}
	c := checks[slices.IndexFunc(checks, func(c Check) bool { return c.Severity == worst })]
	text := fleet.Concat(fleet.Label(c.ID), fleet.Text(" "), fleet.Label(worst.String()), fleet.Text(": "), c.Title)
	if !c.Fix.IsEmpty() {
		text = fleet.Concat(text, fleet.Text("; "), c.Fix)
	}
	return text
}

// typeable tells whether a name is printable ASCII: only such a name looks the same as what is written to.
func typeable(name string) bool {
	return name != "" && fleet.IsClean(name) &&
		strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// Approve checks an approval against what the confirmation asks. It returns nil, or a KindBlocked error where an
// interlock refuses and a KindInvalid error where the approval falls short.
func Approve(p Plan, checks []Check, a Approval) error {
	l := Confirm(p, checks)
	if l.Level == LevelRefused {
		return &fleet.Error{Kind: fleet.KindBlocked, Op: "confirm", Err: errors.New(l.Refused.String()),
			Next: "nothing was changed"}
	}
	if l.TypeName && a.Typed != p.Object() && !p.answers(a.Typed) {
		return short(fmt.Errorf("the typed name %q is not the name of the %s, %q", a.Typed, p.ObjectKind(), p.Object()))
	}
	reason := strings.TrimSpace(a.Reason)
	if l.NeedsReason && reason == "" {
		return short(errors.New("a reason or a taken incident is needed"))
	}
	if len(l.Overrides) == 0 {
		return nil
	}
	if n := utf8.RuneCountInString(reason); n < MinOverrideReason {
		return short(fmt.Errorf("the reason for an override has %d characters and needs at least %d", n, MinOverrideReason))
	}
	for _, id := range l.Overrides {
		if !slices.Contains(a.Overrides, id) {
			return short(fmt.Errorf("the override of %s is not named", id))
		}
	}
	return nil
}

// answers tells whether a typed name is that of what a failover leaves: one name confirms all of its parts.
func (p *Plan) answers(typed string) bool {
	part := p.Intent.Failover
	return part != nil && typed != "" && typed == part.Origin.ID
}

// ConfirmAll tells what the confirmation of plans that start together asks: the most that one of them does, and the name of what
// the failover leaves.
func ConfirmAll(origin Origin, parts []PlannedPart) Ladder {
	var out Ladder
	for i := range parts {
		l := Confirm(parts[i].Plan, parts[i].Checks)
		out.Level, out.Prod = max(out.Level, l.Level), out.Prod || l.Prod
		out.TypeName, out.NeedsReason = out.TypeName || l.TypeName, out.NeedsReason || l.NeedsReason
		for _, id := range l.Overrides {
			if !slices.Contains(out.Overrides, id) {
				out.Overrides = append(out.Overrides, id)
			}
		}
		if out.Refused.IsEmpty() && !l.Refused.IsEmpty() {
			out.Refused = fleet.Concat(fleet.Label(parts[i].Plan.Object()), fleet.Text(": "), l.Refused)
		}
	}
	slices.Sort(out.Overrides)
	if out.TypeName && out.Refused.IsEmpty() && !typeable(origin.ID) {
		out.Level, out.Refused = LevelRefused, fleet.Concat(fleet.Text("the name "), fleet.Label(strconv.QuoteToASCII(origin.ID)),
			fleet.Text(" has characters that cannot be typed safely"))
	}
	if len(parts) == 0 {
		out.Level, out.Refused = LevelRefused, fleet.Text("nothing is planned")
	}
	return out
}

func short(err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "confirm", Err: err, Next: "nothing was changed"}
}
