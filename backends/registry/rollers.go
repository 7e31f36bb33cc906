package registry

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"pitwall/fleet"
)

// Rollers gives what reads and drafts the rollouts of each cluster, which is opened when it is first asked for. sources
// is asked each time, since some are found while pitwall runs.
func (s Set) Rollers(sources func() []fleet.SourceSpec, deps fleet.Deps) func(fleet.ClusterID) (fleet.Roller, bool) {
	r := &rollers{set: s, sources: sources, deps: deps, open: map[fleet.ClusterID]opened{}}
	for _, c := range s {
		if c.NewOrchestrator != nil {
			r.known = append(r.known, c.NewOrchestrator(deps))
		}
	}
	return r.of
}

// ObjectWriters opens a writer for each cluster whose objects can be written. It is only called while writing is allowed.
func (s Set) ObjectWriters(sources []fleet.SourceSpec, deps fleet.Deps) (map[fleet.ClusterID]fleet.ObjectWriter, error) {
	writers := map[fleet.ClusterID]fleet.ObjectWriter{}
	var errs []error
	for _, spec := range sources {
		c := s.find(spec.Kind)
		if c == nil || c.NewObjectWriter == nil {
			continue
		}
		if spec.TLS.Insecure {
			errs = append(errs, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open writer of " + string(spec.ID),
				Err: errors.New("TLS is not verified for this cluster"), Next: "it can be watched, not changed"})
			continue
		}
		deps.Via = spec.Via
		w, err := c.NewObjectWriter(spec, deps)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		writers[spec.Subject.Cluster] = w
	}
	return writers, errors.Join(errs...)
}

// rollers keeps one roller for each cluster, as long as its source stays the same.
type rollers struct {
	set     Set
	sources func() []fleet.SourceSpec
	deps    fleet.Deps
	known   []fleet.Orchestrator

	mu   sync.Mutex
	open map[fleet.ClusterID]opened
}

type opened struct {
	spec   fleet.SourceSpec
	roller fleet.Roller
}

