package routerig

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pitwall/backends/internal/toyobjects"
	"pitwall/fleet"
)

// Case is one route of a connector, in an object that holds nothing else of interest.
type Case struct {
	Connector fleet.Connector
	Cluster   func() *toyobjects.Cluster // a fresh one
	Kind      fleet.ObjectKind
	Ref       fleet.ObjectRef
	Route     fleet.RouteID
	After     fleet.Weights // of some members; the others keep theirs
	Members   string        // pointer to the array of members
	Weight    string        // pointer to the weight of one of them
}

// hands are an API server with somebody beside it.
type hands struct {
	*toyobjects.Cluster
	write func(dry bool, really func() error) error
}

// Write implements fleet.ObjectWriter.
func (h *hands) Write(ctx context.Context, w fleet.ObjectWrite, id string, dry bool) error {
	return h.write(dry, func() error { return h.Cluster.Write(ctx, w, id, dry) })
}

// canary stands for a credential in what the API server answers.
const canary = "CANARY-not-to-be-told"

// BadInput holds a connector to what issue 5 lists: an answer that changes nothing, an edit that evicts all members, others who
// write at the same time, arrays that are replaced whole, credentials in answers, and a version that is not known.
func BadInput(t *testing.T, x Case) {
	t.Run("it answers and changes nothing", x.deaf)
	t.Run("an edit evicts all members", x.evicted)
	t.Run("two write at once", x.together)
	t.Run("credentials in answers", x.secret)
	t.Run("a newer version", x.newer)
}

// play opens the route behind hands.
func (x Case) play(t *testing.T, write func(c *toyobjects.Cluster, dry bool, really func() error) error) (*Rig, error) {
	t.Helper()
	c := x.Cluster()
	h := &hands{Cluster: c, write: func(dry bool, really func() error) error { return write(c, dry, really) }}
	r := openWith(t, x.Connector, c, h, "")
	s := r.Spec(t, x.Route)
	before := r.Writer.ReadBack(t.Context(), s)[0]
	if before.Err != nil || len(before.Weights) < 2 {
		t.Fatalf("%+v", before)
	}
	return r, r.Writer.SetWeights(t.Context(), s, before.Weights, x.after(before.Weights))
}

func (x Case) after(before fleet.Weights) fleet.Weights {
	after := before.Clone()
	for id, n := range x.After {
		after[id] = n
	}
	return after
}

func (x Case) deaf(t *testing.T) {
	was := Open(t, x.Connector, x.Cluster(), "").Holds(t, x.Route)
	r, err := x.play(t, func(_ *toyobjects.Cluster, dry bool, really func() error) error {
		if dry {
			return really()
		}
		return nil
	})
	if got := r.Holds(t, x.Route); got != was {
		t.Errorf("it held %s and is told to hold %s", was, got)
	}
	s := r.Spec(t, x.Route)
	if back := r.Writer.ReadBack(t.Context(), s)[0]; err == nil && back.Weights.Equal(x.after(back.Weights)) {
		t.Errorf("what was never stored is read back: %v", back.Weights)
	}
}

func (x Case) evicted(t *testing.T) {
	var s fleet.RouteSpec
	r, err := x.play(t, func(c *toyobjects.Cluster, dry bool, really func() error) error {
		if dry {
			s = Open(t, x.Connector, c, "").Spec(t, x.Route)
			return really()
		}
		err := really()
		c.Change(x.Kind, x.Ref, x.Members, []any{})
		return err
	})
	back := r.Writer.ReadBack(t.Context(), s)[0]
	if back.Err == nil && len(back.Weights) > 0 {
		t.Errorf("members that are not there are read back: %v (%v)", back.Weights, err)
	}
	if got := r.Holds(t, x.Route); got != "" {
		t.Errorf("it is told to hold %s", got)
	}
	held := fleet.Weights{}
	for _, target := range s.Targets {
		held[target.ID] = 1
	}
	if err := r.Writer.SetWeights(t.Context(), s, held, x.after(held)); err == nil {
		t.Error("weights of members that are not there were set")
	}
}

