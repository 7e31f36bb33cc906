package plan

import (
	"fmt"
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
)

// shortKinds are the names that kubectl takes for kinds, and short ones for those of other orchestrators.
var shortKinds = map[string]string{
	"deploy": "Deployment", "sts": "StatefulSet", "ds": "DaemonSet", "lws": "LeaderWorkerSet", "no": "Node", "hpa": "HorizontalPodAutoscaler",
	"so": "ScaledObject", "isvc": "InferenceService", "llmisvc": "LLMInferenceService", "ro": "Rollout", "sdep": "SeldonDeployment",
	"mlm": "Model", "mlx": "Experiment",
	"bentocloud": "BentoCloudDeployment", "oep": "OnlineEndpoint", "odep": "OnlineDeployment", "vep": "VertexEndpoint",
}

// FindObject finds the object that a person named: a pool, NAME, NAMESPACE/NAME, KIND/NAME or KIND/NAMESPACE/NAME, in one
// cluster or, for "", in any. kind is taken where the name says none, "" for workloads. Kinds that are not watched are
// taken by their full name. A name that fits several objects is refused with what they are (KindInvalid).
func FindObject(s *fleet.Snapshot, name, kind string, cluster fleet.ClusterID) (fleet.ObjectRef, error) {
	if s == nil {
		return fleet.ObjectRef{}, &fleet.Error{Kind: fleet.KindStale, Op: "find the object", Err: fmt.Errorf("nothing has been read yet")}
	}
	if p := s.Pool(fleet.PoolID(name)); p != nil && kind == "" && p.Spec.Workload.Name != "" {
		return p.Spec.Workload, nil
	}
	want := parseObject(name, kind)
	var found []fleet.ObjectRef
	for _, c := range s.Clusters {
		if cluster != "" && c.ID != cluster {
			continue
		}
		found = append(found, objectsIn(c, want)...)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return fleet.ObjectRef{}, refuse(fmt.Errorf("%q is %s: name its kind, namespace and cluster", name, list(objectNames(found))))
	}
	if o, ok := unwatched(s, want, cluster); ok {
		return o, nil
	}
	return fleet.ObjectRef{}, &fleet.Error{Kind: fleet.KindNotFound, Op: "find the object",
		Err:  fmt.Errorf("there is no pool, workload or node %q in %s", name, clusterNames(s, cluster)),
		Next: "nothing was changed; KIND/NAMESPACE/NAME names it in full"}
}

func parseObject(name, kind string) fleet.ObjectRef {
	parts := strings.Split(name, "/")
	o := fleet.ObjectRef{Kind: kind, Name: parts[len(parts)-1]}
	switch len(parts) {
	case 3:
		o.Kind, o.Namespace = longKind(parts[0]), parts[1]
	case 2:
		if k := longKind(parts[0]); k != parts[0] && !isWord(parts[0]) || isKind(parts[0]) {
			o.Kind = k
		} else {
			o.Namespace = parts[0]
		}
	}
	return o
}

// longKind gives the kind of a short or lower-case name, else the word itself.
func longKind(word string) string {
	lower := strings.ToLower(word)
	if k, ok := shortKinds[lower]; ok {
		return k
	}
	for _, k := range shortKinds {
		if l := strings.ToLower(k); lower == l || lower == l+"s" {
			return k
		}
	}
	return word
}

// isKind tells whether a word is written as the API writes kinds: names of objects and namespaces are lower case.
func isKind(word string) bool { return word != "" && word[0] >= 'A' && word[0] <= 'Z' }

// isWord tells kinds in lower case that namespaces are called too: before one name alone they are a namespace.
func isWord(kind string) bool {
	return slices.Contains([]string{"model", "models", "experiment", "experiments"}, kind)
}

func objectsIn(c *fleet.Cluster, want fleet.ObjectRef) []fleet.ObjectRef {
	var out []fleet.ObjectRef
	if want.Kind == "Node" {
		for _, n := range c.Nodes {
			if n.Name == want.Name {
				out = append(out, fleet.ObjectRef{Cluster: c.ID, Kind: "Node", Name: n.Name})
			}
		}
		return out
	}
	for _, w := range c.Workloads {
		fits := w.Name == want.Name && (want.Namespace == "" || w.Namespace == want.Namespace)
		if fits && (want.Kind == "" || w.Kind == want.Kind) {
			out = append(out, fleet.ObjectRef{Cluster: c.ID, Kind: w.Kind, Namespace: w.Namespace, Name: w.Name})
		}
	}
	return out
}

// unwatched takes an object of a kind that no watch reads by its full name, where its cluster is clear.
func unwatched(s *fleet.Snapshot, want fleet.ObjectRef, cluster fleet.ClusterID) (fleet.ObjectRef, bool) {
	watched := slices.Contains([]string{"", "Node", "Deployment", "StatefulSet", "DaemonSet", "LeaderWorkerSet"}, want.Kind)
	if watched || want.Name == "" || want.Namespace == "" && cluster == "" { // objects of a cloud's API are in no namespace
		return fleet.ObjectRef{}, false
	}
	want.Cluster = cluster
	if cluster == "" && len(s.Clusters) == 1 {
		want.Cluster = s.Clusters[0].ID
	}
	return want, want.Cluster != ""
}

func objectNames(list []fleet.ObjectRef) []string {
	var out []string
	for _, o := range list {
		out = append(out, fleet.Quote(o.Kind+"/"+actions.ObjectName(o)+" of "+string(o.Cluster)).String())
	}
	return out
}

func clusterNames(s *fleet.Snapshot, cluster fleet.ClusterID) string {
	if cluster != "" {
		return "cluster " + fleet.Quote(string(cluster)).String()
	}
	var names []string
	for _, c := range s.Clusters {
		names = append(names, fleet.Quote(string(c.ID)).String())
	}
	if len(names) == 0 {
		return "any cluster: none is watched"
	}
	return list(names)
}