func (r *rollers) of(id fleet.ClusterID) (fleet.Roller, bool) {
	spec, ok := r.source(id)
	if !ok {
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if o, ok := r.open[id]; ok && reflect.DeepEqual(o.spec, spec) {
		return o.roller, true
	}
	deps := r.deps
	deps.Via = spec.Via
	objects, err := r.set.find(spec.Kind).NewObjects(spec, deps)
	if err != nil {
		return broken{err}, true // tried again at the next call
	}
	made := &roller{objects: objects, known: r.known, source: spec.ID}
	r.open[id] = opened{spec, made}
	return made, true
}

// source is that of a cluster. Of several, the last one counts, as it does for Inspector.
func (r *rollers) source(id fleet.ClusterID) (fleet.SourceSpec, bool) {
	list := r.sources()
	for _, spec := range slices.Backward(list) {
		if c := r.set.find(spec.Kind); c != nil && c.NewObjects != nil && spec.Subject.Cluster == id {
			return spec, true
		}
	}
	return fleet.SourceSpec{}, false
}

// broken is a cluster that cannot be opened: whoever asks learns why.
type broken struct{ err error }

func (b broken) Rollout(context.Context, fleet.ObjectRef) (fleet.Rollout, error) {
	return fleet.Rollout{}, b.err
}

func (b broken) Draft(context.Context, fleet.Rollout, fleet.Want) (fleet.Draft, error) {
	return fleet.Draft{}, b.err
}

func (b broken) Stand(context.Context, fleet.ObjectWrite) (fleet.Standing, error) { return "", b.err }

func (b broken) May(context.Context, fleet.ObjectWrite) error { return b.err }

// roller chooses, for one cluster, the orchestrator that knows a kind and the version in which the cluster serves it.
type roller struct {
	objects fleet.Objects
	known   []fleet.Orchestrator
	source  fleet.SourceID
}

// candidate is one kind that an orchestrator knows.
type candidate struct {
	by   fleet.Orchestrator
	kind fleet.ObjectKind
}

// Rollout implements fleet.Roller. Several systems may have kinds of one name: the object is where it is found.
func (r *roller) Rollout(ctx context.Context, o fleet.ObjectRef) (fleet.Rollout, error) {
	op := "read the rollout of " + fleet.Quote(o.Kind+" "+o.Name).String()
	served, err := r.served(ctx, op, o.Kind)
	if err != nil {
		return fleet.Rollout{}, err
	}
	var missing error
	for _, c := range served {
		got, err := c.by.Rollout(ctx, r.objects, c.kind, o)
		if fleet.KindOf(err) == fleet.KindNotFound {
			missing = err
			continue
		}
		if got.API == (fleet.ObjectKind{}) {
			got.API = c.kind
		}
		return got, err
	}
	return fleet.Rollout{}, missing
}

// Draft implements fleet.Roller.
func (r *roller) Draft(ctx context.Context, from fleet.Rollout, w fleet.Want) (fleet.Draft, error) {
	for _, c := range r.candidates(from.Object.Kind) {
		if c.kind.Group == from.API.Group && c.kind.Version == from.API.Version && c.kind.Resource == from.API.Resource {
			return c.by.Draft(ctx, r.objects, from, w)
		}
	}
	return fleet.Draft{}, r.unknown("draft a change of "+fleet.Quote(from.Object.Kind+" "+from.Object.Name).String(), from.Object.Kind)
}

// Stand implements fleet.Roller.
func (r *roller) Stand(ctx context.Context, w fleet.ObjectWrite) (fleet.Standing, error) {
	return r.objects.Stand(ctx, w)
}

// May implements fleet.Roller.
func (r *roller) May(ctx context.Context, w fleet.ObjectWrite) error { return r.objects.May(ctx, w) }

func (r *roller) candidates(kind string) []candidate {
	var list []candidate
	for _, by := range r.known {
		for _, k := range by.Kinds() {
			if k.Kind == kind {
				list = append(list, candidate{by, k})
			}
		}
	}
	return list
}

// served are the candidates for a kind in the versions that the cluster has: of each group one, the first in the order
// of the cluster that an orchestrator knows.
func (r *roller) served(ctx context.Context, op, kind string) ([]candidate, error) {
	all := r.candidates(kind)
	if len(all) == 0 {
		return nil, r.unknown(op, kind)
	}
	var list []candidate
	var asked, has []string
	for _, c := range all {
		group := c.kind.Group
		if slices.Contains(asked, group) {
			continue
		}
		asked = append(asked, group)
		versions, err := r.objects.Versions(ctx, group)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			if i := slices.IndexFunc(all, func(c candidate) bool { return c.kind.Group == group && c.kind.Version == v }); i >= 0 {
				list = append(list, all[i])
				break
			}
			has = append(has, group+"/"+v)
		}
	}
	if len(list) == 0 {
		return nil, r.unserved(op, all, has)
	}
	return list, nil
}

// unserved says that a cluster does not have a kind, or has it in other versions only.
func (r *roller) unserved(op string, all []candidate, has []string) error {
	known := make([]string, len(all))
	for i, c := range all {
		known[i] = c.kind.Group + "/" + c.kind.Version
	}
	if len(has) == 0 {
		return &fleet.Error{Kind: fleet.KindNotFound, Op: op, Source: r.source,
			Err: fmt.Errorf("the cluster does not have this kind (%s)", strings.Join(known, ", "))}
	}
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: r.source,
		Err: fmt.Errorf("the cluster has it as %s, and pitwall knows %s", fleet.Quote(strings.Join(has, ", ")), strings.Join(known, ", "))}
}

func (r *roller) unknown(op, kind string) error {
	var words []string
	for _, by := range r.known {
		for _, k := range by.Kinds() {
			if !slices.Contains(words, k.Kind) {
				words = append(words, k.Kind)
			}
		}
	}
	knows := "it knows none"
	if len(words) > 0 {
		knows = "it knows " + strings.Join(words, ", ")
	}
	return &fleet.Error{Kind: fleet.KindUnsupported, Op: op, Source: r.source,
		Err: fmt.Errorf("no system that pitwall knows has the kind %s; %s", fleet.Quote(kind), knows)}
}
