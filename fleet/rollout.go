package fleet

import "time"

// Rollout is how one object that keeps replicas stands: what it runs, how far a change of that is, and what stands in
// the way. It is read for one object at a time, right before and while something is done to it.
type Rollout struct {
	Object ObjectRef
	API    ObjectKind
	System Safe // "Deployment", "InferenceService, Standard mode"
	UID    string
	Holder ObjectRef // who writes its fields and would undo ours: the controller above it; zero for none
	GitOps Safe      // what applies it from a repository: "Argo CD application llm"; "" for none that is known
	Frozen Safe      // why a write would have no effect: "disable-auto-update is set"; "" where it has one
	At     time.Time

	Now  Version   // what the object asks for
	Old  Version   // what replicas still run beside it; the zero Version when there is none
	Runs []Version // revisions that the server remembers, newest first, without Now; nil where it keeps none

	// OwnersUnread says why it is not known who else writes its fields; "" where Holder and GitOps are the whole truth.
	OwnersUnread Safe

	Unit      Safe // what is counted: "replicas", or "groups" where several pods make one
	Desired   int
	Updated   int // of the newest version
	Ready     int // of any version
	Available int
	Total     int
	// UpdatedReady is how many of the newest version are ready; UpdatedPods names pods of that version, and OldPods those
	// of others, at most MostPods each.
	UpdatedReady         int
	UpdatedPods, OldPods []string
	GPUsEach             int   // of one replica
	PodGPUs              []int // of each pod of one replica, where several make one; nil for a single pod with all of them
	Product              Safe  // the GPUs that it asks for by node selector, "" for any
	Gaps                 Gaps  `json:",omitzero"`

	Phase    RolloutPhase
	Why      Safe // one sentence with object and number; "" when it is done
	Never    bool // it will not end by itself
	Since    time.Time
	Deadline time.Duration // after which its controller calls it failed; zero for none
	Traffic  Traffic
	Scaler   Scaler
	Surge    Surge // what the next roll takes beside what runs

	Shutdown  Shutdown
	Loads     []time.Duration      // from start to ready, of replicas that became so; nil where it was not read
	Startup   Maybe[time.Duration] // how long its probes let a replica load before it is killed; 0 for ever
	Manifests []PodManifest        // of the weights, one for each replica, at most MostPods; nil where they were not read
}

// MostPods bounds the names of pods that a rollout carries.
const MostPods = 256

// ObjectKind is one kind of a Kubernetes API, or of another orchestrator.
type ObjectKind struct {
	Group    string // "" for the core API
	Version  string
	Resource string // plural, as in the path
	Kind     string
}

// RolloutPhase says how far a rollout is.
type RolloutPhase string

// The phases of a rollout.
const (
	RolloutDone    RolloutPhase = "done"
	RolloutUnseen  RolloutPhase = "unseen" // the controller has not seen the newest change
	RolloutMoving  RolloutPhase = "moving"
	RolloutLate    RolloutPhase = "late"  // past its deadline and still going on: loading weights takes long
	RolloutStuck   RolloutPhase = "stuck" // something stands in the way; Why says what
	RolloutFailed  RolloutPhase = "failed"
	RolloutPaused  RolloutPhase = "paused"
	RolloutUnknown RolloutPhase = "unknown"
)

// Version is what a replica runs. Each field may be empty: not every system says all of them.
type Version struct {
	Name     Safe   // what the system calls it: revision 7, a hash, a Bento tag
	ID       string // under which the system restores it, raw
	Image    Safe
	Weights  Safe // where they come from: a model ID, a storage URI, a volume claim
	Revision Safe // of the weights
	Served   []Safe
	At       time.Time // when it came

	Quant    Safe  // quantisation that the engine is told, "" where it is told none
	Template Safe  // chat template that the engine is told: a path, a digest or the text's start; "" where it is told none
	Manifest Safe  // digest of the manifest that its weights must have: "sha256:…"; "" where nothing says it
	Signed   Trust // of that manifest
	Engine   Safe  // "vllm"; "" to go by the image
	Release  Safe  // of the engine: "0.11.0"; "" to go by the tag of the image
	CUDA     Safe  // that the image is built on: "12.8"; "" to go by the tag and the data pack
}

