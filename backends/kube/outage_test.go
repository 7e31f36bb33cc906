package kube

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

func TestAServerThatGoesAndComesBack(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	s := watching1(t, a, nil)
	s.untilPods(1)
	a.with(func(a *api) { a.down = true })
	a.cut()
	s.until("a failure", func(_ *fleet.Cluster, err error) bool { return fleet.KindOf(err) == fleet.KindUnreachable })
	went := s.clock.Now()
	asked := a.asked("/version")
	s.until("five minutes", func(c *fleet.Cluster, err error) bool {
		if c != nil {
			t.Errorf("rows were delivered as fresh while the server was away: %+v", c)
		}
		return err != nil && s.clock.Now().Sub(went) > 5*time.Minute && strings.Contains(err.Error(), "failing for 5m")
	})
	if n := a.asked("/version") - asked; n < 8 || n > 25 {
		t.Errorf("the server was asked %d times in five minutes of silence", n)
	}
	if lists := a.asked("sendInitialEvents"); lists > 11 {
		t.Errorf("watches knocked by themselves: %d lists", lists)
	}
	a.with(func(a *api) { a.down = false })
	a.set("pods", pod("llm", "b")) // while it was away
	s.untilPods(2)
}

func TestAServerThatIsNotThereAtFirst(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	a.with(func(a *api) { a.down = true })
	s := watching1(t, a, nil)
	s.until("what it is doing", func(c *fleet.Cluster, _ error) bool {
		return c != nil && c.State == fleet.StateUnknown && c.Why.String() == "connecting" && c.At.IsZero()
	})
	s.until("a failure", func(_ *fleet.Cluster, err error) bool { return err != nil })
	a.with(func(a *api) { a.down = false })
	s.untilPods(1)
}

func TestAnExpiredWatchListsAgain(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"), pod("llm", "b"))
	s := watching1(t, a, nil)
	s.untilPods(2)
	a.with(func(a *api) { a.expired, a.down = "pods", true })
	a.cut()
	s.until("a failure", func(_ *fleet.Cluster, err error) bool { return err != nil })
	// What happens now cannot be told by going on from the old version: the server has forgotten it.
	a.mu.Lock()
	delete(a.objects["pods"], "llm/a")
	a.mu.Unlock()
	a.with(func(a *api) { a.down = false })
	s.untilPods(1)
	if s.last.Pods[0].Name != "b" {
		t.Errorf("%s stayed", s.last.Pods[0].Name)
	}
}

func TestOneForbiddenKindSaysSoAndTheOthersGoOn(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	a.set("nodes", node("n1"))
	a.with(func(a *api) {
		a.refuse["/api/v1/nodes"] = 403
		a.refuse["/apis/policy/v1/poddisruptionbudgets"] = 403
		a.refuse["/apis/policy/v1/namespaces/default/poddisruptionbudgets"] = 403
	})
	s := watching1(t, a, nil)
	s.until("the refusals", func(c *fleet.Cluster, _ error) bool {
		return c != nil && len(c.Pods) == 1 && !watchOf(c, "nodes").Err.IsEmpty() && !watchOf(c, "poddisruptionbudgets").Err.IsEmpty() &&
			watchOf(c, "events").Synced
	})
	if text := watchOf(s.last, "nodes").Err.String(); !strings.HasPrefix(text, "auth: it is forbidden") { // its kind stands before it on each screen
		t.Errorf("nodes say %q", text)
	}
	if s.last.State != fleet.StateOK || !s.last.Scope.IsEmpty() {
		t.Errorf("the cluster is %s, scope %q", s.last.State, s.last.Scope)
	}
	a.with(func(a *api) { delete(a.refuse, "/api/v1/nodes") }) // the right is given
	s.until("nodes", func(c *fleet.Cluster, _ error) bool {
		return c != nil && len(c.Nodes) == 1 && watchOf(c, "nodes").Err.IsEmpty()
	})
}

func watchOf(c *fleet.Cluster, kind string) fleet.KindWatch {
	for _, k := range c.Kinds {
		if k.Kind == kind {
			return k
		}
	}
	return fleet.KindWatch{}
}

