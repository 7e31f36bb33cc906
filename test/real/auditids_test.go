//go:build real

package real_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pitwall/actions"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// isInTheServersLog finds writes of a change in what the API server itself notes of its requests, by the Audit-ID that follows
// from their names as docs/connectors/kubernetes.md says, and that the journal prints.
func (s site) isInTheServersLog(op program, u servers.User, id fleet.ChangeID, writes ...string) {
	s.t.Helper()
	var shown struct{ Writes []actions.NamedWrite }
	if err := json.Unmarshal([]byte(op.must(s.t, 0, "journal", "show", string(id), "-o", "json").out), &shown); err != nil {
		s.t.Fatal(err)
	}
	printed := op.must(s.t, 0, "journal", "show", string(id)).out
	noted := map[string]audited{}
	for _, a := range asked(s.t, s.Cluster, u.Name) {
		noted[a.AuditID] = a
	}
	for _, name := range writes {
		sum := sha256.Sum256([]byte("pitwall.dev/change\x00" + string(id) + "/" + name))
		sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
		auditID := fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
		if !strings.Contains(printed, auditID) || !slices.ContainsFunc(shown.Writes, func(w actions.NamedWrite) bool { return w.Name == name && w.AuditID == auditID }) {
			s.t.Errorf("the journal does not show %s of %s: %+v", auditID, name, shown.Writes)
		}
		a, ok := noted[auditID]
		if !ok || a.Verb != "patch" || a.ObjectRef.Resource != "deployments" || a.ResponseStatus.Code != 200 || !strings.HasPrefix(a.UserAgent, "pitwall/") {
			s.t.Errorf("write %s of change %s is noted %v: %+v", name, id, ok, a)
		}
	}
	for _, w := range shown.Writes { // nothing was in place already, so that all of it was sent
		if _, ok := noted[w.AuditID]; !ok {
			s.t.Errorf("%s is printed and the server has not noted it", w.Name)
		}
	}
}
