package rented

import (
	"errors"

	"pitwall/fleet"
)

// Of says something of one model that needs a look.
func Of(model fleet.ModelName, said ...fleet.Safe) fleet.Notice {
	return fleet.Notice{Level: fleet.LevelWarn,
		Text: fleet.Concat(append([]fleet.Safe{fleet.Text("model "), fleet.Quote(string(model))}, said...)...)}
}

// Without remarks a list that could not be read; what was read before it stays.
func Without(what fleet.Safe, err error) fleet.Notice {
	why := fleet.Text("it failed")
	if e, ok := errors.AsType[*fleet.Error](err); ok {
		why = fleet.Label(e.Error())
	}
	return fleet.Notice{Level: fleet.LevelWarn, Text: fleet.Concat(fleet.Text("not known: "), what, fleet.Text(": "), why)}
}

// Stopped tells whether it is the caller's time that ran out, or the caller that stopped: nothing more is asked then.
func Stopped(err error) bool {
	kind := fleet.KindOf(err)
	return kind == fleet.KindTimeout || kind == fleet.KindInterrupted
}
