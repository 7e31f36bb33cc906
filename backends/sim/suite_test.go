package sim

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"pitwall/backends/sim/clusters"
	"pitwall/test/kubesuite"
)

// TestTheClustersAnswerAsARealServer holds the embedded API server to what the real one answers.
func TestTheClustersAnswerAsARealServer(t *testing.T) {
	t.Parallel() // it mostly waits

	f, err := Listen(context.Background(), Options{}) // on the machine's clock: watches end by it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	c := f.Clusters()[0]
	event := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Name: "suite", Namespace: serving}, Type: corev1.EventTypeNormal,
		Reason: "Suite", Message: "something happened", LastTimestamp: metav1.NewTime(noon),
		InvolvedObject: corev1.ObjectReference{Kind: "Deployment", Name: poolB200, Namespace: serving}}
	if _, err := api(t, f, "kube-fra1").CoreV1().Events(serving).Create(t.Context(), event, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	token := clusterTokens()
	kubesuite.Run(t, kubesuite.Server{
		URL: c.URL(), CA: c.CA(),
		Tokens: kubesuite.Users{Admin: token.Admin, Viewer: token.Viewer, Scoped: token.Scoped, Nobody: token.Nobody},
		Names: kubesuite.Users{Admin: clusters.AdminName, Viewer: clusters.ViewerName, Scoped: clusters.ScopedName,
			Nobody: clusters.NobodyName},
		Namespace: serving, Deployment: poolB200, Elsewhere: "gateway", Can: kubesuite.Capabilities{Create: true, Apply: true, Tables: true, OpenAPI: true,
			Roll: true, Budgets: true, Owners: true},
		Expire: func(*testing.T) { c.Store().Forget() },
	})
}
