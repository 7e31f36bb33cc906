package interlocks

import (
	"strings"
	"testing"
	"time"

	"pitwall/actions"
	"pitwall/fleet"
)

// Of an object of a cluster IL-20 asks the locks that machines share there as well.
func TestLocksThatMachinesShare(t *testing.T) {
	object := fleet.ObjectRef{Cluster: "east", Kind: "Deployment", Namespace: "llm", Name: "llama"}
	p := actions.Plan{Intent: actions.Intent{Kind: actions.KindUpgrade}, Work: &actions.WorkPlan{Was: fleet.Rollout{Object: object}}}
	noah := actions.Actor{Name: "noah", Verified: true, Host: "bastion-b"}
	theirs := actions.Change{ID: "c4-ff", State: actions.StateVerifying, Plan: p, Copy: &actions.Copy{Elsewhere: true}}
	asked := actions.Shared{Cluster: "east", At: ago(4 * time.Second)}
	away := actions.Shared{Cluster: "east", Err: fleet.Text("nothing listens")}
	for _, x := range []struct {
		name     string
		book     actions.Book
		severity actions.Severity
		says     string
		missing  bool
	}{
		{"nothing is shared", actions.Book{LockScope: fleet.Text("this user only")}, ok, "lock: this user only", false},
		{"free", actions.Book{Shared: []actions.Shared{asked}, LockScope: fleet.Text("this user only")}, ok, "on this machine or on another", false},
		{"free, on NFS", actions.Book{Shared: []actions.Shared{asked}, LockWarn: fleet.Text("state is on NFS")}, warn, "NFS", false},
		{"held elsewhere", actions.Book{Shared: []actions.Shared{asked}, Locks: []actions.Lock{{Route: p.Lock(), Holder: noah, PID: 9, Change: "c4-ff",
			Expires: now.Add(time.Second)}}}, block, "noah on bastion-b (pid 9) holds", false},
		{"ran out elsewhere", actions.Book{Shared: []actions.Shared{asked}, Locks: []actions.Lock{{Route: p.Lock(), Holder: noah,
			Expires: ago(time.Second)}}}, ovr, "ran out", false},
		{"open elsewhere", actions.Book{Shared: []actions.Shared{asked}, Changes: []actions.Change{theirs}}, block, "change c4-ff is verifying", false},
		{"cannot be asked", actions.Book{Shared: []actions.Shared{away}}, ovr, "cannot be asked: nothing listens", true},
		{"held here, and cannot be asked", actions.Book{Shared: []actions.Shared{away}, Locks: []actions.Lock{{Route: p.Lock(), Holder: noah,
			Expires: now.Add(time.Second)}}}, block, "holds", false},
		{"of another cluster", actions.Book{Shared: []actions.Shared{{Cluster: "west", Err: fleet.Text("x")}}}, ok, "nobody holds it", false},
	} {
		x.book.At = now
		c := heldObject(p, nil, x.book, now)
		if c.Severity != x.severity || !strings.Contains(c.Formula.String(), x.says) || c.Missing != x.missing {
			t.Errorf("%s: %s %s", x.name, c.Severity, c.Formula)
		}
	}
}
