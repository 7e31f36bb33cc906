package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// drawFields draws what the ladder asks to be typed, and the buttons.
func (d *shiftDialog) drawFields(s *sheet) {
	l := &d.state.Ladder
	reason, name := fleet.Text("reason"), fleet.Text("type it")
	if l.TypeName {
		if full := fleet.Concat(fleet.Text("type "), typedName(d.state.name())); part.Width(full) > s.Width()/2 {
			s.say(themes.Text, full, 2, 2)
		} else {
			name = full
		}
	}
	width := max(part.Width(reason), part.Width(name))
	if !l.TypeName {
		width = part.Width(reason)
	}
	if l.NeedsReason {
		d.field(s, FieldReason, reason, width, d.state.Reason)
	}
	if l.TypeName {
		d.field(s, FieldName, name, width, d.state.Name)
	}
	d.button(s, FieldCancel, fleet.Text("[ Cancel ]"))
	s.Gap(2)
	d.button(s, FieldConfirm, d.applyWord())
	s.End()
	s.mark(spareNever)
}

// applyWord is the word of the button that starts the change.
func (d *shiftDialog) applyWord() fleet.Safe {
	if d.plan == nil || len(d.plan.Steps) < 2 {
		return fleet.Text("[ APPLY ]")
	}
	if d.plan.Work != nil {
		return fleet.Textf("[ APPLY %s ]", fleet.Many(len(d.plan.Steps), "stage"))
	}
	return fleet.Textf("[ APPLY %s ]", fleet.Many(len(d.plan.Steps), "step"))
}

func (d *shiftDialog) field(s *sheet, field int, name fleet.Safe, width int, f TextField) {
	focus := d.state.Field == field
	cursor(s.Block, focus)
	s.Cell(themes.Text, name, width, part.Left).Gap(2)
	if focus {
		typing(s.Block, f, s.Room())
	} else {
		s.Put(themes.Text, part.Short(fleet.Label(f.Text), s.Room()))
	}
	for s.Room() > 0 {
		s.Say(themes.Dim, "_")
	}
	s.End()
}

func (d *shiftDialog) button(s *sheet, field int, word fleet.Safe) {
	if d.state.Field != field {
		s.Gap(2).Put(themes.Dim, word)
		return
	}
	s.Glyph(themes.Accent, s.Theme().Glyphs.Cursor, 1).Gap(1).Put(themes.Selected, word)
}
