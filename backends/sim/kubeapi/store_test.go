package kubeapi

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func node(name, mark string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"mark": mark}}}
}

func states(rows []*row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.key+"="+r.meta.GetLabels()["mark"]+"@"+r.meta.GetResourceVersion())
	}
	return out
}

func TestThePastIsAsItWas(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	s := newStore(noon, 300)
	table := s.tables[Nodes]
	then := map[uint64][]string{}
	for i := range 1000 {
		name := fmt.Sprintf("n%02d", dice.IntN(40))
		if dice.IntN(3) == 0 {
			s.Delete(Nodes, "", name)
		} else {
			s.Put(Nodes, node(name, fmt.Sprint(i)))
		}
		rows, rev := s.current(table, "")
		then[rev] = states(rows)
	}
	known, gone := 0, 0
	for rev, want := range then {
		rows, ok := s.at(table, "", rev)
		if !ok {
			gone++
			continue
		}
		known++
		if got := states(rows); !slices.Equal(got, want) {
			t.Fatalf("revision %d is %v, was %v", rev, got, want)
		}
	}
	if known < 300 || gone == 0 {
		t.Errorf("%d revisions known, %d forgotten: at least 300 are kept, and not all", known, gone)
	}
	if len(table.log) >= 600 {
		t.Errorf("the log holds %d changes", len(table.log))
	}
}

func TestChangesComeOnceAndInOrder(t *testing.T) {
	s := newStore(noon, 100)
	table := s.tables[Nodes]
	from := s.Revision()
	s.Put(Nodes, node("a", "1"))
	s.Put(Events, &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "x"}}) // another kind
	s.Put(Nodes, node("a", "1"))                                                           // nothing changes
	s.Put(Nodes, node("a", "2"))
	s.Delete(Nodes, "", "a")
	a := s.after(table, from)
	if len(a.changes) != 3 || a.gone || a.rev != s.Revision() {
		t.Fatalf("%d changes up to %d of %d", len(a.changes), a.rev, s.Revision())
	}
	last := a.changes[2]
	if last.now != nil || last.last.meta.GetResourceVersion() != version(last.rev) || last.last.meta.GetLabels()["mark"] != "2" {
		t.Errorf("the deletion shows %+v", last.last.meta)
	}
	if again := s.after(table, a.rev); len(again.changes) != 0 {
		t.Errorf("%d changes come twice", len(again.changes))
	}
	select {
	case <-a.more:
		t.Error("woken without a change")
	default:
	}
	s.Put(Nodes, node("b", "1"))
	select {
	case <-a.more:
	default:
		t.Error("a change wakes nobody")
	}
	s.Forget()
	if !s.after(table, from).gone {
		t.Error("what was forgotten is still told")
	}
}

func TestAWriteThatWasOvertakenIsNotStored(t *testing.T) {
	s := newStore(noon, 100)
	table := s.tables[Nodes]
	s.Put(Nodes, node("a", "1"))
	seen := s.row(table, "a")
	s.Put(Nodes, node("a", "2"))
	if _, ok := s.commit(table, "a", seen, node("a", "3")); ok {
		t.Error("an overtaken write was stored")
	}
	if _, ok := s.commit(table, "b", nil, node("b", "1")); !ok {
		t.Error("a new object was refused")
	}
	if _, ok := s.commit(table, "b", nil, node("b", "2")); ok {
		t.Error("an object was created over another")
	}
}

func TestTheIdentityOfAnObjectStays(t *testing.T) {
	s := newStore(noon, 100)
	s.Put(Nodes, node("a", "1"))
	one := s.Get(Nodes, "", "a").(*corev1.Node)
	s.Put(Nodes, node("a", "2"))
	two := s.Get(Nodes, "", "a").(*corev1.Node)
	if one.UID == "" || one.UID != two.UID || !one.CreationTimestamp.Equal(&two.CreationTimestamp) || one.ResourceVersion == two.ResourceVersion {
		t.Errorf("%+v became %+v", one.ObjectMeta, two.ObjectMeta)
	}
	s.Delete(Nodes, "", "a")
	s.Put(Nodes, node("a", "2"))
	if three := s.Get(Nodes, "", "a").(*corev1.Node); three.UID == one.UID {
		t.Error("another object of the same name has the same identity")
	}
}
