package litellm

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// The options of a gateway whose config file is an entry of a ConfigMap.
const (
	optionConfigMap = fleet.OptionConfigMap // NAMESPACE/NAME/KEY
	optionWorkload  = "workload"            // Deployment/NAME or StatefulSet/NAME, of the same namespace: what mounts it
)

var configMaps = fleet.ObjectKind{Version: "v1", Resource: "configmaps", Kind: "ConfigMap"}

// workloadKinds are those whose controller replaces pods as their template changes.
var workloadKinds = map[string]fleet.ObjectKind{
	"Deployment":  {Group: "apps", Version: "v1", Resource: "deployments", Kind: "Deployment"},
	"StatefulSet": {Group: "apps", Version: "v1", Resource: "statefulsets", Kind: "StatefulSet"},
}

// configMark is the annotation of the pod template that names the text which the pods start with. Another one makes the
// controller replace them.
const configMark = "pitwall.dev/litellm-config"

// mapPlace is where the config file is kept and what starts with it.
type mapPlace struct {
	config   fleet.ObjectRef
	textAt   string // JSON pointer to the file
	workload fleet.ObjectRef
	kind     fleet.ObjectKind
}

// markAt is where the annotation stands.
var markAt = "/spec/template/metadata/annotations" + jsonptr.Path(configMark)

func newMapPlace(spec fleet.GatewaySpec) (mapPlace, error) {
	refuse := func(format string, args ...any) (mapPlace, error) {
		return mapPlace{}, &fleet.Error{Kind: fleet.KindInvalid, Op: "open the writer of " + string(spec.ID), Err: fmt.Errorf(format, args...)}
	}
	parts := strings.Split(spec.Options[optionConfigMap], "/")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return refuse("the option %s is not NAMESPACE/NAME/KEY", optionConfigMap)
	}
	kind, name, _ := strings.Cut(spec.Options[optionWorkload], "/")
	api, ok := workloadKinds[kind]
	switch {
	case !ok || name == "":
		return refuse("the option %s is not Deployment/NAME or StatefulSet/NAME", optionWorkload)
	case spec.Cluster == "":
		return refuse("it has a ConfigMap and no cluster; write cluster: CONTEXT with the gateway")
	}
	return mapPlace{
		config: fleet.ObjectRef{Cluster: spec.Cluster, Kind: configMaps.Kind, Namespace: parts[0], Name: parts[1]},
		textAt: jsonptr.Path("data", parts[2]), kind: api,
		workload: fleet.ObjectRef{Cluster: spec.Cluster, Kind: kind, Namespace: parts[0], Name: name},
	}, nil
}

// called is how a person names the file.
func (p mapPlace) called() string {
	return fmt.Sprintf("%s of ConfigMap %s/%s", jsonptr.Names(p.textAt)[1], p.config.Namespace, p.config.Name)
}

// markOf is a short name of a text. The text itself may hold credentials, a hash of it says nothing of them.
func markOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// edit writes the file in the place of the one that was read, and nothing where that has changed meanwhile.
func (p mapPlace) edit(doc any, route fleet.RouteID, was, text []byte) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: p.config, API: configMaps, UID: jsonptr.Text(doc, "/metadata/uid"), Verb: fleet.WriteSet,
		Fields: []fleet.Field{{Path: p.textAt, Before: jsonptr.Encode(string(was)), After: jsonptr.Encode(string(text))}},
		Text:   fleet.Textf("weights of %s in %s", fleet.Label(string(route)), fleet.Label(p.called()))}
}

// roll makes the controller start every pod anew.
func (p mapPlace) roll(doc any, text []byte) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: p.workload, API: p.kind, UID: jsonptr.Text(doc, "/metadata/uid"), Verb: fleet.WriteSet,
		Fields: []fleet.Field{jsonptr.Set(doc, markAt, markOf(text))},
		Text:   fleet.Textf("roll %s %s onto its new config", fleet.Label(p.kind.Kind), fleet.Label(p.workload.Name))}
}

// textOf is the file in a ConfigMap.
func (p mapPlace) textOf(doc any) ([]byte, error) {
	found, _ := jsonptr.Find(doc, p.textAt)
	text, ok := found.(string)
	if !ok {
		return nil, errors.New("there is no such entry")
	}
	return []byte(text), nil
}
