package views_test

import (
	"fmt"
	"testing"

	"pitwall/themes"
	"pitwall/views"
	"pitwall/views/viewtest"
)

func largeScene() views.Scene {
	sc := scene(false, themes.ANSI16)
	sc.Snap = viewtest.Large(64, 8)
	return sc
}

func BenchmarkOverview200x60(b *testing.B) {
	sc := largeScene()
	b.ReportAllocs()
	for b.Loop() {
		views.Overview(sc, views.OverviewState{Pools: views.Table{Selected: "pool-9"}}, sizes[2])
	}
}

func BenchmarkPools200x60(b *testing.B) {
	sc := largeScene()
	b.ReportAllocs()
	for b.Loop() {
		views.Pools(sc, views.PoolsState{List: views.Table{Selected: "pool-9"}}, sizes[2])
	}
}

func BenchmarkPool200x60(b *testing.B) {
	sc := scene(false, themes.ANSI16)
	b.ReportAllocs()
	for b.Loop() {
		views.Pools(sc, views.PoolsState{Pool: "b200-a"}, sizes[2])
	}
}

// TestAllocations keeps a full frame of a large fleet under 500 allocations, which, other than its time, does not
// depend on the machine.
func TestAllocations(t *testing.T) {
	sc := largeScene()
	frames := map[string]func(){
		"overview": func() { views.Overview(sc, views.OverviewState{}, sizes[2]) },
		"pools":    func() { views.Pools(sc, views.PoolsState{}, sizes[2]) },
		"pool":     func() { views.Pools(sc, views.PoolsState{Pool: "pool-4"}, sizes[2]) },
		"sources":  func() { views.Sources(sc, views.SourcesState{}, sizes[2]) },
	}
	for name, draw := range frames {
		if n := testing.AllocsPerRun(5, draw); n >= 500 {
			t.Errorf("%s: %.0f allocations a frame, limit 500", name, n)
		}
	}
}

func BenchmarkRoutes(b *testing.B) {
	for _, sz := range []views.Size{{W: 120, H: 40}, {W: 200, H: 60}} {
		for _, each := range []int{20, 200} {
			b.Run(fmt.Sprintf("%dx%d, %d routes", sz.W, sz.H, 10*each), func(b *testing.B) {
				sc := scene(false, themes.ANSI16)
				sc.Snap = viewtest.ManyRoutes(10, each)
				b.ReportAllocs()
				for b.Loop() {
					views.Routes(sc, views.RoutesState{List: views.Table{Selected: "route-0100"}}, sz)
				}
			})
		}
	}
}
