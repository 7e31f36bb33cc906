package kube

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/internal/contract"
	"pitwall/fleet"
)

// empty are the lists of all kinds, without an object.
func empty() map[string]contract.Page {
	pages := map[string]contract.Page{"/version": {Type: "application/json", Body: `{"gitVersion":"v1.36.3"}`}}
	for _, k := range kinds {
		if k.optional {
			continue
		}
		list := k.list()
		gvks, _, _ := testScheme().ObjectKinds(list)
		list.GetObjectKind().SetGroupVersionKind(gvks[0])
		b, _ := json.Marshal(list)
		path := "/apis/" + k.version.String()
		if k.version.Group == "" {
			path = "/api/v1"
		}
		pages[path+"/"+k.plural] = contract.Page{Type: "application/json", Body: string(b)}
	}
	return pages
}

func page1(list any) contract.Page {
	b, _ := json.Marshal(list)
	return contract.Page{Type: "application/json", Body: string(b)}
}

func podList(list ...*corev1.Pod) contract.Page {
	l := corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
	for _, p := range list {
		l.Items = append(l.Items, *p)
	}
	return page1(l)
}

func TestContract(t *testing.T) {
	pages := empty()
	pages["/api/v1/pods"] = podList(pod("llm", "a"), pod("llm", "b", waitingFor("ImagePullBackOff", "")))
	contract.Run(t, contract.Case{
		New:   newReader,
		Pages: pages, Main: "/api/v1/pods",
		Judge: func(t testing.TB, p fleet.Partial) {
			c := p.Cluster
			if c == nil || len(c.Pods) != 2 || c.Pods[1].State != fleet.StateDown || c.State != fleet.StateOK || c.Version.String() != "v1.36.3" {
				t.Errorf("%+v", c)
			}
		},
		WrongType: contract.Page{Type: "application/json", Body: `{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":7}}]}`},
		Hostile: func(text string) map[string]contract.Page {
			hostile := empty()
			hostile["/api/v1/pods"] = podList(pod(text, text, waitingFor(text, text), func(p *corev1.Pod) {
				p.Labels, p.Spec.NodeName, p.Spec.Containers[0].Image = map[string]string{text: text}, text, text
			}))
			hostile["/api/v1/nodes"] = page1(corev1.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"},
				Items: []corev1.Node{*node(text, labelled("nvidia.com/gpu.product", text), says(text, "True", text))}})
			hostile["/api/v1/events"] = page1(corev1.EventList{TypeMeta: metav1.TypeMeta{Kind: "EventList", APIVersion: "v1"},
				Items: []corev1.Event{{ObjectMeta: metav1.ObjectMeta{Name: text}, Type: text, Reason: text, Message: text}}})
			return hostile
		},
		Series: func(n int) contract.Page {
			var b strings.Builder
			b.WriteString(`{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[`)
			for i := range n {
				if i > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"metadata":{"name":"p%d","namespace":"llm"}}`, i)
			}
			b.WriteString(`]}`)
			return contract.Page{Type: "application/json", Body: b.String()}
		},
	})
}
