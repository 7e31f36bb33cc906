package bentocloud

import (
	"context"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Fields of ours that ask for calls of the API: another revision rolls again what is there, and the end stops it.
const (
	revisionAt = "/revision/uid"
	endedAt    = "/terminated"
)

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object, a.clock.Now())
	if err != nil {
		return fleet.Draft{}, err
	}
	switch {
	case r.UID != "" && s.text("/uid") != r.UID:
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another deployment has its name by now")
	case s.spec == nil:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "BentoCloud does not say what it is made of, so nothing could be put back; "+
			"deploy it with bentoml first")
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, &r, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(&r, w)
	case fleet.DoRestart:
		return s.restart(&r)
	case fleet.DoTraffic:
		return s.share(w)
	case fleet.DoAdvance:
		return s.advance(w)
	case fleet.DoPromote:
		return s.promote(&r)
	case fleet.DoAbandonRoll:
		return s.abandon()
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which bounds it had is not kept by BentoCloud; undo the change that held it")
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "BentoCloud cannot stop a roll where it is; upgrade with --canary, whose weight "+
			"holds where it is set")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a BentoCloud deployment can be upgraded, scaled, restarted, weighed, advanced, "+
		"promoted and aborted")
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return restobjects.Refuse(kind, do, s.ref, why)
}

func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return restobjects.Set(s.ref, kind, s.text("/uid"), text, fields...)
}

func (s *scene) to(path string, after any) fleet.Field { return jsonptr.Set(s.doc, path, after) }

// one is a draft of one stage.
func (s *scene) one(text fleet.Safe, until fleet.Until, fields ...fleet.Field) fleet.Draft {
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{s.write(text, fields...)}, Until: until}},
		Notes: []fleet.Safe{untested}}
}

var untested = fleet.Text("BentoCloud takes whole documents and refuses none that is late: what somebody else sends in the same " +
	"moment is lost")

// restart rolls again what is there. It is made as soon as there is another revision.
func (s *scene) restart(r *fleet.Rollout) (fleet.Draft, error) {
	if s.ended() {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoRestart, "it is terminated; upgrade it to the Bento that it shall run")
	}
	if s.text(revisionAt) == "" {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, fleet.DoRestart, "it has no revision by which one could see that it restarted")
	}
	d := s.one(fleet.Text("roll again what it runs"), fleet.Until{Done: true}, s.to(revisionAt, "another"))
	d.Stages[0].Writes[0].Passing = true
	d.Down, d.Rented = r.Surge.Missing, rented(r.Surge.Extra)
	d.NoUndo = fleet.Text("a restart is not taken back: the version is the same")
	return d, nil
}

func (s *scene) ended() bool {
	v, _ := jsonptr.Find(s.doc, endedAt)
	return v == true
}

// scale sets both bounds of one service, so that what is wanted is what runs. Zero replicas are the end of a deployment.
func (s *scene) scale(r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	if w.Do == fleet.DoScale && !w.Replicas.OK {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	}
	if w.Do == fleet.DoScale && w.Replicas.V == 0 {
		return s.terminate()
	}
	service, err := s.service(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	least, most := scaling(s.spec, service)
	n := w.Replicas.Or(least)
	switch {
	case n < 1:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "the largest number of replicas must be 1 or more")
	case w.Do == fleet.DoHoldScaler && least == most && n == least:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "nothing scales it by itself: both bounds are "+strconv.Itoa(n))
	case least == n && most == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+strconv.Itoa(n)+" replicas already")
	}
	at := "/spec" + jsonptr.Path("services", service, "scaling")
	text := fleet.Textf("replicas of service %s: %s-%s -> %s", fleet.Quote(service), fleet.Int(least), fleet.Int(most), fleet.Int(n))
	d := s.one(text, fleet.Until{Done: r.Phase == fleet.RolloutDone}, s.to(at+"/min_replicas", n), s.to(at+"/max_replicas", n))
	d.Rented, d.Down = rented(n-least), max(least-n, 0)
	if least != most {
		d.Notes = append(d.Notes, fleet.Text("it does not scale by itself any more; undo gives its bounds back"))
	}
	if len(s.canaries()) > 0 {
		d.Notes = append(d.Notes, fleet.Text("its canaries have bounds of their own, which stay"))
	}
	return d, nil
}

// service is the one that is named, else the only one, else the one that takes the requests.
func (s *scene) service(w fleet.Want) (string, error) {
	names := servicesOf(s.spec)
	entry := s.text("/entry_service")
	for _, name := range names {
		if name == w.Container || w.Container == "" && (len(names) == 1 || name == entry) {
			return name, nil
		}
	}
	return "", s.no(fleet.KindInvalid, w.Do, "which of its services is meant is not clear; name one with --container: "+quoted(names))
}

func (s *scene) terminate() (fleet.Draft, error) {
	if s.ended() {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoScale, "it is terminated already")
	}
	d := s.one(fleet.Text("terminate it: no replica runs, and nobody answers"), fleet.Until{Done: true}, s.to(endedAt, true))
	least, _, _ := bounds(s.spec)
	d.Down = least
	d.Notes = append(d.Notes, fleet.Text("undo puts its configuration again, which starts it anew"))
	return d, nil
}

// rented says what a cloud must have free: how many GPUs a replica has is not told.
func rented(replicas int) fleet.Safe {
	if replicas <= 0 {
		return fleet.Safe{}
	}
	return fleet.Textf("%s beside those that run", fleet.Many(replicas, "replica"))
}
