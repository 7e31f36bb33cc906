package rayapi

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/restobjects"
	"pitwall/fleet"
)

// Pointers in the document of an application.
const (
	configAt = "/config" // what it is made of, as it was put
	scaleAt  = "/scale"  // numbers of replicas, where an external scaler sets them
)

// Kinds implements restobjects.System.
func (a *api) Kinds() []fleet.ObjectKind { return []fleet.ObjectKind{kind} }

// document is an application as it is compared and changed: its configuration as it was put, beside what Ray says of it.
type document struct {
	Name   string          `json:"name"`
	UID    string          `json:"uid,omitempty"` // of the controller: which Serve it is
	Config json.RawMessage `json:"config,omitempty"`
	Scale  map[string]int  `json:"scale,omitempty"`
	Told   json.RawMessage `json:"told"`
	Serve  surroundings    `json:"serve"`
}

type surroundings struct {
	At     time.Time `json:"at"`               // by the clock of the head; the zero time where it did not say
	Keeper string    `json:"keeper,omitempty"` // what would write over a change
	Others []string  `json:"others,omitempty"` // declarative applications that are sent back beside it
	Lost   []string  `json:"lost,omitempty"`   // those whose configuration is not told, which a write would end
	Drops  bool      `json:"drops,omitempty"`  // what is not said any more goes back to what the code says
}

// Fetch implements restobjects.System.
func (a *api) Fetch(ctx context.Context, _ fleet.ObjectKind, o fleet.ObjectRef) (restobjects.Document, error) {
	all, reply, err := a.read(ctx)
	if err != nil {
		return restobjects.Document{}, err
	}
	return a.document(all, o.Name, reply.ServerTime.Or(time.Time{}))
}

// List implements restobjects.System.
func (a *api) List(ctx context.Context, _ fleet.ObjectKind, namespace string) ([]fleet.JSON, error) {
	all, reply, err := a.read(ctx)
	if err != nil || namespace != "" {
		return nil, err
	}
	var list []fleet.JSON
	for _, name := range slices.Sorted(maps.Keys(all.Applications)) {
		d, err := a.document(all, name, reply.ServerTime.Or(time.Time{}))
		if err != nil {
			return nil, err
		}
		list = append(list, d.Body)
	}
	return list, nil
}

// document makes one of an application. Which Serve it is, is told by the actor of its controller.
func (a *api) document(all *instance, name string, at time.Time) (restobjects.Document, error) {
	op := "read application " + fleet.Quote(name).String()
	body, ok := all.Applications[name]
	if !ok {
		return restobjects.Document{}, a.fault(fleet.KindNotFound, op, "Ray Serve has no such application", "it may have been deleted")
	}
	var of app
	var told map[string]json.RawMessage
	if json.Unmarshal(body, &told) != nil || json.Unmarshal(body, &of) != nil {
		return restobjects.Document{}, a.fault(fleet.KindInvalid, op, "the answer is not the JSON that was expected", "nothing of it was used")
	}
	d := document{Name: name, UID: all.Controller.Actor, Config: config(told),
		Serve: surroundings{At: at, Keeper: a.keeper(all), Drops: all.Restores}}
	delete(told, "deployed_app_config")
	if of.External {
		d.Scale = map[string]int{}
		for of, x := range of.Deployments {
			d.Scale[of] = x.target()
		}
	}
	d.Serve.Others, d.Serve.Lost = others(all, name)
	var err error
	if d.Told, err = json.Marshal(told); err != nil {
		return restobjects.Document{}, err
	}
	text, err := json.Marshal(d)
	return restobjects.Document{Body: fleet.JSON(text), UID: all.Controller.Actor}, err
}

// config is the configuration of an application as it was put; nil where it is not told.
func config(told map[string]json.RawMessage) json.RawMessage {
	if c := told["deployed_app_config"]; len(c) > 0 && string(c) != "null" {
		return c
	}
	return nil
}