// together has another console, a web UI or a controller write between the server's check and the write.
func (x Case) together(t *testing.T) {
	const theirs = 7
	for name, other := range map[string]func(c *toyobjects.Cluster){
		"the same weights": func(c *toyobjects.Cluster) { c.Change(x.Kind, x.Ref, x.Weight, theirs) },
		"a member less":    func(c *toyobjects.Cluster) { c.Change(x.Kind, x.Ref, x.Members+"/0", nil) },
		"another object under its name": func(c *toyobjects.Cluster) {
			c.Change(x.Kind, x.Ref, "/metadata/uid", "somebody-else")
		},
	} {
		held := ""
		r, err := x.play(t, func(c *toyobjects.Cluster, dry bool, really func() error) error {
			if !dry {
				other(c)
				held = Open(t, x.Connector, c, "").Holds(t, x.Route)
			}
			return really()
		})
		if fleet.KindOf(err) != fleet.KindConflict {
			t.Errorf("%s: %v", name, err)
		}
		if got := r.Holds(t, x.Route); got != held {
			t.Errorf("%s: they stored %s, and it became %s", name, held, got)
		}
	}
	r, err := x.play(t, func(c *toyobjects.Cluster, dry bool, really func() error) error {
		if !dry {
			c.Change(x.Kind, x.Ref, "/metadata/labels", map[string]any{"team": "theirs"})
		}
		return really()
	})
	doc, readErr := r.Cluster.Get(t.Context(), x.Kind, x.Ref)
	if err != nil || readErr != nil || !strings.Contains(string(doc), `"team":"theirs"`) {
		t.Errorf("what somebody wrote beside the weights is lost: %v %v", err, readErr)
	}
}

func (x Case) secret(t *testing.T) {
	made := x.Cluster
	x.Cluster = func() *toyobjects.Cluster {
		c := made()
		c.Change(x.Kind, x.Ref, "/metadata/annotations", map[string]any{"kubectl.kubernetes.io/last-applied-configuration": canary})
		c.Change(x.Kind, x.Ref, "/spec/note", canary)
		return c
	}
	r, err := x.play(t, func(_ *toyobjects.Cluster, dry bool, really func() error) error {
		if dry {
			return really()
		}
		return &fleet.Error{Kind: fleet.KindServer, Op: "write"}
	})
	p := r.Read(t)
	told := fmt.Sprintf("%+v %+v %+v %v %s", p, *p.Gateway, r.Writer.ReadBack(t.Context(), r.Spec(t, x.Route)), err, r.Said(t))
	if err == nil || strings.Contains(told, canary) {
		t.Errorf("a credential is told: %v in %s", err, told)
	}
}

func (x Case) newer(t *testing.T) {
	c := x.Cluster()
	r := Open(t, x.Connector, c, "")
	s := r.Spec(t, x.Route)
	before := r.Writer.ReadBack(t.Context(), s)[0]
	c.Serves[x.Kind.Group] = []string{"v99"}
	_, read := r.Reader.Read(t.Context())
	wrote := r.Writer.SetWeights(t.Context(), s, before.Weights, x.after(before.Weights))
	for what, err := range map[string]error{"read": read, "written": wrote, "read back": r.Writer.ReadBack(t.Context(), s)[0].Err} {
		if fleet.KindOf(err) != fleet.KindUnsupported || !strings.Contains(err.Error(), "v99") || !strings.Contains(err.Error(), x.Kind.Version) {
			t.Errorf("%s: %v", what, err)
		}
	}
	c.Serves[x.Kind.Group] = []string{x.Kind.Version}
	if back := r.Writer.ReadBack(t.Context(), s)[0]; !back.Weights.Equal(before.Weights) {
		t.Errorf("written all the same: %v", back.Weights)
	}
}
