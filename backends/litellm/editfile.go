package litellm

import (
	"context"

	"pitwall/fleet"
)

// fileEdits refuses: weights are all that is edited in a config file.
func fileEdits(r fleet.RouteSpec, e fleet.RouteEdit) error {
	instead := "edit its config file by hand and roll the replicas"
	if e.Kind == fleet.EditBlock {
		instead = "set the target's weight to 0 instead"
	}
	return unsupported(editOp(r, e), "this LiteLLM keeps its routing in a file, in which pitwall changes weights alone: "+instead)
}

// Editable says so.
func (w *fileWriter) Editable(_ context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return fileEdits(r, e)
}

// Edit refuses likewise.
func (w *fileWriter) Edit(_ context.Context, r fleet.RouteSpec, e fleet.RouteEdit) error {
	return fileEdits(r, e)
}
