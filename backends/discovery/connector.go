package discovery

import (
	"cmp"
	"maps"

	"pitwall/fleet"
)

// Options of a source that are read here and not passed on.
const (
	optDiscover = "discover" // "true" searches what the cluster runs
	optPrefix   = "prefix"   // put before the names of what is found
	optSite     = "site"     // of what is found; "" is the cluster's name
	optDirect   = "direct"   // "false" never tries the addresses of pods
)

// Around returns a connector of clusters whose sources also tell what was found in them, by the signs of all connectors.
func Around(inner fleet.Connector, all func() []fleet.Connector) fleet.Connector {
	open := inner.NewReader
	inner.NewReader = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Reader, error) {
		bare := without(spec)
		r, err := open(bare, deps)
		if err != nil || spec.Options[optDiscover] != "true" {
			return r, err
		}
		w, ok := r.(fleet.Watcher)
		if !ok {
			return r, nil
		}
		return Watch(w, Options{Cluster: cmp.Or(spec.Subject.Cluster, fleet.ClusterID(spec.ID)), Connectors: all(), Deps: deps,
			Prefix: spec.Options[optPrefix], Site: fleet.SiteID(spec.Options[optSite]), Key: spec.FoundKey,
			NoDirect: spec.Options[optDirect] == "false"}), nil
	}
	if carriers := inner.NewCarriers; carriers != nil {
		inner.NewCarriers = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Carriers, error) {
			return carriers(without(spec), deps)
		}
	}
	if inspector := inner.NewInspector; inspector != nil {
		inner.NewInspector = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Inspector, error) {
			return inspector(without(spec), deps)
		}
	}
	if objects := inner.NewObjects; objects != nil {
		inner.NewObjects = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Objects, error) {
			return objects(without(spec), deps)
		}
	}
	if writer := inner.NewObjectWriter; writer != nil {
		inner.NewObjectWriter = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.ObjectWriter, error) {
			return writer(without(spec), deps)
		}
	}
	if shared := inner.NewSharedReader; shared != nil {
		inner.NewSharedReader = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.SharedReader, error) {
			return shared(without(spec), deps)
		}
	}
	if shared := inner.NewSharedWriter; shared != nil {
		inner.NewSharedWriter = func(spec fleet.SourceSpec, deps fleet.Deps) (fleet.SharedWriter, error) {
			return shared(without(spec), deps)
		}
	}
	return inner
}

// Searches tells whether what a source's cluster runs is searched for.
func Searches(spec fleet.SourceSpec) bool { return spec.Options[optDiscover] == "true" }

// without is a source as its own connector knows it.
func without(spec fleet.SourceSpec) fleet.SourceSpec {
	spec.Options = maps.Clone(spec.Options)
	for _, name := range []string{optDiscover, optPrefix, optSite, optDirect} {
		delete(spec.Options, name)
	}
	return spec
}
