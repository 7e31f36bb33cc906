package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// page is a description as it grows.
type page struct{ lines []fleet.Safe }

func (p *page) add(indent int, format string, args ...any) {
	p.lines = append(p.lines, fleet.Block(strings.Repeat("  ", indent)+strings.TrimRight(fmt.Sprintf(format, args...), "\n"), 20)...)
}

// field writes one name with its value, and nothing where there is none.
func (p *page) field(indent int, name, value string) {
	if value != "" && value != "<nil>" {
		p.add(indent, "%-*s %s", max(20-2*indent, len(name)+1), name+":", value)
	}
}

func (p *page) pairs(indent int, name string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	p.add(indent, "%s:", name)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		if isSuspicious(k[strings.LastIndexByte(k, '/')+1:]) {
			v = hidden
		}
		p.add(indent+1, "%s: %s", k, clip(v, 300))
	}
}

// Describe words an object for people: what it is, how it does, why, and what happened to it. It is not kubectl's text: the
// package behind that one would make the program 22 MB larger.
func (i *inspector) Describe(ctx context.Context, o fleet.ObjectRef) ([]fleet.Safe, error) {
	var raw json.RawMessage
	if err := i.object(ctx, o, &raw); err != nil {
		return nil, err
	}
	var any map[string]any
	if err := json.Unmarshal(raw, &any); err != nil {
		return nil, i.unreadable(o, err)
	}
	clean(any)
	p := &page{}
	head(p, o, any, i.set.deps.Clock.Now())
	switch o.Kind {
	case "Pod":
		var pod corev1.Pod
		if err := json.Unmarshal(raw, &pod); err != nil {
			return nil, i.unreadable(o, err)
		}
		describePod(p, &pod)
	case "Node":
		var node corev1.Node
		if err := json.Unmarshal(raw, &node); err != nil {
			return nil, i.unreadable(o, err)
		}
		describeNode(p, &node, i.set.polarity)
	default:
		for _, part := range []string{"spec", "status"} {
			if any[part] != nil {
				p.add(0, "%s:", part)
				tree(p, 1, any[part], 0)
			}
		}
	}
	i.happened(ctx, p, o)
	if len(p.lines) > maxObjectLines {
		p.lines = append(p.lines[:maxObjectLines], fleet.Text("(cut)"))
	}
	return p.lines, nil
}

func (i *inspector) unreadable(o fleet.ObjectRef, err error) error {
	return &fleet.Error{Kind: fleet.KindInvalid, Op: "read " + o.Kind + " " + o.Name, Source: i.set.spec.ID,
		Err: reason{"the answer is not such an object", err}}
}

// head is what every object has.
func head(p *page, o fleet.ObjectRef, object map[string]any, now time.Time) {
	m, _ := object["metadata"].(map[string]any)
	p.field(0, "kind", o.Kind)
	p.field(0, "name", fmt.Sprint(m["name"]))
	p.field(0, "namespace", o.Namespace)
	if text, ok := m["creationTimestamp"].(string); ok {
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			text += " (" + span(now.Sub(at)).String() + " ago)"
		}
		p.field(0, "created", text)
	}
	if text, ok := m["deletionTimestamp"].(string); ok {
		p.field(0, "deleted", text)
	}
	owners, _ := m["ownerReferences"].([]any)
	for _, each := range owners {
		if ref, ok := each.(map[string]any); ok {
			p.field(0, "controlled by", fmt.Sprint(ref["kind"], "/", ref["name"]))
		}
	}
	p.pairs(0, "labels", texts(m["labels"]))
	p.pairs(0, "annotations", texts(m["annotations"]))
}

func texts(v any) map[string]string {
	m, _ := v.(map[string]any)
	out := make(map[string]string, len(m))
	for k, v := range m {
		out[k] = fmt.Sprint(v)
	}
	return out
}

// maxDepth bounds how deep a description goes into an object of a kind that has no words of its own.
const maxDepth = 12

// tree writes any value, one scalar a line.
func tree(p *page, indent int, v any, depth int) {
	if depth > maxDepth || len(p.lines) > maxObjectLines {
		p.add(indent, "(deeper)")
		return
	}
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			switch v[k].(type) {
			case map[string]any, []any:
				p.add(indent, "%s:", k)
				tree(p, indent+1, v[k], depth+1)
			default:
				p.field(indent, k, fmt.Sprint(v[k]))
			}
		}
	case []any:
		for _, each := range v {
			switch each.(type) {
			case map[string]any, []any:
				p.add(indent, "-")
				tree(p, indent+1, each, depth+1)
			default:
				p.add(indent, "- %v", each)
			}
		}
	default:
		p.add(indent, "%v", v)
	}
}

// maxHappened is how many events of one object are shown, the newest ones.
const maxHappened = 50

// happened adds the events of the object. They help and are not needed: that they cannot be read is one line.
func (i *inspector) happened(ctx context.Context, p *page, o fleet.ObjectRef) {
	namespace := cmp.Or(o.Namespace, "default")
	q := url.Values{"limit": {"200"}, "fieldSelector": {"involvedObject.kind=" + o.Kind + ",involvedObject.name=" + o.Name}}
	var list corev1.EventList
	err := i.fetch(ctx, "list its events", "/api/v1/namespaces/"+url.PathEscape(namespace)+"/events?"+q.Encode(), &list)
	if err != nil {
		p.lines = append(p.lines, fleet.Concat(fleet.Text("events: not read: "), fleet.Sentence(err)))
		return
	}
	slices.SortStableFunc(list.Items, func(a, b corev1.Event) int { return eventTime(&b).Compare(eventTime(&a)) })
	p.add(0, "events: %d", len(list.Items))
	for n := range list.Items[:min(len(list.Items), maxHappened)] {
		e := &list.Items[n]
		p.add(1, "%s %s %s x%d: %s", eventTime(e).Format("15:04:05Z"), e.Type, e.Reason, max(e.Count, 1), clip(e.Message, 400))
	}
}
