package litellm

import (
	"strings"

	"pitwall/backends/internal/jsonptr"
	"pitwall/backends/internal/mapentry"
	"pitwall/fleet"
)

// The options of a gateway whose config file is an entry of a ConfigMap.
const (
	optionConfigMap = fleet.OptionConfigMap // NAMESPACE/NAME/KEY
	optionWorkload  = "workload"            // Deployment/NAME or StatefulSet/NAME, of the same namespace: what mounts it
)

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
	mapentry.Entry
	workload fleet.ObjectRef
	kind     fleet.ObjectKind
}

// markAt is where the annotation stands.
var markAt = "/spec/template/metadata/annotations" + jsonptr.Path(configMark)

func newMapPlace(spec fleet.GatewaySpec) (mapPlace, error) {
	entry, err := mapentry.Of(spec)
	if err != nil {
		return mapPlace{}, err
	}
	kind, name, _ := strings.Cut(spec.Options[optionWorkload], "/")
	api, ok := workloadKinds[kind]
	if !ok || name == "" {
		return mapPlace{}, mapentry.Refuse(spec, "the option %s is not Deployment/NAME or StatefulSet/NAME", optionWorkload)
	}
	return mapPlace{Entry: entry, kind: api,
		workload: fleet.ObjectRef{Cluster: spec.Cluster, Kind: kind, Namespace: entry.Object.Namespace, Name: name}}, nil
}

// roll makes the controller start every pod anew.
func (p mapPlace) roll(doc any, text []byte) fleet.ObjectWrite {
	return fleet.ObjectWrite{Object: p.workload, API: p.kind, UID: jsonptr.Text(doc, "/metadata/uid"), Verb: fleet.WriteSet,
		Fields: []fleet.Field{jsonptr.Set(doc, markAt, mapentry.Mark(text))},
		Text:   fleet.Textf("roll %s %s onto its new config", fleet.Label(p.kind.Kind), fleet.Label(p.workload.Name))}
}
