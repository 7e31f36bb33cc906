package rayapi

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/serveconfig"
	"pitwall/fleet"
)

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := a.read(ctx, c, r.Object)
	if err != nil {
		return fleet.Draft{}, err
	}
	if r.UID != "" && r.UID != s.d.UID {
		return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "another Serve runs there by now")
	}
	if keeper := s.d.Serve.Keeper; keeper != "" {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, keeper)
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(w)
	case fleet.DoScale:
		if s.o.External {
			return s.external(w)
		}
		return s.resize(w)
	case fleet.DoHoldScaler:
		return s.resize(w)
	default: // refused below
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, cannot(w.Do))
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return restobjects.Refuse(kind, do, s.ref, why)
}

// cannot says why a deed is none of Ray Serve's, and what does it instead.
func cannot(do fleet.Deed) string {
	switch do {
	case fleet.DoRestart:
		return "Ray Serve replaces replicas only where their configuration changes; upgrade it with an argument that its code reads"
	case fleet.DoPause, fleet.DoResume:
		return "Ray Serve cannot stop an update where it is; undo of the change that began it writes back what was before"
	case fleet.DoAbandonRoll:
		return "Ray Serve keeps no older configuration: undo of the change that began the update writes back what was before"
	case fleet.DoAdvance, fleet.DoPromote, fleet.DoTraffic:
		return "Ray Serve replaces replicas in place and splits no traffic between versions"
	case fleet.DoFreeScaler:
		return "which min_replicas and max_replicas there were is not kept; undo the change that held it"
	default: // deeds of nodes
	}
	return "an application of Ray Serve can be upgraded and scaled"
}

// mayPut tells whether the configuration can be put without harm to others.
func (s *scene) mayPut(do fleet.Deed) error {
	switch {
	case !s.has:
		return s.no(fleet.KindUnsupported, do, "it was deployed by code (serve.run) and has no configuration here: deploy it anew by that "+
			"code, or "+
			"declare it once by serve deploy")
	case s.o.Status == deleting:
		return s.no(fleet.KindConflict, do, "it is being deleted")
	case len(s.d.Serve.Lost) > 0:
		return s.no(fleet.KindUnsupported, do, withoutConfig(s.d.Serve.Lost))
	}
	return nil
}

func (s *scene) fields(edits []serveconfig.Edit) []fleet.Field {
	var list []fleet.Field
	for _, e := range edits {
		list = append(list, jsonptr.Set(s.doc, e.Path, e.To))
	}
	return list
}

func (s *scene) one(text fleet.Safe, fields ...fleet.Field) fleet.Draft {
	write := restobjects.Set(s.ref, kind, s.d.UID, text, fields...)
	return fleet.Draft{Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{write}, Until: fleet.Until{Done: true}}}}
}

func (s *scene) upgrade(w fleet.Want) (fleet.Draft, error) {
	switch {
	case len(w.Parts) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Ray Serve has no canary; leave --canary out, or deploy the new version as an "+
			"application of its own beside this one")
	case w.Surge.OK:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Ray Serve replaces a fifth of the replicas at a time, old ones first; "+
			"leave --surge out")
	case w.Version != "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Ray Serve keeps no older configuration; undo the change that brought this one")
	case w.Image != "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "its replicas run in the image of the nodes of Ray, which is changed where "+
			"these are "+
			"kept; model and arguments can be changed here")
	}
	if err := s.mayPut(w.Do); err != nil {
		return fleet.Draft{}, err
	}
	edits, said, err := serveconfig.Upgrade([]serveconfig.App{s.conf}, w)
	if err != nil {
		return fleet.Draft{}, err
	}
	if len(edits) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it is as wanted already")
	}
	d := s.one(fleet.Join(said, fleet.Text("; ")), s.fields(edits)...)
	main := s.o.Deployments[s.o.main()]
	d.Down = max(main.target()/5, 1)
	d.Notes = append(s.notes(), fleet.Text("in place: Ray replaces a fifth of the replicas of a deployment at a time, at least one, and "+
		"ends the old ones "+
		"first. There is no canary, and Ray does not go back by itself: undo puts back what was before"))
	if main.target() <= 1 {
		d.Notes = append(d.Notes, fleet.Text("with one replica nothing serves while the new one loads"))
	}
	return d, nil
}

