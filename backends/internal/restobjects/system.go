// Package restobjects lets the documents of a REST API be read, compared and changed as objects of an orchestrator: one
// that is no Kubernetes cluster, and stands in a fleet as a cluster without nodes. It must not know any API's paths.
package restobjects

import (
	"context"

	"pitwall/fleet"
)

// System is what one API adds: how its documents are read and sent. Its errors are those of the client; it sends each
// request once.
type System interface {
	// Kinds are the kinds of documents that it keeps.
	Kinds() []fleet.ObjectKind
	// Fetch reads one document. One that is not there is KindNotFound.
	Fetch(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef) (Document, error)
	// List reads all documents of a kind, of a namespace or, for "", of all.
	List(ctx context.Context, kind fleet.ObjectKind, namespace string) ([]fleet.JSON, error)
	// Send puts a changed document in the place of one that was just read. id names the change and its step.
	Send(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef, was Document, next fleet.JSON, id string) error
}

// Rehearser is a System whose API can check a document and store nothing.
type Rehearser interface {
	Rehearse(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef, was Document, next fleet.JSON) error
}

// Permitter is a System that can tell whether its identity may write a kind: nil, or KindAuth with the missing right.
type Permitter interface {
	May(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef) error
}

// Busier is a System whose changes are seen only once an operation is over. Until then nobody can tell where an object
// stands that does not hold yet what was written.
type Busier interface {
	// Busy says which operation on an object is under way, "" for none.
	Busy(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef) (fleet.Safe, error)
}

// Document is an object as it was read.
type Document struct {
	Body fleet.JSON
	UID  string // which object of this name it is; "" where the API has no such thing
	Tag  string // what Send hands back so that the API refuses a document that is not the newest; "" where it has none
}
