package bentocloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/split"
	"pitwall/fleet"
)

const (
	bentoAt  = "/spec/bento"
	routeAt  = "/spec/canary/route_type"
	byRandom = "random"
)

// upgrade deploys another Bento: in the place of the one that serves, or as a canary beside it that gets more and more of
// the traffic and takes its place at the end.
func (s *scene) upgrade(ctx context.Context, r *fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	tag, err := s.wanted(w)
	if err != nil {
		return fleet.Draft{}, err
	}
	switch {
	case len(s.canaries()) > 0:
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary serves beside it: promote it or abort first")
	case tag == s.text(bentoAt) && !s.ended():
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "it runs "+fleet.Quote(tag).String()+" already")
	case len(w.Parts) > 0 && s.ended():
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it is terminated: there is nothing that a canary could serve beside; "+
			"leave --canary out")
	}
	_, err = s.c.Get(ctx, bentoKind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: bentoKind.Kind, Name: tag})
	switch {
	case fleet.KindOf(err) == fleet.KindNotFound:
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, "BentoCloud has no Bento "+fleet.Quote(tag).String()+"; push it with bentoml push")
	case err != nil:
		return fleet.Draft{}, err
	}
	text := fleet.Textf("Bento: %s -> %s", fleet.Quote(s.text(bentoAt)), fleet.Quote(tag))
	if len(w.Parts) > 0 {
		return s.byCanary(r, w, tag, text)
	}
	fields := []fleet.Field{s.to(bentoAt, tag)}
	if s.ended() {
		fields = append(fields, s.to(endedAt, false))
	}
	d := s.one(text, fleet.Until{Done: true}, fields...)
	d.Down, d.Rented, d.To = r.Surge.Missing, rented(r.Surge.Extra), fleet.Version{Name: fleet.Quote(tag), ID: tag}
	return d, nil
}

// wanted is the tag that shall be deployed. A Bento holds image, weights and engine together: none of these can be changed
// alone.
func (s *scene) wanted(w fleet.Want) (string, error) {
	revision := ""
	if w.Revision != "" {
		repository, _, _ := strings.Cut(s.text(bentoAt), ":")
		revision = repository + ":" + w.Revision
	}
	tag := w.Version
	for _, other := range []string{w.Image, revision} {
		switch {
		case other == "" || other == tag:
		case tag != "":
			return "", s.no(fleet.KindInvalid, w.Do, "two Bentos are named")
		default:
			tag = other
		}
	}
	switch {
	case w.Weights != "" || len(w.Args) > 0:
		return "", s.no(fleet.KindUnsupported, w.Do, "weights and flags are inside of a Bento; build and push another one and name its tag "+
			"with --image")
	case w.Surge.OK:
		return "", s.no(fleet.KindUnsupported, w.Do, "what a roll takes beside what runs is said by the deployment_strategy of its "+
			"services; leave --surge out")
	case w.Container != "":
		return "", s.no(fleet.KindUnsupported, w.Do, "a Bento holds all services; leave --container out")
	case tag == "":
		return "", s.no(fleet.KindInvalid, w.Do, "which Bento is wanted is not said; name its tag with --image NAME:VERSION")
	case !strings.Contains(tag, ":"):
		return "", s.no(fleet.KindInvalid, w.Do, fleet.Quote(tag).String()+" is no tag as NAME:VERSION")
	}
	return tag, nil
}

// canaryName tells Bentos apart, so that a canary planned twice is the same.
func canaryName(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return "canary-" + hex.EncodeToString(sum[:4])
}

// byCanary serves the Bento beside the main one. Its services, variables and secrets are those of the main one, which the
// document that is sent takes over and the fields of the write do not hold.
func (s *scene) byCanary(r *fleet.Rollout, w fleet.Want, tag string, text fleet.Safe) (fleet.Draft, error) {
	name := canaryName(tag)
	at := canaryAt(name)
	d := fleet.Draft{Rented: rented(r.Desired), To: fleet.Version{Name: fleet.Quote(tag), ID: tag}, Notes: []fleet.Safe{untested,
		fleet.Text("the canary has as many replicas as the main version from its first stage on"),
		fleet.Text("BentoCloud does not say which replicas are whose: old and new cannot be compared, so that each stage waits for a person " +
			"unless --by-readiness is given")}}
	before := -1
	for _, p := range w.Parts {
		percent := min(max(int(math.Round(float64(p)*split.Whole)), 1), split.Whole)
		if percent == before {
			continue
		}
		say := fleet.Textf("canary %s: %s %% of the requests", fleet.Quote(name), fleet.Int(percent))
		fields := []fleet.Field{weightFrom(at, before, percent)}
		if before < 0 {
			say = fleet.Textf("%s as canary %s with %s %% of the requests", text, fleet.Quote(name), fleet.Int(percent))
			fields = append(fields, s.to(at+"/bento", tag), s.to(routeAt, byRandom))
		}
		d.Stages = append(d.Stages, fleet.Stage{Text: say, Writes: []fleet.ObjectWrite{s.write(say, fields...)}, Until: fleet.Until{Done: true},
			Canary: true})
		before = percent
	}
	say := fleet.Textf("Bento %s takes the place of %s", fleet.Quote(tag), fleet.Quote(s.text(bentoAt)))
	d.Stages = append(d.Stages, fleet.Stage{Text: say, Until: fleet.Until{Done: true}, Writes: []fleet.ObjectWrite{s.write(say,
		s.to(bentoAt, tag), fleet.Field{Path: at + "/weight", Before: jsonptr.Encode(before)},
		fleet.Field{Path: at + "/bento", Before: jsonptr.Encode(tag)}, fleet.Field{Path: routeAt, Before: jsonptr.Encode(byRandom)})}})
	return d, nil
}

