package kube

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"pitwall/fleet"
)

// Rights that were asked for are taken as known for a while: policy webhooks make the question slow.
const (
	rightsFor = 5 * time.Minute
	maxRights = 4096
)

// right is one thing that an identity may or may not do, in the words of an access review.
type right struct {
	Verb        string `json:"verb"`
	Group       string `json:"group,omitempty"`
	Resource    string `json:"resource"`
	Subresource string `json:"subresource,omitempty"`
	Namespace   string `json:"namespace,omitempty"`
	Name        string `json:"name,omitempty"`
}

// rights keeps what was answered for certain.
type rights struct {
	mu    sync.Mutex
	known map[right]ruling
}

type ruling struct {
	allowed bool
	at      time.Time
}

func (r *rights) get(ask right, now time.Time) (allowed, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, known := r.known[ask]
	return v.allowed, known && now.Sub(v.at) < rightsFor
}

func (r *rights) keep(ask right, v ruling) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxRights {
		r.known = map[right]ruling{}
	}
	r.known[ask] = v
}

// verbOf and partOf are what a write asks for.
func verbOf(w fleet.ObjectWrite) string {
	if w.Verb == fleet.WriteEvict {
		return "create"
	}
	return "patch"
}

func partOf(w fleet.ObjectWrite) string {
	if w.Verb == fleet.WriteEvict {
		return partEviction
	}
	return w.Part
}

// May implements fleet.Objects. What cannot be found out is no claim: the write itself is still judged by the server. A
// right may be given for single objects, so the name is asked for where the rest does not suffice.
func (o *objects) May(ctx context.Context, w fleet.ObjectWrite) error {
	ask := right{Verb: verbOf(w), Group: w.API.Group, Resource: w.API.Resource, Subresource: partOf(w), Namespace: w.Object.Namespace}
	for _, name := range []string{"", w.Object.Name} {
		ask.Name = name
		if allowed, known := o.may(ctx, ask); allowed || !known {
			return nil
		}
	}
	what := resourceName(w.API, partOf(w))
	return &fleet.Error{Kind: fleet.KindAuth, Op: opOf(w, false), Source: o.set.spec.ID,
		Err:  reason{"this identity may not " + ask.Verb + " " + what + " " + where(ask.Namespace), errForbidden},
		Next: "ask for the verb " + ask.Verb + " on " + what + "; nothing was sent"}
}

// may asks one question; known is false where there is no certain answer.
func (o *objects) may(ctx context.Context, ask right) (allowed, known bool) {
	now := o.set.deps.Clock.Now()
	if allowed, known = o.rights.get(ask, now); known {
		return allowed, true
	}
	body, err := json.Marshal(map[string]any{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
		"spec": map[string]any{"resourceAttributes": ask}})
	if err != nil {
		return false, false
	}
	got, err := o.ask(ctx, "ask for a right", question{method: http.MethodPost, path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
		header: http.Header{"Content-Type": {"application/json"}}, body: body, within: inspectWithin})
	if err != nil || !got.ok() {
		return false, false
	}
	var review struct {
		Status *struct {
			Allowed bool   `json:"allowed"`
			Denied  bool   `json:"denied"`
			Problem string `json:"evaluationError"`
		} `json:"status"`
	}
	if json.Unmarshal(got.body, &review) != nil || review.Status == nil {
		return false, false
	}
	if s := review.Status; !s.Allowed && !s.Denied && s.Problem != "" {
		return false, false // a part of the rules could not be looked at
	}
	o.rights.keep(ask, ruling{review.Status.Allowed, now})
	return review.Status.Allowed, true
}
