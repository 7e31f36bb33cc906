package backends

import (
	"fmt"
	"testing"
	"time"

	"pitwall/fleet"
)

// BenchmarkUnreadFleet is the once-a-second merge of a cluster whose 4,000 pods in 800 pools nobody can read: what a
// console costs while nothing happens.
func BenchmarkUnreadFleet(b *testing.B) {
	var inv fleet.Inventory
	for i := range 800 {
		p := fleet.PoolSpec{ID: fleet.PoolID(fmt.Sprintf("pool-%03d", i)), Desired: fleet.Some(5)}
		for j := range 5 {
			p.Replicas = append(p.Replicas, fleet.ReplicaSpec{ID: fleet.ReplicaID(fmt.Sprintf("pool-%03d-%d", i, j)),
				Why: fleet.Text("connection refused")})
		}
		inv.Pools = append(inv.Pools, p)
	}
	w := newWorld(Options{Inventory: inv}, nil)
	now := start
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(time.Second)
		w.snapshot(1, now)
	}
}