// IsZero tells whether nothing is known.
func (v Version) IsZero() bool {
	return v.ID == "" && v.Name.IsEmpty() && v.Image.IsEmpty() && v.Weights.IsEmpty() && len(v.Served) == 0
}

// Traffic is how requests are split between versions of one object.
type Traffic struct {
	Kind    TrafficKind
	Members []TrafficMember
	Step    int // Steps: the step in force, from 1
	Steps   int
	Paused  bool // Steps: it waits for somebody
	// Pause is the step, from 1, at whose own pause its controller says that it stands until somebody lifts that; 0 while it
	// says so of none, or while something else keeps it too. Where there is one pause and no steps it is 1.
	Pause int `json:",omitempty"`
	// Unsplit says why the versions do not get the shares that the object asks for yet; "" where they do, or nothing tells.
	Unsplit Safe `json:",omitzero"`
}

// Weighted tells whether shares can be set as weights.
func (t Traffic) Weighted() bool {
	return t.Kind == TrafficTwoWay || t.Kind == TrafficPercent || t.Kind == TrafficProportional
}

// TrafficKind is what can be set.
type TrafficKind string

// The kinds of traffic control.
const (
	TrafficNone         TrafficKind = ""             // shares follow the numbers of replicas
	TrafficTwoWay       TrafficKind = "two-way"      // one percentage
	TrafficPercent      TrafficKind = "percent"      // percentages with the sum 100
	TrafficProportional TrafficKind = "proportional" // weights
	TrafficSteps        TrafficKind = "steps"        // a list of steps, moved along
	TrafficOwned        TrafficKind = "owned"        // a controller moves it; it can be seen only
)

// TrafficMember is one version's part.
type TrafficMember struct {
	Name   Safe
	ID     string // raw
	Weight int
	Ready  bool
}

// Scaler is what sets the number of replicas by itself. Its zero value means that nothing does.
type Scaler struct {
	Object ObjectRef
	API    ObjectKind
	Min    int
	Max    int
	Wants  int
	Held   Safe // how it is held: "min = max = 4", "paused at 4"; "" while it is free
	By     Safe // of KEDA: the ScaledObject above it
	Why    Safe // why it does not scale
	Unread Safe // why it is not known whether there is one; "" where it is
	// NoIn and NoOut say why it takes no replicas away, and why it adds none, within its bounds: "annotation x"; "" where it does.
	NoIn, NoOut Safe `json:",omitzero"`
}

// Exists tells whether there is one.
func (s Scaler) Exists() bool { return s.Object.Name != "" }

// Surge is what a roll takes beside what runs, in replicas.
type Surge struct {
	Extra   int  // replicas beside the desired ones
	Missing int  // replicas that may be away meanwhile
	Whole   bool // a second set of everything
}

// ObjectWrite is one write on one object, with what takes it back. Fields are compared with what they were before and
// set in one request; where the system has no such request, the connector reads, compares, writes and says so.
type ObjectWrite struct {
	Object ObjectRef
	API    ObjectKind
	UID    string // of the object that was planned on; another one under the name is not written
	Part   string // "" for the object, or a subresource: "status", "scale"
	Verb   WriteVerb
	Fields []Field `json:",omitempty"` // set
	Text   Safe    // in words, with values: "image of container vllm: v1 -> v2"
	// Passing says that its controller takes over at once what the write sets, as it does with a status: the write was made
	// as soon as the fields do not hold their Before any more, whatever they hold then. Nothing takes it back.
	Passing bool `json:",omitempty"`
}

// WriteVerb is what a write does.
type WriteVerb string

// The verbs of writes.
const (
	WriteSet   WriteVerb = "set"   // the fields
	WriteEvict WriteVerb = "evict" // a pod, past its disruption budgets; it has no inverse
)

// Field is one field of an object before and after. The values are JSON.
type Field struct {
	Path   string // JSON pointer (RFC 6901)
	Before JSON   // nil: it was not there
	After  JSON   // nil: it is removed. Equal to Before: it is only compared
}

// JSON is one JSON value as text.
type JSON []byte

// MarshalJSON lets a value stand in a document as it is.
func (j JSON) MarshalJSON() ([]byte, error) {
	if len(j) == 0 {
		return []byte("null"), nil
	}
	return j, nil
}

// UnmarshalJSON takes a value over as it is; null is nil.
func (j *JSON) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*j = nil
		return nil
	}
	*j = append((*j)[:0], b...)
	return nil
}

