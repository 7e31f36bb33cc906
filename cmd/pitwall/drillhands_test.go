package main

import (
	"testing"

	"pitwall/fleet"
)

func TestCachesAreColdWhereTheyHitFarLessThanBefore(t *testing.T) {
	h := &hands{hits: map[fleet.PoolID]fleet.Ratio{"a": .6, "gone": .5}}
	for now, want := range map[fleet.Maybe[fleet.Ratio]]bool{
		fleet.Some(fleet.Ratio(.6)): true, fleet.Some(fleet.Ratio(.49)): true, fleet.Some(fleet.Ratio(.1)): false, fleet.None[fleet.Ratio](): true,
	} {
		s := &fleet.Snapshot{Pools: []fleet.Pool{{Spec: fleet.PoolSpec{ID: "a"}, Load: fleet.Load{PrefixHit: now}}}}
		if got := h.warm(s); got != want {
			t.Errorf("hits of %v after .6: warm is %v", now, got)
		}
	}
}
