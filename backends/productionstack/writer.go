package productionstack

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"pitwall/fleet"
)

// The limits of one question and of one change. A router looks at its file every 10 s; a file that is mounted from a ConfigMap
// follows once the kubelet has looked at it, which it does about once a minute, with a copy of it that may be as old.
const (
	askTimeout   = 5 * time.Second
	writeTimeout = 20 * time.Second
	fileSettle   = 25 * time.Second
	mapSettle    = 150 * time.Second
)

// writer changes what is listed in the file that routers follow. Nothing can be told to a router itself, and it refuses a file
// by a line in its log alone: what it holds is asked of it afterwards.
type writer struct {
	spec   fleet.GatewaySpec
	clock  fleet.Clock
	nodes  []node
	places []place
}

type node struct {
	id    fleet.GatewayReplicaID
	api   *api
	place int // among the writer's; -1 for none
}

func newWriter(spec fleet.GatewaySpec, deps fleet.Deps) (fleet.RouteWriter, error) {
	if spec.TLS.Insecure {
		return nil, &fleet.Error{Kind: fleet.KindReadOnly, Op: "open the writer of " + fleet.Quote(string(spec.ID)).String(),
			Next: "its TLS is not verified, which forbids writing"}
	}
	places, of, err := placesOf(spec, deps)
	if err != nil {
		return nil, err
	}
	w := &writer{spec: spec, clock: deps.Clock, places: places}
	auth := spec.Write
	if auth.IsZero() {
		auth = spec.Auth
	}
	for i, r := range spec.Replicas {
		deps.Via = r.Via
		a, err := newAPI(fleet.SourceID(r.ID), r.URL, auth, spec.TLS, deps)
		if err != nil {
			return nil, err
		}
		w.nodes = append(w.nodes, node{r.ID, a, of[i]})
	}
	return w, nil
}

// Settle implements fleet.RouteWriter.
func (w *writer) Settle() time.Duration {
	switch {
	case w.spec.Settle > 0:
		return w.spec.Settle
	case w.spec.Options[fleet.OptionConfigMap] != "":
		return mapSettle
	}
	return fileSettle
}

// Resync implements fleet.RouteWriter.
func (w *writer) Resync(_ context.Context, r fleet.RouteSpec, id fleet.GatewayReplicaID) error {
	return w.refuse(fleet.KindUnsupported, "resync "+fleet.Quote(string(id)).String()+" for", r.ID, "a router looks at its file every 10 s "+
		"by itself; one that stays behind refuses the text or is given another one: "+lookAt)
}

// lookAt is where the reason stands.
const lookAt = "look for DynamicConfigWatcher in its log, and whether its file is mounted by subPath, which never follows"

// SetWeights implements fleet.RouteWriter.
func (w *writer) SetWeights(ctx context.Context, r fleet.RouteSpec, before, after fleet.Weights) error {
	if err := w.checkWanted(r, after); err != nil {
		return err
	}
	what := fleet.Textf("back ends of %s", fleet.Label(string(r.ID)))
	return w.change(ctx, "set weights", r, what, func(f *file) (string, error) {
		now, err := f.config.weights(r)
		switch {
		case err != nil:
			return "", w.refuse(fleet.KindNotFound, "set weights", r.ID, err.Error())
		case now.Equal(after):
			return f.text, nil
		case !now.Equal(before):
			return "", w.refuse(fleet.KindConflict, "set weights", r.ID, "it holds "+now.Text(order(r)).String()+", neither "+
				before.Text(order(r)).String()+" as planned on nor "+after.Text(order(r)).String()+" as wanted: someone else changed it, or the "+
				"routers have not taken it over")
		}
		text, err := f.list(r, after)
		if err != nil {
			return "", w.refuse(fleet.KindUnsupported, "set weights", r.ID, err.Error())
		}
		return text, nil
	})
}

// checkWanted refuses what no list can say.
func (w *writer) checkWanted(r fleet.RouteSpec, after fleet.Weights) error {
	for id, n := range after {
		known := slices.ContainsFunc(r.Targets, func(t fleet.TargetSpec) bool { return t.ID == id })
		if called := fleet.Quote(string(id)).String(); !known {
			return w.refuse(fleet.KindInvalid, "set weights", r.ID, called+" is no target of the route")
		} else if n < 0 || n > 1 {
			return w.refuse(fleet.KindUnsupported, "set weights", r.ID, "this router has no weights: "+called+" can be in (1) or out (0); more "+
				"replicas behind an address of its own give it more")
		}
	}
	if after.Sum() == 0 {
		return w.refuse(fleet.KindInvalid, "set weights", r.ID, "no back end would be left, and requests for it would fail as not found")
	}
	return nil
}

// draft is a text that is to be written.
type draft struct {
	place
	was  stored
	text string
}