// others are the applications beside one that have a configuration, and the declarative ones of which it is not told. One that
// is being deleted has none and comes to its end.
func others(all *instance, but string) (kept, lost []string) {
	for _, name := range slices.Sorted(maps.Keys(all.Applications)) {
		var of app
		var told map[string]json.RawMessage
		if name == but || json.Unmarshal(all.Applications[name], &told) != nil || json.Unmarshal(all.Applications[name], &of) != nil {
			continue
		}
		switch {
		case config(told) != nil:
			kept = append(kept, name)
		case of.Source == declarative && of.Status != deleting:
			lost = append(lost, name)
		}
	}
	return kept, lost
}

// Send implements restobjects.System. Either a number of an external scaler is set, or the configuration is put, with those of
// all other applications as they are at this moment.
func (a *api) Send(ctx context.Context, _ fleet.ObjectKind, o fleet.ObjectRef, was restobjects.Document, next fleet.JSON, _ string) error {
	var before, after document
	if err := jsonptr.Typed(was.Body, &before); err != nil {
		return err
	}
	if err := jsonptr.Typed(next, &after); err != nil {
		return err
	}
	if before.Serve.Keeper != "" {
		return a.fault(fleet.KindUnsupported, "write application "+fleet.Quote(o.Name).String(), before.Serve.Keeper, nothingSent)
	}
	for of, n := range after.Scale {
		if before.Scale[of] != n {
			path := "/api/v1/applications/" + url.PathEscape(o.Name) + "/deployments/" + url.PathEscape(of) + "/scale"
			_, err := a.call(ctx, http.MethodPost, path, map[string]int{"target_num_replicas": n})
			return err
		}
	}
	return a.put(ctx, o.Name, &before, &after)
}

const nothingSent = "nothing was written"

// put reads everything once more, since what is not sent is ended, and what is sent counts for all.
func (a *api) put(ctx context.Context, name string, before, after *document) error {
	op := "put application " + fleet.Quote(name).String()
	all, _, err := a.read(ctx)
	if err != nil {
		return err
	}
	body := map[string]any{}
	for key, v := range map[string]json.RawMessage{"proxy_location": all.Location, "http_options": all.HTTP, "grpc_options": all.GRPC,
		"target_capacity": all.Capacity} {
		if len(v) > 0 && string(v) != "null" {
			body[key] = v
		}
	}
	list, err := a.together(op, all, name, before, after)
	if err != nil {
		return err
	}
	body["applications"] = list
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if bytes.Contains(text, []byte(redacted)) || bytes.Contains(text, []byte(redactedEscaped)) {
		return a.fault(fleet.KindUnsupported, op, "Ray hides the values of variables from this client ("+redacted+"), so that sending them "+
			"back would "+
			"destroy them", nothingSent)
	}
	_, err = a.call(ctx, http.MethodPut, applicationsPath, json.RawMessage(text))
	return err
}

// together are the configurations of all applications, with the changed one among them.
func (a *api) together(op string, all *instance, name string, before, after *document) ([]json.RawMessage, error) {
	var list []json.RawMessage
	found := false
	for _, of := range slices.Sorted(maps.Keys(all.Applications)) {
		var told map[string]json.RawMessage
		if json.Unmarshal(all.Applications[of], &told) != nil {
			return nil, a.fault(fleet.KindInvalid, op, "application "+fleet.Quote(of).String()+" cannot be read, and would be ended", nothingSent)
		}
		c := config(told)
		if of == name {
			if c == nil || !fleet.JSON(c).Equal(fleet.JSON(before.Config)) {
				return nil, a.fault(fleet.KindConflict, op, "somebody else changed it in the moment before", nothingSent)
			}
			c, found = after.Config, true
		}
		if c != nil {
			list = append(list, c)
		}
	}
	switch _, lost := others(all, name); {
	case !found:
		return nil, a.fault(fleet.KindConflict, op, "it was deleted in the moment before", nothingSent)
	case len(lost) > 0:
		return nil, a.fault(fleet.KindUnsupported, op, withoutConfig(lost), nothingSent)
	}
	return list, nil
}

// redacted stands in the place of values that Ray hides from browsers (RAY_DASHBOARD_REDACT_RUNTIME_ENV).
const (
	redacted        = "<redacted>"
	redactedEscaped = `\u003credacted\u003e`
)

func withoutConfig(lost []string) string {
	return "the configuration of application " + fleet.Quote(lost[0]).String() + ", which was deployed by this API too, is not told at " +
		"the moment: without " +
		"it, it would be ended"
}
