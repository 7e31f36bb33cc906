package interlocks

import (
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// owned is IL-38: who else writes the object.
func owned(p actions.Plan, _ *fleet.Snapshot, _ actions.Book, now time.Time) actions.Check {
	return unlessOld(othersWrite(&p.Work.Was), &p, specLife, actions.SeverityWarn, now)
}

func othersWrite(w *fleet.Rollout) actions.Check {
	switch {
	case !w.Frozen.IsEmpty():
		return verdict(actions.SeverityBlock, fleet.Text("a write has no effect: "), w.Frozen)
	case w.Holder.Name != "":
		return verdict(actions.SeverityOVR, fleet.Label(w.Holder.Kind), fleet.Text(" "), fleet.Label(w.Holder.Name),
			fleet.Text(" keeps it and undoes this within seconds: change that instead"))
	case !w.GitOps.IsEmpty():
		return verdict(actions.SeverityOVR, w.GitOps,
			fleet.Text(" applies it: this is undone at its next sync unless the repository says the same"))
	case !w.OwnersUnread.IsEmpty():
		return missing(actions.SeverityWarn, fleet.Text("who else writes its fields is not known: "), w.OwnersUnread)
	}
	return pass(fleet.Text("no controller and no repository above it is known"))
}