// change edits the file in each of its places, once all of them are known to take it.
func (w *writer) change(ctx context.Context, op string, r fleet.RouteSpec, what fleet.Safe, edit func(*file) (string, error)) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if len(w.places) == 0 || slices.ContainsFunc(w.nodes, func(n node) bool { return n.place < 0 }) {
		return w.refuse(fleet.KindUnsupported, op, r.ID, "where the file is that its routers follow is not configured: name its ConfigMap "+
			"(option configmap: NAMESPACE/NAME/KEY, with cluster) or, where they run on this machine, file")
	}
	asked := w.ask(ctx)
	var drafts []draft
	for i, p := range w.places {
		was, err := p.read(ctx)
		if err != nil {
			return &fleet.Error{Kind: fleet.KindOf(err), Op: w.op(op, r.ID), Source: fleet.SourceID(w.spec.ID), Err: err,
				Retry: fleet.RetryAfter(err), Next: "nothing was written"}
		}
		text, err := w.draft(op, r, i, was, asked, edit)
		if err != nil {
			return err
		}
		if text != string(was.text) {
			drafts = append(drafts, draft{p, was, text})
		}
	}
	return w.write(ctx, op, r, what, drafts)
}

// draft is the edited text of one place. What no router would take over is refused.
func (w *writer) draft(op string, r fleet.RouteSpec, at int, was stored, asked []answer, edit func(*file) (string, error)) (string, error) {
	called := w.places[at].Called()
	f, err := parseFile(was.text)
	if err != nil {
		return "", w.refuse(fleet.KindInvalid, op, r.ID, called+" is not edited: "+err.Error())
	}
	if f.config.why != "" {
		return "", w.refuse(fleet.KindInvalid, op, r.ID, "routers do not take "+called+" over: "+f.config.why+"; mend that first")
	}
	if f.config.discovery != static {
		return "", w.refuse(fleet.KindUnsupported, op, r.ID, discovered)
	}
	if why := f.config.fixed(); why != "" {
		return "", w.refuse(fleet.KindUnsupported, op, r.ID, why)
	}
	if why := w.deaf(at, f.config, asked); why != "" {
		return "", w.refuse(fleet.KindUnsupported, op, r.ID, why)
	}
	text, err := edit(f)
	if err != nil || text == f.text {
		return text, err
	}
	if next, err := parseFile([]byte(text)); err != nil || next.config.why != "" {
		return "", w.refuse(fleet.KindInternal, op, r.ID, called+" would be none that routers take over")
	}
	return text, nil
}

// deaf says why the routers that answer would not take over any change of their file; "" where one of them would, or none
// answers.
func (w *writer) deaf(at int, c *config, asked []answer) string {
	why := ""
	for i, n := range w.nodes {
		if n.place != at || asked[i].err != nil {
			continue
		}
		held := asked[i].held
		if held == nil {
			return fleet.Quote(string(n.id)).String() + ": " + unlisted
		}
		field, unknown := c.otherwise(held)
		switch {
		case field == "":
			return ""
		case unknown:
			why = "its file names " + fleet.Quote(field).String() + ", which this version of the router does not know, so that it refuses the " +
				"whole file: take that out first"
		default:
			why = "its routers hold another " + fleet.Quote(field).String() + " than the file says: they do not take it over as it stands; " + lookAt
		}
	}
	return why
}

// write puts the drafts in their places. What was written before one that fails is told.
func (w *writer) write(ctx context.Context, op string, r fleet.RouteSpec, what fleet.Safe, drafts []draft) error {
	var done []string
	for _, d := range drafts {
		if err := d.write(ctx, d.was, d.text, what); err != nil {
			next := "nothing was written"
			if len(done) > 0 {
				next = "written is " + strings.Join(done, ", ") + "; what each router holds is read back"
			}
			return &fleet.Error{Kind: fleet.KindOf(err), Op: w.op(op, r.ID), Source: fleet.SourceID(w.spec.ID), Err: err, Next: next}
		}
		done = append(done, d.Called())
	}
	return nil
}

func (w *writer) op(op string, id fleet.RouteID) string {
	return op + " of " + fleet.Quote(string(id)).String()
}

func (w *writer) refuse(kind fleet.Kind, op string, id fleet.RouteID, why string) error {
	return &fleet.Error{Kind: kind, Op: w.op(op, id), Source: fleet.SourceID(w.spec.ID), Err: errors.New(why), Next: "nothing was written"}
}

func order(r fleet.RouteSpec) []fleet.TargetID {
	list := make([]fleet.TargetID, len(r.Targets))
	for i, t := range r.Targets {
		list[i] = t.ID
	}
	return list
}

// answer is what one router says that it holds.
type answer struct {
	held *config
	err  error
	at   time.Time
}

// ask asks every router, by its own address, at the same time.
func (w *writer) ask(ctx context.Context) []answer {
	out := make([]answer, len(w.nodes))
	var wg sync.WaitGroup
	for i, n := range w.nodes {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			out[i].held, _, out[i].err = n.api.held(ctx)
			out[i].at = w.clock.Now()
		})
	}
	wg.Wait()
	return out
}
