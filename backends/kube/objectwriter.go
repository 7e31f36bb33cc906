package kube

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"pitwall/fleet"
)

const (
	writeWithin = 30 * time.Second // webhooks may take 10 s each
	maxTries    = 8                // of a write of fields that were not there, while others change the object
	manager     = "pitwall"        // who the server writes down as having set a field
	changeMark  = fleet.ChangeMark
)

// objectWriter writes objects of one cluster. It implements fleet.ObjectWriter.
type objectWriter struct{ access }

func newObjectWriter(spec fleet.SourceSpec, deps fleet.Deps) (fleet.ObjectWriter, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	routeLogs(set.log)
	return &objectWriter{access{set: set}}, nil
}

// Write implements fleet.ObjectWriter. The object is read first: a JSON patch must say which values it replaces and which
// it adds, and a refused test does not say what stands in the field instead.
func (w *objectWriter) Write(ctx context.Context, write fleet.ObjectWrite, id string, dry bool) error {
	a := attempt{writer: w, ObjectWrite: write, id: id, dry: dry, op: opOf(write, dry)}
	var err error
	if a.fields, err = fieldsOf(write); err != nil {
		return w.invalid(a.op, err)
	}
	if err := w.verified(ctx, a.op); err != nil {
		return err
	}
	switch write.Verb {
	case fleet.WriteSet:
		return a.set(ctx)
	case fleet.WriteEvict:
		return a.evict(ctx)
	}
	return w.invalid(a.op, errors.New("there is no verb "+fleet.Quote(string(write.Verb)).String()))
}

// verified refuses a server whose certificate is not looked at, as a kubeconfig may ask for.
func (w *objectWriter) verified(ctx context.Context, op string) error {
	c, err := w.open(ctx)
	if err != nil {
		return err
	}
	if c.config.Insecure {
		return c.fail(fleet.KindReadOnly, op, "TLS is not verified for this cluster", "it can be watched, not changed", nil)
	}
	return nil
}

func opOf(w fleet.ObjectWrite, dry bool) string {
	verb := "change "
	switch {
	case w.Verb == fleet.WriteEvict:
		verb = "evict "
	case w.Part == partScale:
		verb = "scale "
	}
	if dry {
		verb = "rehearse: " + verb
	}
	return verb + called(w.API, w.Object)
}

// attempt is one write on its way.
type attempt struct {
	fleet.ObjectWrite
	writer *objectWriter
	fields []fieldPlace
	id     string
	dry    bool
	op     string
}

// set sends the fields as one patch. Where an absent field is set, the patch holds on to the version in which it was
// seen to be absent; as long as only others' fields move that version on, it is tried again on the next one.
func (a *attempt) set(ctx context.Context) error {
	path, err := objectPath(a.API, a.Object, a.Part)
	if err == nil && a.Part == partEviction {
		err = errors.New("an eviction sets no fields")
	}
	if err != nil {
		return a.writer.invalid(a.op, err)
	}
	seen := ""
	for range maxTries {
		d, err := a.before(ctx)
		if err != nil {
			return err
		}
		body, err := a.patch(d)
		if err != nil {
			return a.writer.invalid(a.op, err)
		}
		got, err := a.send(ctx, http.MethodPatch, path+"?"+a.query(), "application/json-patch+json", body)
		switch {
		case err != nil:
			return err
		case got.ok():
			return a.stored(got)
		case !got.overtaken():
			return a.refused(got)
		case seen == d.meta.ResourceVersion:
			return a.refuse(got.conn, fleet.KindInvalid, "the API server cannot apply the patch to the object as it is", nothingWritten)
		}
		seen = d.meta.ResourceVersion
	}
	return a.fault(fleet.KindConflict, "others changed the object at each of the tries, though not these fields",
		nothingWritten+"; try again when it is quieter")
}

func (a *attempt) query() string {
	q := url.Values{"fieldManager": {manager}, "fieldValidation": {"Strict"}}
	if a.dry {
		q.Set("dryRun", "All")
	}
	return q.Encode()
}

// before reads the object and makes sure that the write is still to be made on it.
func (a *attempt) before(ctx context.Context) (document, error) {
	d, err := a.writer.document(ctx, a.ObjectWrite)
	if err != nil {
		return d, unwritten(err, a.op)
	}
	if a.UID != "" && d.meta.UID != a.UID {
		return d, a.fault(fleet.KindConflict, "another object has its name now", nothingWritten+"; plan on what is there")
	}
	if a.Verb == fleet.WriteEvict {
		return d, nil
	}
	switch s, odd := d.stand(a.fields); {
	case odd == nil && s == fleet.StandsBefore:
		return d, nil
	case odd == nil:
		return d, a.fault(fleet.KindInvalid, "no field of it changes anything", nothingWritten)
	case s == fleet.StandsAfter:
		return d, a.fault(fleet.KindConflict, "it holds already what is to be set", nothingWritten)
	default:
		return d, a.fault(fleet.KindConflict, a.conflict(d, odd), nothingWritten+"; look at what is there, and plan on that")
	}
}

// send sends one request that changes something, under the name of its change.
func (a *attempt) send(ctx context.Context, method, path, kind string, body []byte) (reply, error) {
	header := http.Header{"Content-Type": {kind}, "Audit-Id": {fleet.AuditID(a.id)}}
	got, err := a.writer.ask(ctx, a.op, question{method: method, path: path, header: header, body: body, within: writeWithin})
	if err != nil {
		return got, a.lost(err, got.sent)
	}
	return got, nil
}
