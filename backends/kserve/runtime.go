package kserve

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/child"
	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// The kinds of runtimes, which are read only: one of a namespace goes before one of the cluster.
var (
	runtimeKind       = fleet.ObjectKind{Group: group, Version: "v1alpha1", Resource: "servingruntimes", Kind: "ServingRuntime"}
	sharedRuntimeKind = fleet.ObjectKind{Group: group, Version: "v1alpha1", Resource: "clusterservingruntimes", Kind: "ClusterServingRuntime"}
)

// base is the container on which KServe lays what a service says. Only with it shows in a pod that something was taken away: an
// argument that the service does not name any more may be one of its runtime's.
type base struct {
	known bool
	of    fleet.Safe // "ClusterServingRuntime x"; "" for none
	box   corev1.Container
}

// readBase reads the runtime of a service. One that may not be read, or is not there, is not known; neither is that of a frozen
// service, since the mark is there to keep it from what others change of the runtime.
func (s *service) readBase(ctx context.Context) (base, error) {
	switch {
	case s.block.value == nil || s.o.Annotations[frozenMark] == "true":
		return base{}, nil
	case s.block.at == "":
		return base{known: true}, nil
	case s.block.at != "/model":
		return base{}, nil // KServe's own defaults for a framework
	}
	for _, at := range s.runtimes() {
		doc, err := child.Document(ctx, s.c, at.kind, at.ref)
		if kind := fleet.KindOf(err); kind == fleet.KindNotFound {
			continue
		} else if kind == fleet.KindAuth {
			return base{}, nil
		}
		if err != nil {
			return base{}, err
		}
		return baseOf(doc, fleet.Textf("%s %s", fleet.Quote(at.kind.Kind), fleet.Quote(at.ref.Name)))
	}
	return base{}, nil
}

// place is where an object may be.
type place struct {
	kind fleet.ObjectKind
	ref  fleet.ObjectRef
}

// runtimes are where the runtime of a service may be: the one that it names, else the one that KServe says to have chosen.
func (s *service) runtimes() []place {
	own, shared := s.o.Status.Runtime, s.o.Status.SharedRuntime
	if named := jsonptr.Text(s.block.value, "/runtime"); named != "" {
		own, shared = named, named
	}
	var list []place
	for _, x := range []struct {
		kind            fleet.ObjectKind
		namespace, name string
	}{{runtimeKind, s.ref.Namespace, own}, {sharedRuntimeKind, "", shared}} {
		if x.name != "" {
			list = append(list, place{x.kind, fleet.ObjectRef{Cluster: s.ref.Cluster, Kind: x.kind.Kind, Namespace: x.namespace, Name: x.name}})
		}
	}
	return list
}

func baseOf(doc any, of fleet.Safe) (base, error) {
	var o struct {
		Spec struct {
			Containers []corev1.Container `json:"containers"`
		} `json:"spec"`
	}
	if err := jsonptr.Into(doc, &o); err != nil {
		return base{}, err
	}
	for i := range o.Spec.Containers {
		if o.Spec.Containers[i].Name == mainName {
			return base{known: true, of: of, box: o.Spec.Containers[i]}, nil
		}
	}
	return base{}, nil
}

// more says which arguments a container has that neither the service nor its runtime names. It was looked at whether it ends with
// those of the service before.
func (b base) more(want, has []string) fleet.Safe {
	if !b.known {
		return fleet.Safe{}
	}
	first := has[:len(has)-len(want)]
	for i, a := range first {
		if i >= len(b.box.Args) || !filled(b.box.Args[i], a) {
			return fleet.Textf("its pods still have the argument %s, which %s", fleet.Quote(a), b.unnamed())
		}
	}
	if behind := b.box.Args[len(first):]; len(behind) > 0 {
		return fleet.Textf("its pods do not have the argument %s of %s yet", fleet.Quote(behind[0]), b.of)
	}
	return fleet.Safe{}
}

func (b base) unnamed() fleet.Safe {
	if b.of.IsEmpty() {
		return fleet.Text("it does not name any more")
	}
	return fleet.Textf("neither it nor %s names there", b.of)
}

// unproven is what a person looks at after an undo that shows in no pod, "" where it does: what the service named only since the
// change may be the runtime's for all that is known.
func (s *service) unproven(next block, by base) fleet.Safe {
	if by.known || s.block.at != next.at {
		return fleet.Safe{}
	}
	before, err := s.block.template()
	if err != nil {
		return fleet.Safe{}
	}
	after, err := next.template()
	if err != nil {
		return fleet.Safe{}
	}
	was, is := &before.Pod().Spec.Containers[0], &after.Pod().Spec.Containers[0]
	var what []string
	if was.Image == "" && is.Image != "" {
		what = append(what, "its image")
	}
	if len(was.Args) == 0 && len(is.Args) > 0 {
		what = append(what, "its arguments")
	}
	if len(what) == 0 {
		return fleet.Safe{}
	}
	at := fleet.Textf("Deployment %s", fleet.Quote(s.childName(s.o.Spec.Predictor.Name)))
	if s.o.mode() == knative {
		at = fleet.Text("the newest revision")
	}
	return fleet.Textf("taken back, it cannot be proven that the pods are those of before: its runtime may not be read, and %s may be the "+
		"runtime's; look at container %s of %s then", fleet.Label(strings.Join(what, " and ")), fleet.Text(mainName), at)
}
