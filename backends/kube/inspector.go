package kube

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"pitwall/fleet"
)

// Bounds of what is shown of one object.
const (
	maxObject      = 4 << 20 // bytes as the API sends it
	maxObjectLines = 5000
	inspectWithin  = 15 * time.Second
)

// inspector opens objects of one cluster in full.
type inspector struct{ access }

func newInspector(spec fleet.SourceSpec, deps fleet.Deps) (fleet.Inspector, error) {
	set, err := newSettings(spec, deps)
	if err != nil {
		return nil, err
	}
	routeLogs(set.log)
	return &inspector{access{set: set}}, nil
}

// place is where the API keeps a kind.
type place struct {
	path       string // "/api/v1", "/apis/apps/v1"
	plural     string
	namespaced bool
}

// places are the kinds that screens and events refer to.
var places = map[string]place{
	"Pod":                     {"/api/v1", "pods", true},
	"Node":                    {"/api/v1", "nodes", false},
	"Namespace":               {"/api/v1", "namespaces", false},
	"Service":                 {"/api/v1", "services", true},
	"ConfigMap":               {"/api/v1", "configmaps", true},
	"Secret":                  {"/api/v1", "secrets", true},
	"Event":                   {"/api/v1", "events", true},
	"PersistentVolumeClaim":   {"/api/v1", "persistentvolumeclaims", true},
	"PersistentVolume":        {"/api/v1", "persistentvolumes", false},
	kindDeployment:            {"/apis/apps/v1", "deployments", true},
	kindStatefulSet:           {"/apis/apps/v1", "statefulsets", true},
	kindDaemonSet:             {"/apis/apps/v1", "daemonsets", true},
	kindReplicaSet:            {"/apis/apps/v1", "replicasets", true},
	"Job":                     {"/apis/batch/v1", "jobs", true},
	"CronJob":                 {"/apis/batch/v1", "cronjobs", true},
	"HorizontalPodAutoscaler": {"/apis/autoscaling/v2", "horizontalpodautoscalers", true},
	"PodDisruptionBudget":     {"/apis/policy/v1", "poddisruptionbudgets", true},
	"Ingress":                 {"/apis/networking.k8s.io/v1", "ingresses", true},
	"Lease":                   {"/apis/coordination.k8s.io/v1", "leases", true},
	kindLWS:                   {"/apis/leaderworkerset.x-k8s.io/v1", "leaderworkersets", true},
	"InferenceService":        {"/apis/serving.kserve.io/v1beta1", "inferenceservices", true},
	"RayService":              {"/apis/ray.io/v1", "rayservices", true},
	"Rollout":                 {"/apis/argoproj.io/v1alpha1", "rollouts", true},
	"HTTPRoute":               {"/apis/gateway.networking.k8s.io/v1", "httproutes", true},
}

func (i *inspector) path(o fleet.ObjectRef) (string, error) {
	p, ok := places[o.Kind]
	if !ok {
		return "", &fleet.Error{Kind: fleet.KindUnsupported, Op: "open " + o.Kind + " " + o.Name, Source: i.set.spec.ID,
			Err: reason{text: "pitwall does not know where the API keeps this kind"}}
	}
	if isDots(o.Name) || p.namespaced && isDots(o.Namespace) {
		return "", &fleet.Error{Kind: fleet.KindInvalid, Op: "open " + o.Kind, Source: i.set.spec.ID,
			Err: reason{text: "it has no name"}}
	}
	path := p.path
	if p.namespaced {
		path += "/namespaces/" + url.PathEscape(o.Namespace)
	}
	return path + "/" + p.plural + "/" + url.PathEscape(o.Name), nil
}

// fetch reads one answer as JSON.
func (i *inspector) fetch(ctx context.Context, op, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, inspectWithin)
	defer cancel()
	c, err := i.open(ctx)
	if err != nil {
		return err
	}
	resp, err := c.get(ctx, path, "application/json")
	if err != nil {
		return c.failure(ctx, op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxObject+1))
	switch {
	case err != nil:
		return c.failure(ctx, op, err)
	case resp.StatusCode == http.StatusUnauthorized:
		i.forget(c)
		return c.refusal(op, resp, body)
	case resp.StatusCode != http.StatusOK:
		return c.refusal(op, resp, body)
	case len(body) > maxObject:
		return c.fail(fleet.KindInvalid, op, "it is over 4 MiB", "use kubectl for it", nil)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return c.fail(fleet.KindInvalid, op, "the answer is not JSON", "", err)
	}
	return nil
}

// object reads one object into into.
func (i *inspector) object(ctx context.Context, o fleet.ObjectRef, into any) error {
	path, err := i.path(o)
	if err != nil {
		return err
	}
	return i.fetch(ctx, "read "+o.Kind+" "+o.Name, path, into)
}
