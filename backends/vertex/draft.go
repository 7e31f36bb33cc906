package vertex

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/backends/internal/split"
	"pitwall/fleet"
)

const splitAt = "/trafficSplit"

// Draft implements fleet.Orchestrator.
func (a *Orchestrator) Draft(ctx context.Context, c fleet.Objects, r fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	s, err := read(ctx, c, r.Object)
	if err != nil {
		return fleet.Draft{}, err
	}
	if err := s.ready(&r, w.Do); err != nil {
		return fleet.Draft{}, err
	}
	switch w.Do {
	case fleet.DoUpgrade:
		return s.upgrade(ctx, w)
	case fleet.DoScale, fleet.DoHoldScaler:
		return s.scale(w)
	case fleet.DoTraffic:
		return s.share(w)
	case fleet.DoAdvance, fleet.DoPromote, fleet.DoAbandonRoll:
		return s.move(w)
	case fleet.DoFreeScaler:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "which bounds it had is not kept by Vertex AI; undo the change that held it")
	case fleet.DoRestart:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Vertex AI has no call that restarts a deployed model; upgrade to the same "+
			"model again under "+
			"another version, or deploy it a second time and move the traffic")
	case fleet.DoPause, fleet.DoResume:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "Vertex AI cannot stop a deployment where it is; weights hold where they are set")
	default: // deeds of nodes
	}
	return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "an endpoint of Vertex AI can be upgraded, scaled, weighed, advanced, "+
		"promoted and aborted")
}

// ready tells whether something can be planned now.
func (s *scene) ready(r *fleet.Rollout, do fleet.Deed) error {
	long := do == fleet.DoUpgrade || do == fleet.DoScale || do == fleet.DoHoldScaler
	switch {
	case r.UID != "" && s.uid != r.UID:
		return s.no(fleet.KindConflict, do, "another endpoint has its name by now")
	case !s.going.IsEmpty():
		return s.no(fleet.KindConflict, do, s.going.String()+" is under way: what it leaves is seen when it is over")
	case long && !s.unread.IsEmpty():
		return s.no(fleet.KindAuth, do, s.unread.String()+"; without that nobody could tell when it is over")
	}
	return nil
}

func (s *scene) no(kind fleet.Kind, do fleet.Deed, why string) error {
	return restobjects.Refuse(kind, do, s.ref, why)
}

func (s *scene) write(text fleet.Safe, fields ...fleet.Field) fleet.ObjectWrite {
	return restobjects.Set(s.ref, kind, s.uid, text, fields...)
}

func (s *scene) weights() map[string]int {
	out := map[string]int{}
	for _, m := range s.members {
		out[m.ID] = s.Split[m.ID]
	}
	return out
}

// weigh are the fields that move the split. What gets nothing has no field, as in the API.
func weigh(ids []string, from, to map[string]int) []fleet.Field {
	var fields []fleet.Field
	for _, id := range ids {
		if from[id] == to[id] {
			continue
		}
		f := fleet.Field{Path: splitAt + jsonptr.Path(id)}
		if from[id] > 0 {
			f.Before = jsonptr.Encode(from[id])
		}
		if to[id] > 0 {
			f.After = jsonptr.Encode(to[id])
		}
		fields = append(fields, f)
	}
	return fields
}

func (s *scene) ids() []string {
	out := make([]string, len(s.members))
	for i, m := range s.members {
		out[i] = m.ID
	}
	return out
}

func (s *scene) share(w fleet.Want) (fleet.Draft, error) {
	members := s.traffic().Members
	to, why := split.Percent(members, w.Shares)
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	for _, m := range members {
		if d := s.Deployed[m.ID]; to[m.ID] > m.Weight && d != nil && d.Available != nil && !m.Ready {
			return fleet.Draft{}, s.no(fleet.KindConflict, w.Do, "the replicas of "+fleet.Quote(m.ID).String()+" are not all available")
		}
	}
	text := split.Text(members, to)
	d := fleet.Draft{Stages: []fleet.Stage{{Text: text, // it is over once it is taken
		Writes: []fleet.ObjectWrite{s.write(text, weigh(s.ids(), s.weights(), to)...)}}}, Weights: true}
	for _, m := range members {
		if has := s.Deployed[m.ID]; to[m.ID] > m.Weight && has != nil && has.Available == nil {
			d.Notes = append(d.Notes, fleet.Textf("Google does not say how many replicas of %s are available: ask it something before it gets "+
				"requests", fleet.Quote(m.ID)))
		}
	}
	return d, nil
}