func TestAForbiddenClusterFallsBackToTheNamespace(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("default", "a"), pod("llm", "b"))
	a.with(func(a *api) { a.refuse["/api/v1/pods"] = 403 })
	s := watching1(t, a, nil)
	s.untilPods(1)
	if s.last.Pods[0].Name != "a" || s.last.Scope.String() != "namespace default only: listing all is forbidden" {
		t.Errorf("pod %s, scope %q", s.last.Pods[0].Name, s.last.Scope)
	}
	s.until("events", func(c *fleet.Cluster, _ error) bool { return c != nil && watchOf(c, "events").Synced })
	if a.asked("/apis/apps/v1/deployments") > 0 || a.asked("/apis/apps/v1/namespaces/default/deployments") == 0 {
		t.Error("the other kinds asked for the whole cluster all the same")
	}
}

func TestANamespaceByConfiguration(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("default", "a"), pod("llm", "b"))
	s := watching1(t, a, map[string]string{"namespace": "llm"})
	s.untilPods(1)
	if s.last.Pods[0].Name != "b" || s.last.Scope.String() != "namespace llm only, as configured" {
		t.Errorf("pod %s, scope %q", s.last.Pods[0].Name, s.last.Scope)
	}
}

func TestAnExpiredCredentialIsASentenceAndHeals(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	s := watching1(t, a, nil)
	s.untilPods(1)
	a.with(func(a *api) { a.token = "new" })
	failures := 0
	for range 3 {
		s.until("a refusal", func(_ *fleet.Cluster, err error) bool {
			return fleet.KindOf(err) == fleet.KindAuth && strings.Contains(err.Error(), "does not accept the credential")
		})
		failures++
		a.set("pods", pod("llm", "a", func(p *corev1.Pod) { p.Status.ContainerStatuses[0].RestartCount = int32(failures) })) // streams go on
	}
	if n := a.asked("/version"); n < failures {
		t.Errorf("%d failures were told of %d questions: one is told once", failures, n)
	}
	a.with(func(a *api) { a.token = "" })
	a.set("pods", pod("llm", "b"))
	s.untilPods(2)
}

func TestOneKindThatFailsDoesNotHoldTheOthers(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	a.with(func(a *api) { a.refuse["/api/v1/nodes"] = 500 })
	s := watching1(t, a, nil)
	s.untilPods(1)
	if watchOf(s.last, "nodes").Err.IsEmpty() {
		t.Error("nodes do not say that they fail")
	}
}

func TestKindsThatComeLater(t *testing.T) {
	a := newAPI(t)
	a.set("pods", pod("llm", "a"))
	s := watching1(t, a, nil)
	s.untilPods(1)
	s.until("the end of the first lists", func(c *fleet.Cluster, _ error) bool { return c != nil && watchOf(c, "events").Synced })
	if watchOf(s.last, "leaderworkersets").Kind != "" {
		t.Error("a kind that the cluster does not have is named")
	}
	lws := &leaderWorkerSet{}
	lws.Namespace, lws.Name = "llm", "big"
	a.set("leaderworkersets", lws)
	s.until("the new kind", func(c *fleet.Cluster, _ error) bool { return c != nil && len(c.Workloads) == 1 })
	if w := s.last.Workloads[0]; w.Kind != kindLWS || w.Name != "big" || w.Desired != 1 {
		t.Errorf("%+v", w)
	}
}

// TestWhatIsNoAPIServerIsNotHeard meets a proxy or a login page, which refuses in its own words.
func TestWhatIsNoAPIServerIsNotHeard(t *testing.T) {
	for _, code := range []int{403, 404} {
		a := newAPI(t)
		a.page = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			_, _ = w.Write([]byte("<html>no</html>"))
			return true
		}
		s := watching1(t, a, nil)
		s.until("the refusal of something else", func(_ *fleet.Cluster, err error) bool {
			return err != nil && strings.Contains(err.Error(), strconv.Itoa(code)+", but not as a Kubernetes API server does")
		})
	}
	a := newAPI(t)
	a.with(func(a *api) { a.refuse["/version"] = 403 })
	a.set("pods", pod("llm", "chat-1"))
	watching1(t, a, nil).untilPods(1)
}

func TestAClusterOfWhichNothingMayBeSeen(t *testing.T) {
	a := newAPI(t)
	a.with(func(a *api) { a.refuse["/api/v1/pods"], a.refuse["/api/v1/namespaces/default/pods"] = 403, 403 })
	s := watching1(t, a, nil)
	s.until("that nothing is seen", func(c *fleet.Cluster, _ error) bool {
		return c != nil && c.State == fleet.StateWarn && strings.Contains(c.Why.String(), "no pods are seen") && strings.Contains(c.Why.String(), "forbidden")
	})
}
