// Package mapentry reads and writes the config file of a gateway where it is an entry of a ConfigMap. It knows nothing of what
// the text means, nor of what starts with it. The text may hold credentials: no error quotes it.
package mapentry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Kind is that of ConfigMaps.
var Kind = fleet.ObjectKind{Version: "v1", Resource: "configmaps", Kind: "ConfigMap"}

// Entry is one entry of one ConfigMap.
type Entry struct {
	Object  fleet.ObjectRef
	at      string // JSON pointer to the text
	gateway fleet.GatewayID
	objects fleet.Objects
	write   fleet.ObjectWriter
}

// Of reads the place of a gateway's config file from its options. It connects to nothing.
func Of(spec fleet.GatewaySpec) (Entry, error) {
	parts := strings.Split(spec.Options[fleet.OptionConfigMap], "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return Entry{}, Refuse(spec, "the option %s is not NAMESPACE/NAME/KEY", fleet.OptionConfigMap)
	}
	if spec.Cluster == "" {
		return Entry{}, Refuse(spec, "it has a ConfigMap and no cluster; write cluster: CONTEXT with the gateway")
	}
	return Entry{Object: fleet.ObjectRef{Cluster: spec.Cluster, Kind: Kind.Kind, Namespace: parts[0], Name: parts[1]},
		at: jsonptr.Path("data", parts[2]), gateway: spec.ID}, nil
}

// Refuse says what is wrong with the options of a gateway.
func Refuse(spec fleet.GatewaySpec, format string, args ...any) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "open the writer of " + string(spec.ID), Err: fmt.Errorf(format, args...)}
}

// Opened gives the entry with the cluster that keeps it.
func (e Entry) Opened(deps fleet.Deps) (Entry, error) {
	if deps.Objects == nil || deps.ObjectWriter == nil {
		return Entry{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the writer of " + string(e.gateway),
			Next: "its cluster is not among those of the configuration"}
	}
	var err error
	if e.objects, err = deps.Objects(e.Object.Cluster); err != nil {
		return Entry{}, err
	}
	e.write, err = deps.ObjectWriter(e.Object.Cluster)
	return e, err
}

// Called is how a person names the file.
func (e Entry) Called() string {
	return fmt.Sprintf("%s of ConfigMap %s/%s", jsonptr.Names(e.at)[1], e.Object.Namespace, e.Object.Name)
}

// Get reads an object of the cluster, such as Object itself.
func (e Entry) Get(ctx context.Context, kind fleet.ObjectKind, o fleet.ObjectRef) (any, error) {
	raw, err := e.objects.Get(ctx, kind, o)
	if err != nil {
		return nil, err
	}
	return jsonptr.Decode(raw)
}

// Text is the file in a ConfigMap that was read.
func (e Entry) Text(doc any) ([]byte, error) {
	found, _ := jsonptr.Find(doc, e.at)
	text, ok := found.(string)
	if !ok {
		return nil, errors.New("there is no such entry")
	}
	return []byte(text), nil
}

// Edit writes a text in the place of the one that was read, and nothing where that has changed meanwhile.
func (e Entry) Edit(doc any, was, text []byte, what fleet.Safe) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: e.Object, API: Kind, UID: jsonptr.Text(doc, "/metadata/uid"), Verb: fleet.WriteSet,
		Fields: []fleet.Field{{Path: e.at, Before: jsonptr.Encode(string(was)), After: jsonptr.Encode(string(text))}},
		Text:   fleet.Textf("%s in %s", what, fleet.Label(e.Called()))}
}

// Write makes a write once it was rehearsed.
func (e Entry) Write(ctx context.Context, w fleet.ObjectWrite, id string) error {
	for _, dry := range []bool{true, false} {
		if err := e.write.Write(ctx, w, id, dry); err != nil {
			return err
		}
	}
	return nil
}

// Writer writes to the cluster.
func (e Entry) Writer() fleet.ObjectWriter { return e.write }

// Mark is a short name of a text. The text itself may hold credentials, a hash of it says nothing of them.
func Mark(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Failed keeps the kind of a refusal. Of a text that changed meanwhile the API server may quote what it holds now: that is left
// out.
func (e Entry) Failed(op string, err error, next string) error {
	kind := fleet.KindOf(err)
	out := &fleet.Error{Kind: kind, Op: op, Source: fleet.SourceID(e.gateway), Err: err, Next: next, Retry: fleet.RetryAfter(err)}
	if kind == fleet.KindConflict || kind == fleet.KindInvalid {
		out.Err = nil
		out.Next = "the cluster did not take the write: what was planned on has changed, or is not what it accepts; " + next
	}
	return out
}
