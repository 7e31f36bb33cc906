package registry

import (
	"context"
	"fmt"
	"sync"

	"pitwall/fleet"
)

// Inspector opens objects of all clusters that the sources read; nil where no source can.
func (s Set) Inspector(sources []fleet.SourceSpec, deps fleet.Deps) fleet.Inspector {
	in := &inspectors{set: s, deps: deps, specs: map[fleet.ClusterID]fleet.SourceSpec{}, open: map[fleet.ClusterID]fleet.Inspector{}}
	for _, spec := range sources {
		if c := s.find(spec.Kind); c != nil && c.NewInspector != nil {
			in.specs[spec.Subject.Cluster] = spec
		}
	}
	if len(in.specs) == 0 {
		return nil
	}
	return in
}

// inspectors keeps one inspector for each cluster, opened when it is first asked.
type inspectors struct {
	set   Set
	deps  fleet.Deps
	specs map[fleet.ClusterID]fleet.SourceSpec

	mu   sync.Mutex
	open map[fleet.ClusterID]fleet.Inspector
}

func (in *inspectors) of(o fleet.ObjectRef) (fleet.Inspector, error) {
	spec, ok := in.specs[o.Cluster]
	if !ok {
		return nil, &fleet.Error{Kind: fleet.KindNotFound, Op: "open " + o.Kind + " " + o.Name,
			Err: fmt.Errorf("no cluster %q is configured", o.Cluster)}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if i := in.open[o.Cluster]; i != nil {
		return i, nil
	}
	i, err := in.set.find(spec.Kind).NewInspector(spec, in.deps)
	if err != nil {
		return nil, err
	}
	in.open[o.Cluster] = i
	return i, nil
}

// Describe tells an object in words.
func (in *inspectors) Describe(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	i, err := in.of(o)
	if err != nil {
		return nil, err
	}
	return i.Describe(ctx, o)
}

// Raw gives the object as its cluster holds it.
func (in *inspectors) Raw(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	i, err := in.of(o)
	if err != nil {
		return nil, err
	}
	return i.Raw(ctx, o)
}

// Containers lists those of a pod.
func (in *inspectors) Containers(ctx context.Context, o fleet.ObjectRef) ([]fleet.Container, error) {
	i, err := in.of(o)
	if err != nil {
		return nil, err
	}
	return i.Containers(ctx, o)
}

// Logs delivers the log of a pod.
func (in *inspectors) Logs(ctx context.Context, o fleet.ObjectRef, opt fleet.LogOptions, line func(fleet.Safe)) error {
	i, err := in.of(o)
	if err != nil {
		return err
	}
	return i.Logs(ctx, o, opt, line)
}
