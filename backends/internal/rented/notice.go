package rented

import "pitwall/fleet"

// Of says something of one model that needs a look.
func Of(model fleet.ModelName, said ...fleet.Safe) fleet.Notice {
	return fleet.Notice{Level: fleet.LevelWarn,
		Text: fleet.Concat(append([]fleet.Safe{fleet.Text("model "), fleet.Label(string(model))}, said...)...)}
}