// Inverse is the write that restores what was before; false where nothing does.
func (w ObjectWrite) Inverse() (ObjectWrite, bool) {
	if w.Verb != WriteSet || w.Passing {
		return ObjectWrite{}, false
	}
	back := w
	back.Fields = make([]Field, len(w.Fields))
	for i, f := range w.Fields {
		back.Fields[len(w.Fields)-1-i] = Field{Path: f.Path, Before: f.After, After: f.Before}
	}
	back.Text = Concat(Text("back: "), w.Text)
	return back, true
}

// Standing is where an object is, seen from a write.
type Standing string

// Where an object can stand.
const (
	StandsBefore  Standing = "before"  // the write has not been made
	StandsAfter   Standing = "after"   // it holds what the write sets
	StandsForeign Standing = "foreign" // somebody else set something different
	StandsGone    Standing = "gone"    // the object is not there, or another one has its name
)

// Want is what an operator wants of an object that keeps replicas.
type Want struct {
	Do        Deed
	Container string // of which container; "" for the one that serves
	Image     string // upgrade: raw, like the rest
	Weights   string // upgrade: model ID or storage URI
	Revision  string // upgrade: of the weights
	Args      []ArgEdit
	Version   string     // upgrade: the ID of a version that the system remembers, which is restored as it was
	Replicas  Maybe[int] // scale
	Parts     []Ratio    // upgrade: of the replicas, the sizes of the canary steps in rising order; nil for one step
	Surge     Maybe[int] // upgrade: replicas beside the desired ones; 0 takes some away first
	Shares    []Share    // traffic: the weights that change; members that are not named keep theirs
	Stamp     time.Time  // restart: what is written as its time
}

// Share is the weight that one member of an object's traffic shall have: percent where the weights of the system sum up to
// 100, else in proportion to the others.
type Share struct {
	Member string // its TrafficMember.ID
	Weight int
}

// ArgEdit replaces the value of one flag of the engine: "--max-model-len" "8192".
type ArgEdit struct {
	Flag  string
	Value string
}

// Deed is what is done to an object.
type Deed string

// The deeds.
const (
	DoUpgrade     Deed = "upgrade"
	DoScale       Deed = "scale"
	DoPause       Deed = "pause"
	DoResume      Deed = "resume"
	DoRestart     Deed = "restart"
	DoHoldScaler  Deed = "hold-autoscaler" // at Replicas, or at what runs
	DoFreeScaler  Deed = "release-autoscaler"
	DoCordon      Deed = "cordon"
	DoUncordon    Deed = "uncordon"
	DoDrain       Deed = "drain"
	DoPromote     Deed = "promote"      // systems with steps: to the end
	DoAdvance     Deed = "advance"      // systems with steps: one step
	DoAbandonRoll Deed = "abandon-roll" // systems with steps: traffic back at once
	DoTraffic     Deed = "traffic"      // systems with weights: the weights of its members
)

// Draft is the writes that would do what is wanted, in order.
type Draft struct {
	Stages []Stage
	Extra  int // GPUs beside those that it holds now, at the most
	Down   int // replicas that may be away meanwhile
	// Rented is what it takes beside what it holds where a cloud keeps the machines and nobody can see how many are free:
	// "2 instances of Standard_NC24ads_A100_v4"; "" where it takes none, or Extra counts them.
	Rented Safe   `json:",omitzero"`
	Notes  []Safe // what a person must know before
	NoUndo Safe   // why nothing takes it back; "" where something does
	// To is what the new replicas run; the zero Version where it is what runs now with what is wanted in its place.
	To     Version
	Leaves []Leaving // the pods that it evicts, in order
	// Weights says that it changes weights of traffic and nothing else: no replica starts or ends by it.
	Weights bool `json:",omitempty"`
}

// Stage is writes that follow each other at once, and what is waited for after them.
type Stage struct {
	Text   Safe
	Writes []ObjectWrite
	Until  Until
	Then   []ObjectWrite // sent as soon as Until.Updated is reached, such as the pause of a canary
	Canary bool          // old and new serve beside each other after it: they are compared before the next stage
	// Back takes the whole change back once this stage was written, in place of the inverses of all writes, where these
	// in one request would do harm; nil for the inverses.
	Back []ObjectWrite `json:",omitempty"`
}
