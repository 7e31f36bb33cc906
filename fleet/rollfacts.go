package fleet

import "time"

// Annotations by which pods say what weights they loaded, and pod templates what they must be.
const (
	AnnotationManifest = "pitwall/weights-manifest" // digest of the manifest: "sha256:…"
	AnnotationSigned   = "pitwall/weights-signed"   // a Trust
)

// Trust is what is known of the signature over weights.
type Trust string

// The degrees of trust, as AnnotationSigned writes them. An orchestrator that reads nothing of it leaves TrustUnknown.
const (
	TrustUnknown  Trust = ""
	TrustUnsigned Trust = "unsigned"
	TrustStranger Trust = "stranger" // signed, by a signer that the site does not list
	TrustSigned   Trust = "signed"   // verified, by a signer that the site lists
)

// PodManifest is what one replica publishes of the weights that it loaded.
type PodManifest struct {
	Pod     string
	Updated bool // of the newest version
	Digest  Safe // of the manifest over the weights: "sha256:…"; "" where the replica publishes none
}

// Shutdown is how long a replica has to end what it was given.
type Shutdown struct {
	Grace   Maybe[time.Duration] // from the stop to the kill
	PreStop Maybe[time.Duration] // the longest hook before the engine hears of it; 0 without one, none where a program decides
	Engine  Maybe[time.Duration] // what the engine waits by itself after that; 0 where it has no such flag
}

// DisruptionBudget is one budget that selects a pod, as the API server counted it.
type DisruptionBudget struct {
	Name    Safe
	Allowed int // evictions that it allows now
	Healthy int // pods that are healthy now
	Wanted  int // pods that must stay healthy
	// Unready tells that pods that are not ready may go whatever is allowed (unhealthyPodEvictionPolicy: AlwaysAllow).
	Unready bool
}

// Leaving is one pod that a draft evicts.
type Leaving struct {
	Pod   ObjectRef
	Of    ObjectRef // the workload that keeps it; zero for none
	Ready bool
	GPUs  int // that it asks for
	// Budgets are those that select it; unknown where they could not be read, and empty too where the server asks none
	// of them: the pod is pending, over or leaving already.
	Budgets  Maybe[[]DisruptionBudget]
	Group    string // of pods that serve one replica together and restart together; "" for none
	Size     int    // pods of the group
	Shutdown Shutdown
}
