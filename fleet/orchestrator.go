package fleet

import "context"

// Orchestrator knows how one system, such as KServe, keeps and changes replicas: which fields hold the version, what
// its conditions mean, and which writes roll it. It holds no connection: it reads through Objects and sends nothing.
type Orchestrator interface {
	// Kinds are the kinds of objects that it knows.
	Kinds() []ObjectKind
	// Rollout reads how an object stands, with the reason where it is stuck.
	Rollout(ctx context.Context, c Objects, kind ObjectKind, o ObjectRef) (Rollout, error)
	// Draft says which writes do what is wanted, on an object as it was read. What the system cannot do is
	// KindUnsupported, with what it can do instead; what is not there, or would change nothing, is KindInvalid.
	Draft(ctx context.Context, c Objects, r Rollout, w Want) (Draft, error)
}

// Objects reads objects of one cluster. Documents are JSON. Reads are bounded; errors say which right is missing
// (KindAuth), or that the cluster has no such kind or object (KindNotFound).
type Objects interface {
	Get(ctx context.Context, kind ObjectKind, o ObjectRef) (JSON, error)
	// List gives the objects of a namespace, "" for all, that a label selector takes.
	List(ctx context.Context, kind ObjectKind, namespace, selector string) ([]JSON, error)
	// Versions lists the versions in which the cluster serves a group, preferred first; none where it has none.
	Versions(ctx context.Context, group string) ([]string, error)
	// Stand compares an object with a write.
	Stand(ctx context.Context, w ObjectWrite) (Standing, error)
	// May asks whether this identity may send it: nil, or KindAuth with the missing verb. What cannot be found out is nil.
	May(ctx context.Context, w ObjectWrite) error
}

// ObjectWriter writes objects of one cluster, or of one other orchestrator. It only exists while writing is allowed.
type ObjectWriter interface {
	// Write sends one write. With dry the server checks it, webhooks included, and stores nothing. A field that no
	// longer holds its Before is KindConflict, and nothing was written. What a disruption budget refuses is KindBlocked.
	// id ties it to the records of the server: it names the change and its step.
	Write(ctx context.Context, w ObjectWrite, id string, dry bool) error
}

// Roller reads what can be rolled in one cluster, or in one other orchestrator, and drafts it.
type Roller interface {
	Rollout(ctx context.Context, o ObjectRef) (Rollout, error)
	Draft(ctx context.Context, r Rollout, w Want) (Draft, error)
	Stand(ctx context.Context, w ObjectWrite) (Standing, error)
	May(ctx context.Context, w ObjectWrite) error
}
