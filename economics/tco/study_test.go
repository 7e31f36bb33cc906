package tco

import (
	"testing"

	"pitwall/economics"
)

func prices(t testing.TB) *economics.Catalogue {
	t.Helper()
	list, err := economics.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func BenchmarkSolve(b *testing.B) {
	c := New("bench", prices(b))
	b.ReportAllocs()
	for b.Loop() {
		Solve(&c, MostMonths)
	}
}
