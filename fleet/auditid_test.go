package fleet

import "testing"

// docs/connectors/kubernetes.md says how it follows: whoever has a cluster's audit log computes it without pitwall.
func TestAnAuditIDFollowsFromTheNameOfItsWrite(t *testing.T) {
	for name, want := range map[string]string{"c7-1a2b/1.1": "173b9f25-f592-86f2-911f-fd71f94f8d6f", "c7-1a2b/dry": "a43fc803-e0a0-8dbc-81e0-c5b5926de09f"} {
		if got := AuditID(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