func weightFrom(at string, before, after int) fleet.Field {
	f := fleet.Field{Path: at + "/weight", After: jsonptr.Encode(after)}
	if before >= 0 {
		f.Before = jsonptr.Encode(before)
	}
	return f
}

// share sets weights. Canaries have them; what is left is the main version's.
func (s *scene) share(w fleet.Want) (fleet.Draft, error) {
	members := s.traffic().Members
	if len(members) == 0 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "it has one version, which gets everything; upgrade with --canary puts "+
			"another beside it")
	}
	shares := w.Shares
	named, sum := false, 0
	for _, m := range members[1:] {
		n := m.Weight
		for _, x := range shares {
			if x.Member == m.ID {
				n = x.Weight
			}
		}
		sum += n
	}
	for _, x := range shares {
		named = named || x.Member == mainTarget
	}
	if !named && len(shares) > 0 {
		shares = append(shares[:len(shares):len(shares)], fleet.Share{Member: mainTarget, Weight: split.Whole - sum})
	}
	weights, why := split.Percent(members, shares)
	if why != "" {
		return fleet.Draft{}, s.no(fleet.KindInvalid, w.Do, why)
	}
	var fields []fleet.Field
	for _, m := range members[1:] {
		fields = append(fields, s.to(canaryAt(m.ID)+"/weight", weights[m.ID]))
	}
	d := s.one(split.Text(members, weights), fleet.Until{Done: true}, fields...)
	d.Weights = true
	return d, nil
}

// advance gives the one canary another share.
func (s *scene) advance(w fleet.Want) (fleet.Draft, error) {
	name, err := s.only(w.Do)
	if err != nil {
		return fleet.Draft{}, err
	}
	if len(w.Parts) != 1 {
		return fleet.Draft{}, s.no(fleet.KindUnsupported, w.Do, "a canary of BentoCloud has a weight and no list of steps; name it with "+
			"--to PERCENT, "+
			"or promote it")
	}
	return s.share(fleet.Want{Do: w.Do, Shares: []fleet.Share{{Member: name, Weight: int(math.Round(float64(w.Parts[0]) * split.Whole))}}})
}

func (s *scene) only(do fleet.Deed) (string, error) {
	names := s.canaries()
	switch len(names) {
	case 0:
		return "", s.no(fleet.KindInvalid, do, "it has no canary")
	case 1:
		return names[0], nil
	}
	return "", s.no(fleet.KindInvalid, do, "it has "+strconv.Itoa(len(names))+" canaries, "+quoted(names)+": which one is meant is not "+
		"clear; traffic "+
		"sets the weight of each")
}

// promote puts the canary's Bento in the place of the main one.
func (s *scene) promote(r *fleet.Rollout) (fleet.Draft, error) {
	name, err := s.only(fleet.DoPromote)
	if err != nil {
		return fleet.Draft{}, err
	}
	at := canaryAt(name)
	tag := s.text(at + "/bento")
	if s.text("/status") != running {
		return fleet.Draft{}, s.no(fleet.KindConflict, fleet.DoPromote, "its status is "+fleet.Quote(s.text("/status")).String()+" and not "+
			"running")
	}
	text := fleet.Textf("Bento %s takes the place of %s", fleet.Quote(tag), fleet.Quote(s.text(bentoAt)))
	d := s.one(text, fleet.Until{Done: true}, append([]fleet.Field{s.to(bentoAt, tag)}, s.without(name)...)...)
	d.Down, d.Rented = r.Surge.Missing, rented(r.Surge.Extra)
	if !s.like(name) {
		d.Notes = append(d.Notes, fleet.Text("the canary has services, variables or secrets of its own: the main version keeps its own"))
		d.NoUndo = ownSettings
	}
	return d, nil
}

var ownSettings = fleet.Text("the canary had settings of its own, which are not written down, since they may hold credentials; " +
	"deploy it again")

// abandon gives all requests back to the main version.
func (s *scene) abandon() (fleet.Draft, error) {
	names := s.canaries()
	if len(names) == 0 {
		return fleet.Draft{}, s.no(fleet.KindInvalid, fleet.DoAbandonRoll, "it has no canary; undo the change that began the roll")
	}
	text := fleet.Textf("no canary: %s gets all requests", fleet.Quote(s.text(bentoAt)))
	d := s.one(text, fleet.Until{Done: true}, s.without(names...)...)
	for _, name := range names {
		if !s.like(name) {
			d.NoUndo = ownSettings
		}
	}
	return d, nil
}

// without takes canaries away, all that there are.
func (s *scene) without(names ...string) []fleet.Field {
	var fields []fleet.Field
	for _, name := range names {
		fields = append(fields, s.to(canaryAt(name)+"/weight", nil), s.to(canaryAt(name)+"/bento", nil))
	}
	for _, path := range []string{routeAt, "/spec/canary/route_by"} {
		if s.text(path) != "" {
			fields = append(fields, s.to(path, nil))
		}
	}
	return fields
}

// like tells whether a canary has the services, variables and secrets of the main version, so that it could be made again.
func (s *scene) like(name string) bool {
	for _, k := range []string{"services", "envs", "secrets"} {
		a, _ := jsonptr.Find(s.doc, "/spec/"+k)
		b, _ := jsonptr.Find(s.doc, canaryAt(name)+"/"+k)
		if string(jsonptr.Encode(a)) != string(jsonptr.Encode(b)) {
			return false
		}
	}
	return true
}
