package runner

import (
	"context"
	"slices"

	"pitwall/fleet"
)

// placed is where the objects of a change are, seen from one stage.
type placed int

const (
	unapplied placed = iota // at least one object holds what the stage before left
	applied                 // all hold what the stage writes
	followed                // and what follows on it
	strange                 // one holds something else
	vanished                // one is not there any more
)

func (p placed) text() fleet.Safe {
	return map[placed]fleet.Safe{
		unapplied: fleet.Text("it is as the stage before left it"),
		applied:   fleet.Text("it holds what the stage writes"),
		followed:  fleet.Text("it holds what the stage writes and what follows on it"),
		strange:   fleet.Text("it holds something else: somebody changed it"),
		vanished:  fleet.Text("it is not there any more, or another one has its name"),
	}[p]
}

// place reads where the objects are. Each is compared with what all stages together leave there: before this one, with
// it, and with what follows on it.
func (w *work) place(n int) (placed, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
	defer cancel()
	worst := followed
	for _, spot := range w.spots(n) {
		at, err := w.find(ctx, spot)
		if err != nil || at >= strange {
			return at, err
		}
		worst = min(worst, at)
	}
	s := w.stage(n)
	for i, write := range append(s.Writes[:len(s.Writes):len(s.Writes)], s.Then...) {
		if lasts(&write) {
			continue
		}
		at, err := w.read.Stand(ctx, write)
		switch {
		case err != nil:
			return strange, err
		case at == fleet.StandsGone && write.Passing:
			return vanished, nil
		case at == fleet.StandsBefore && i < len(s.Writes):
			worst = unapplied
		case at == fleet.StandsBefore:
			worst = min(worst, applied)
		}
	}
	return worst, nil
}

// lasts tells whether what a write sets stays until somebody sets something else.
func lasts(w *fleet.ObjectWrite) bool { return w.Verb == fleet.WriteSet && !w.Passing }

// spot is one part of one object, with what all of its fields that the change touches hold at each level: before the
// stage, with it, and with what follows on it.
type spot [followed + 1]fleet.ObjectWrite

// spots are the parts of objects that the stages up to the n-th set.
func (w *work) spots(n int) []spot {
	all := w.plan.Writes(n)
	earlier := len(w.plan.Writes(n - 1))
	ends := spot{}.ends(earlier, earlier+len(w.stage(n).Writes), len(all))
	var out []spot
	for i, write := range all {
		if !lasts(&write) {
			continue
		}
		at := slices.IndexFunc(out, func(s spot) bool { return s[0].Object == write.Object && s[0].Part == write.Part })
		if at < 0 {
			at = len(out)
			blank := write
			blank.Fields = nil
			out = append(out, spot{blank, blank, blank})
		}
		for level := range out[at] {
			out[at][level].Fields = expect(out[at][level].Fields, write.Fields, i < ends[level])
		}
	}
	return out
}

// at is what the fields hold at a level, the furthest for what is none.
func (s spot) at(level placed) fleet.ObjectWrite {
	switch level {
	case unapplied:
		return s[unapplied]
	case applied:
		return s[applied]
	default:
		return s[followed]
	}
}

func (spot) ends(of ...int) (out [followed + 1]int) {
	copy(out[:], of)
	return out
}

// expect adds fields to those that are compared; where they are not set yet, they hold what was before.
func expect(fields, added []fleet.Field, set bool) []fleet.Field {
	for _, f := range added {
		at := slices.IndexFunc(fields, func(o fleet.Field) bool { return o.Path == f.Path })
		if at < 0 {
			at = len(fields)
			fields = append(fields, fleet.Field{Path: f.Path, Before: f.Before, After: f.Before})
		}
		if set {
			fields[at].After = f.After
		}
	}
	return fields
}

// find tells which level a part of an object is at, the furthest first.
func (w *work) find(ctx context.Context, s spot) (placed, error) {
	for level := followed; level >= unapplied; level-- {
		at, err := w.read.Stand(ctx, s[level])
		switch {
		case err != nil:
			return strange, err
		case at == fleet.StandsGone:
			return vanished, nil
		case at == fleet.StandsAfter:
			return level, nil
		}
	}
	return strange, nil
}
