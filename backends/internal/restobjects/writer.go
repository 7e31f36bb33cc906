package restobjects

import (
	"context"
	"errors"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// NewWriter writes the documents of an API: a document is read, the fields of the write are compared with it and set in
// it, and the whole is sent back, with its tag where the API has one. Where it has none, what others send in the moment
// between is lost; the read after the write shows the fields of this write only.
// hide takes out of a document what no error may repeat; nil for nothing.
func NewWriter(source fleet.SourceID, s System, hide func(doc any) any) fleet.ObjectWriter {
	return writer{objects{source, s}, hide}
}

type writer struct {
	objects
	hide func(any) any
}

// What holds after a write that was refused here.
const nothingWritten = "nothing was written"

// Write implements fleet.ObjectWriter. Where the API cannot rehearse, a rehearsal compares the fields and sends nothing.
func (w writer) Write(ctx context.Context, write fleet.ObjectWrite, id string, dry bool) error {
	op := "write " + called(write.API, write.Object)
	if dry {
		op = "rehearse the write of " + called(write.API, write.Object)
	}
	switch {
	case !w.serves(write.API):
		return w.unserved(op, write.API)
	case write.Verb != fleet.WriteSet || write.Part != "":
		return w.fault(op, fleet.KindUnsupported, "this API takes whole documents only")
	}
	was, err := w.system.Fetch(ctx, write.API, write.Object)
	if err != nil {
		return unwritten(err, op)
	}
	next, err := w.changed(op, was, write)
	if err != nil {
		return err
	}
	if !dry {
		return unspoken(w.system.Send(ctx, write.API, write.Object, was, next, id), w.hide, was.Body, next)
	}
	if r, ok := w.system.(Rehearser); ok {
		return unspoken(r.Rehearse(ctx, write.API, write.Object, was, next), w.hide, was.Body, next)
	}
	return nil
}

// changed is the document with the fields of a write set, where they hold what they held when it was planned.
func (w writer) changed(op string, was Document, write fleet.ObjectWrite) (fleet.JSON, error) {
	if write.UID != "" && was.UID != write.UID {
		return nil, w.fault(op, fleet.KindConflict, "another object has its name now")
	}
	doc, err := jsonptr.Decode(was.Body)
	if err != nil {
		return nil, unwritten(err, op)
	}
	switch at, odd := stand(doc, write.Fields); {
	case odd == nil && at == fleet.StandsAfter:
		return nil, w.fault(op, fleet.KindInvalid, "no field of it changes anything")
	case at == fleet.StandsAfter:
		return nil, w.fault(op, fleet.KindConflict, "it holds already what is to be set")
	case odd != nil:
		return nil, w.fault(op, fleet.KindConflict, "somebody else changed "+fleet.Quote(odd.Path).String()+" since it was planned")
	}
	for _, f := range write.Fields {
		if f.Before.Equal(f.After) {
			continue
		}
		if doc, err = jsonptr.Apply(doc, f); err != nil {
			return nil, unwritten(err, op)
		}
	}
	return jsonptr.Encode(doc), nil
}

func (w writer) fault(op string, kind fleet.Kind, text string) error {
	return &fleet.Error{Kind: kind, Op: op, Source: w.source, Err: errors.New(text), Next: nothingWritten}
}

// unwritten says of an error before the write that nothing was written.
func unwritten(err error, op string) error {
	e, ok := errors.AsType[*fleet.Error](err)
	if !ok {
		return err
	}
	said := *e
	said.Op, said.Next = op+": "+e.Op, nothingWritten
	return &said
}