// move moves requests between the newest deployed model and the one that serves beside it.
func (s *scene) move(w fleet.Want) (fleet.Draft, error) {
	if len(s.members) < 2 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "one model is deployed on it; upgrade puts another beside it")
	}
	fresh := s.members[0]
	old := s.busiest(fresh.ID)
	if old == nil && len(s.members) == 2 {
		old = s.members[1]
	}
	others := 0
	for _, m := range s.members[1:] {
		if s.Split[m.ID] > 0 {
			others++
		}
	}
	if old == nil || others > 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "beside the newest model several could take what it leaves: pitwall "+
			"traffic sets the weight of "+
			"each; it has "+split.Names(s.traffic().Members))
	}
	percent := 0
	switch {
	case w.Do == fleet.DoPromote:
		percent = split.Whole
	case w.Do == fleet.DoAdvance && len(w.Parts) != 1:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a split has weights and no list of steps; name it with --to PERCENT, or promote")
	case w.Do == fleet.DoAdvance:
		percent = int(math.Round(float64(w.Parts[0]) * split.Whole))
	}
	d, err := s.share(fleet.Want{Do: w.Do, Shares: []fleet.Share{{Member: fresh.ID, Weight: percent},
		{Member: old.ID, Weight: split.Whole - percent}}})
	if err == nil {
		d.Notes = append(d.Notes, fleet.Text("both stay deployed, and both cost: undeploy the one that nobody wants any more in Google Cloud"))
	}
	return d, err
}

// scale sets the bounds of one deployed model.
func (s *scene) scale(w fleet.Want) (fleet.Draft, error) {
	m, err := s.named(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	n := w.Replicas.Or(m.least())
	if w.Do == fleet.DoHoldScaler && !w.Replicas.OK && m.Available != nil {
		n = *m.Available
	}
	switch {
	case w.Do == fleet.DoScale && !w.Replicas.OK:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "how many replicas are wanted is not said")
	case m.Block == "":
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it runs in a deployment resource pool, which others share: scale the pool "+
			"in Google Cloud")
	case n < 1:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "version 1 of the API keeps one replica at the least; give its requests to "+
			"another with pitwall "+
			"traffic and undeploy it in Google Cloud")
	case m.least() == n && m.most() == n:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it has "+strconv.Itoa(n)+" replicas already")
	}
	at := "/deployed" + jsonptr.Path(m.ID)
	text := fleet.Textf("replicas of %s: %s-%s -> %s", fleet.Quote(m.ID), fleet.Int(m.least()), fleet.Int(m.most()), fleet.Int(n))
	d := fleet.Draft{Stages: []fleet.Stage{{Text: text, Until: fleet.Until{Done: true}, Writes: []fleet.ObjectWrite{s.write(text,
		jsonptr.Set(s.doc, at+"/minReplicaCount", n), jsonptr.Set(s.doc, at+"/maxReplicaCount", n))}}}, Down: max(m.least()-n, 0)}
	if n > m.least() {
		d.Rented = m.rented(n - m.least())
	}
	if m.most() > m.least() {
		d.Notes = append(d.Notes, fleet.Text("it does not scale by itself any more; undo gives its bounds back"))
	}
	return d, nil
}

// rented says what Google must have free.
func (m *member) rented(n int) fleet.Safe {
	text := fleet.Many(n, "replica")
	if m.Machine != "" {
		text = fleet.Textf("%s of %s", text, fleet.Quote(m.Machine))
	}
	if m.Accelerators > 0 {
		text = fleet.Textf("%s with %s %s", text, fleet.Int(m.Accelerators), fleet.Quote(m.Accelerator))
	}
	return text
}

// named is the deployed model that is meant.
func (s *scene) named(w fleet.Want) (*member, error) {
	var found []*member
	for _, m := range s.members {
		if w.Container == m.ID || w.Container == "" && (len(s.members) == 1 || s.Split[m.ID] == split.Whole) {
			found = append(found, m)
		}
	}
	if len(found) != 1 {
		return nil, s.no(fleet.KindInvalid, w.Do, "which deployed model is meant is not clear; name one with --container: "+
			""+split.Names(s.traffic().Members))
	}
	return found[0], nil
}