// notes say what a write does beside its own.
func (s *scene) notes() []fleet.Safe {
	n := len(s.d.Serve.Others)
	if n == 0 {
		return nil
	}
	beside := fleet.Text("1 other is")
	if n > 1 {
		beside = fleet.Textf("%s others are", fleet.Int(n))
	}
	return []fleet.Safe{fleet.Textf("Ray takes the configuration of all applications at once: %s sent back as they are read "+
		"right before. What "+
		"somebody else sets in that moment is lost, and all of them count as deployed anew", beside)}
}

// resize sets the number of replicas of one deployment, or both ends of its autoscaling, in the configuration.
func (s *scene) resize(w fleet.Want) (fleet.Draft, error) {
	if err := s.mayPut(w.Do); err != nil {
		return fleet.Draft{}, err
	}
	n := w.Replicas.Or(-1)
	part, err := s.part(w.Container)
	if err != nil {
		return fleet.Draft{}, err
	}
	live := s.o.Deployments[part.Name]
	now := part.Replicas.Or(live.target())
	edits, text, err := part.Resize(n)
	if w.Do == fleet.DoHoldScaler {
		edits, text, err = part.Hold(n)
	}
	if err != nil {
		return fleet.Draft{}, err
	}
	d := s.one(text, s.fields(edits)...)
	d.Stages[0].Until.Done = w.Do == fleet.DoScale
	s.size(&d, now, n, part.GPUs.Or(live.gpus()))
	d.Notes = append(s.notes(), d.Notes...)
	if _, listed := jsonptr.Find(s.doc, edits[0].Path); !listed && !s.d.Serve.Drops {
		d.Notes = append(d.Notes, fleet.Text("its configuration did not say it: undo takes it away again, and this Ray keeps the number then, "+
			"since it does not go back to what the code says"))
	}
	if w.Do == fleet.DoHoldScaler {
		d.Notes = append(d.Notes, fleet.Text("min_replicas and max_replicas are the same then: Ray does not scale it until this is undone"))
	}
	return d, nil
}

// part finds the deployment that is meant. One that only the code of the application says gets an entry in its configuration.
func (s *scene) part(name string) (*serveconfig.Deployment, error) {
	if name == "" && len(serveconfig.Deployments([]serveconfig.App{s.conf})) == 0 {
		name = s.o.main()
	}
	part, err := serveconfig.Part([]serveconfig.App{s.conf}, name)
	if err == nil {
		return part, nil
	}
	live, ok := s.o.Deployments[name]
	if !ok {
		return nil, err
	}
	part = s.conf.Unlisted(name)
	part.Replicas = fleet.Some(live.target())
	if auto := live.Config.Auto; auto != nil {
		part.Auto, part.Replicas = true, fleet.None[int]()
		part.Min, part.Max = fleet.Some(auto.Min), fleet.Some(auto.Max)
	}
	return part, nil
}

// size says what another number takes.
func (s *scene) size(d *fleet.Draft, now, n int, gpus float64) {
	d.Down = max(now-n, 0)
	if more := n - now; more > 0 && gpus > 0 {
		d.Extra = int(math.Ceil(gpus * float64(more)))
	}
	if n == 0 {
		d.Notes = append(d.Notes, fleet.Text("with 0 replicas nothing serves"))
	}
	if n > now {
		d.Notes = append(d.Notes, fleet.Text("where the nodes of Ray have no room for them, further replicas wait, unless Ray's autoscaler "+
			"adds nodes"))
	}
}

// external sets the number that an external scaler sets, by the call that is made for it.
func (s *scene) external(w fleet.Want) (fleet.Draft, error) {
	name, n := w.Container, w.Replicas.Or(-1)
	if name == "" {
		name = s.o.main()
	}
	live, ok := s.o.Deployments[name]
	switch {
	case !ok:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "there is no deployment "+fleet.Quote(name).String()+"; there are "+s.named())
	case n < 0:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case n == live.target():
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "deployment "+fleet.Quote(name).String()+" has "+strconv.Itoa(n)+" replicas already")
	}
	text := fleet.Textf("replicas of %s: %s -> %s", fleet.Quote(name), fleet.Int(live.target()), fleet.Int(n))
	d := s.one(text, jsonptr.Set(s.doc, scaleAt+jsonptr.Path(name), number(n)))
	s.size(&d, live.target(), n, live.gpus())
	d.Notes = append(d.Notes, fleet.Text("an external scaler sets this number (external_scaler_enabled): it may set it back at once"))
	return d, nil
}

func (s *scene) named() string {
	var list []fleet.Safe
	for _, name := range slices.Sorted(maps.Keys(s.o.Deployments)) {
		list = append(list, fleet.Quote(name))
	}
	return fleet.Join(list, fleet.Text(", ")).String()
}
