package kube

import (
	"cmp"
	"sync"

	"pitwall/fleet"
)

// scope is how much of the cluster is read: all of it, or one namespace. A kind that may not be listed everywhere falls
// back to the namespace of the context; where that is so for pods, the others follow at once.
type scope struct {
	mu         sync.Mutex
	configured bool
	only       map[string]string // by kind
}

func newScope(configured string) *scope {
	s := &scope{only: map[string]string{}, configured: configured != ""}
	if s.configured {
		s.only[podKind] = configured
	}
	return s
}

// podKind is the kind whose scope counts as that of the cluster.
const podKind = "pods"

// narrow falls back to a namespace after a refusal and tells whether there is something new to try.
func (s *scope) narrow(kind, namespace string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if namespace == "" || s.only[kind] != "" || s.only[podKind] != "" {
		return false
	}
	s.only[kind] = namespace
	return true
}

// namespace is where a kind is read, "" for everywhere.
func (s *scope) namespace(kind string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.only[podKind], s.only[kind])
}

// text says why less than the whole cluster is seen.
func (s *scope) text() fleet.Safe {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch ns := fleet.Label(s.only[podKind]); {
	case ns.IsEmpty():
		return ns
	case s.configured:
		return fleet.Textf("namespace %s only, as configured", ns)
	default:
		return fleet.Textf("namespace %s only: listing all is forbidden", ns)
	}
}

// remark says of one kind that less of it is seen than of the pods.
func (s *scope) remark(kind string) fleet.Safe {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ns := s.only[kind]; ns != "" && kind != podKind {
		return fleet.Textf("namespace %s only: listing all is forbidden", fleet.Label(ns))
	}
	return fleet.Safe{}
}