// upgrade deploys another version of the model beside the one that serves, with its machines and bounds, and moves the
// requests there. The way back gives them back and takes the new one away again.
func (s *scene) upgrade(ctx context.Context, w fleet.Want) (fleet.Draft, error) {
	old, err := s.replaced(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	version, err := s.model(ctx, w, old)
	if err != nil {
		return fleet.Draft{}, err
	}
	id := deployedID(version)
	for _, m := range s.members {
		if m.Version == version || m.ID == id {
			return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "model "+fleet.Quote(version).String()+" is deployed already as "+
				""+fleet.Quote(m.ID).String()+
				": pitwall traffic gives it requests")
		}
	}
	at := "/deployed" + jsonptr.Path(id) + "/version"
	text := fleet.Textf("model: %s -> %s, deployed as %s", fleet.Quote(old.Version), fleet.Quote(version), fleet.Quote(id))
	deploy := s.write(text, fleet.Field{Path: at, After: jsonptr.Encode(version)})
	d := fleet.Draft{Rented: old.rented(max(old.least(), 1)), Stages: []fleet.Stage{{Text: text, Writes: []fleet.ObjectWrite{deploy},
		Until: fleet.Until{Done: true}}}, Notes: []fleet.Safe{fleet.Textf("%s stays deployed, and costs, for the way back: undeploy it in "+
		"Google Cloud once nobody "+
		"wants back", fleet.Quote(old.ID))}, To: fleet.Version{Name: fleet.Quote(id), ID: id, Weights: fleet.Quote(version)}}
	if len(w.Parts) > 0 {
		d.Notes = append(d.Notes, fleet.Text("Google does not say which replicas are whose: old and new cannot be compared, so that each "+
			"stage waits for a "+
			"person unless --by-readiness is given"))
	}
	undeploy, _ := deploy.Inverse()
	ids := append(s.ids(), id)
	first := s.weights()
	from := first
	step := func(percent int, canary bool) {
		to := map[string]int{old.ID: split.Whole - percent, id: percent}
		fields := weigh(ids, from, to)
		if len(fields) == 0 {
			return
		}
		say := fleet.Textf("requests to %s: %s %%", fleet.Quote(id), fleet.Int(percent))
		back := s.write(fleet.Textf("requests back to %s", fleet.Quote(old.ID)), weigh(ids, to, first)...)
		d.Stages = append(d.Stages, fleet.Stage{Text: say, Writes: []fleet.ObjectWrite{s.write(say, fields...)}, Until: fleet.Until{Done: true},
			Canary: canary, Back: []fleet.ObjectWrite{back, undeploy}})
		from = to
	}
	for _, p := range w.Parts {
		step(min(max(int(math.Round(float64(p)*split.Whole)), 1), split.Whole), true)
	}
	step(split.Whole, false)
	return d, nil
}

// replaced is the deployed model whose place another takes.
func (s *scene) replaced(w fleet.Want) (*member, error) {
	serving := s.busiest("")
	switch {
	case w.Image != "" || len(w.Args) > 0 || w.Container != "":
		return nil, s.no(fleet.KindUnsupported, w.Do, "image and flags are inside of a model version: upload another version and name it "+
			"with --model")
	case w.Surge.OK:
		return nil, s.no(fleet.KindUnsupported, w.Do, "a version is deployed beside the one that serves, as a whole; leave --surge out")
	case w.Version != "":
		return nil, s.no(fleet.KindUnsupported, w.Do, "what is deployed still is weighed by pitwall traffic; name another model version "+
			"with --model")
	case serving == nil:
		return nil, s.no(fleet.KindUnsupported, w.Do, "no deployed model gets requests, so that there are no machines to go by; deploy one "+
			"in Google Cloud")
	case s.Split[serving.ID] != split.Whole:
		return nil, s.no(fleet.KindUnsupported, w.Do, "several models get requests: give all to one first with pitwall traffic; it has "+
			split.Names(s.traffic().Members))
	}
	return serving, nil
}

// model finds the version that is wanted: MODEL@VERSION, or MODEL for its default version.
func (s *scene) model(ctx context.Context, w fleet.Want, old *member) (string, error) {
	want := w.Weights[strings.LastIndexByte(w.Weights, '/')+1:]
	if w.Revision != "" {
		name, _, _ := strings.Cut(want, "@")
		if name == "" {
			name, _, _ = strings.Cut(old.Version, "@")
		}
		want = name + "@" + w.Revision
	}
	if want == "" {
		return "", s.no(fleet.KindInvalid, w.Do, "which model is wanted is not said: --model MODEL@VERSION, or --revision VERSION")
	}
	body, err := s.c.Get(ctx, modelKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: modelKind.Kind, Name: want})
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return "", s.no(fleet.KindInvalid, w.Do, "the project has no model "+fleet.Quote(want).String()+" in this location")
	case err != nil:
		return "", err
	}
	var m struct {
		Name    string `json:"name"`
		Version string `json:"versionId"`
	}
	if err := jsonptr.Typed(body, &m); err != nil {
		return "", err
	}
	if m.Version == "" {
		return "", s.no(fleet.KindUnsupported, w.Do, "Google does not say which version of model "+fleet.Quote(want).String()+" it is")
	}
	return versionOf(m.Name, m.Version), nil
}

// deployedID is the ID under which a version is deployed, so that one that is planned twice is the same: up to ten digits.
func deployedID(version string) string {
	sum := sha256.Sum256([]byte(version))
	return strconv.FormatUint(1e9+binary.BigEndian.Uint64(sum[:8])%(9*1e9), 10)
}
