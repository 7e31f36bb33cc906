package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"pitwall/fleet"
)

const partEviction = "eviction"

// evict asks the API server to delete a pod, which it does where the pod's disruption budget allows it. The pod is read
// first: the server takes a disruption off the budget before it compares the UID.
func (a *attempt) evict(ctx context.Context) error {
	if a.API.Resource != "pods" || a.API.Group != "" {
		return a.fault(fleet.KindUnsupported, "only pods can be evicted", nothingWritten)
	}
	d, err := a.before(ctx)
	if err != nil {
		return err
	}
	path, err := objectPath(a.API, a.Object, partEviction)
	if err != nil {
		return a.writer.invalid(a.op, err)
	}
	body, err := a.eviction(d)
	if err != nil {
		return a.writer.invalid(a.op, err)
	}
	got, err := a.send(ctx, http.MethodPost, path, "application/json", body)
	switch {
	case err != nil:
		return err
	case got.ok():
		return nil
	}
	return a.unevicted(ctx, got, d)
}

// eviction is the body. The rehearsal is asked for in one place only: a query that differs would be refused.
func (a *attempt) eviction(d document) ([]byte, error) {
	options := map[string]any{"preconditions": map[string]string{"uid": d.meta.UID}}
	if a.dry {
		options["dryRun"] = []string{"All"}
	}
	return json.Marshal(map[string]any{"apiVersion": "policy/v1", "kind": "Eviction",
		"metadata": map[string]string{"name": a.Object.Name, "namespace": a.Object.Namespace}, "deleteOptions": options})
}

// unevicted words why a pod stays.
func (a *attempt) unevicted(ctx context.Context, got reply, d document) error {
	s, _ := parseStatus(got.body)
	const stays = "the pod stays"
	switch {
	case got.code == http.StatusTooManyRequests && budgetCause(s) != "":
		e := a.refuse(got.conn, fleet.KindBlocked, lowerFirst(said(budgetCause(s))), stays+"; ask again once another pod is healthy")
		if e.Retry = retryAfter(got.header.Get("Retry-After"), a.writer.set.deps.Clock.Now()); e.Retry > 0 {
			e.Next = fmt.Sprintf("%s; ask again in %s", stays, span(e.Retry))
		}
		return e
	case got.code == http.StatusInternalServerError && strings.Contains(s.Message, "more than one PodDisruptionBudget"):
		text := "it has more than one disruption budget" + a.budgets(ctx, d) + ", and the server evicts no such pod"
		return a.refuse(got.conn, fleet.KindBlocked, text, stays+"; take it out of all but one of them")
	case got.code == http.StatusForbidden && s.Details != nil && strings.HasPrefix(s.Details.Kind, "poddisruptionbudget"):
		return a.refuse(got.conn, fleet.KindBlocked, "the disruption budget "+fleet.Quote(s.Details.Name).String()+" cannot be counted: "+
			afterForbidden(s.Message, errors.New("the server does not say why")), stays+"; its status must be mended first")
	}
	err := a.refused(got)
	if e, ok := errors.AsType[*fleet.Error](err); ok && got.code == http.StatusConflict {
		e.Err = reason{"the pod is another one by now, or changed meanwhile: " + e.Err.Error(), errors.Unwrap(e.Err)}
		e.Next = stays + "; look at it again"
	}
	return err
}

// budgetCause is what a disruption budget says, with its name and numbers; "" where another limit refuses.
func budgetCause(s metav1.Status) string {
	if s.Details == nil {
		return ""
	}
	for _, c := range s.Details.Causes {
		if c.Type == policyv1.DisruptionBudgetCause {
			return c.Message
		}
	}
	return ""
}

// budgets names the disruption budgets of a pod, as far as they may be read: the server does not.
func (a *attempt) budgets(ctx context.Context, d document) string {
	path, err := kindPath(fleet.ObjectKind{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}, a.Object.Namespace)
	if err != nil {
		return ""
	}
	got, err := a.writer.ask(ctx, a.op, question{method: http.MethodGet, path: path + "?limit=500", within: inspectWithin})
	if err != nil || !got.ok() {
		return ""
	}
	var list policyv1.PodDisruptionBudgetList
	var pod metav1.PartialObjectMetadata
	if json.Unmarshal(got.body, &list) != nil || json.Unmarshal(d.body, &pod) != nil {
		return ""
	}
	var names []string
	for i := range list.Items {
		b := &list.Items[i]
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(pod.Labels)) {
			names = append(names, fleet.Quote(fmt.Sprintf("%s allows %d", b.Name, b.Status.DisruptionsAllowed)).String())
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return " (" + strings.Join(names[:min(len(names), 4)], ", ") + ")"
}
