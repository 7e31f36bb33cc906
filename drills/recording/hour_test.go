package recording

import (
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkHour records an hour of 64 pools once a second and looks at moments of it: MB/h, ms of one snapshot, and the longest look.
func BenchmarkHour(b *testing.B) {
	for b.Loop() {
		path := filepath.Join(b.TempDir(), "hour")
		m := newMoving(64)
		w, err := Create(path, Header{Program: "bench"})
		if err != nil {
			b.Fatal(err)
		}
		var spent time.Duration
		for range 3600 {
			s := m.next()
			from := time.Now()
			if err := w.Keep(s); err != nil {
				b.Fatal(err)
			}
			spent += time.Since(from)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(w.Size())/1e6, "MB/h")
		b.ReportMetric(float64(spent.Microseconds())/3600, "µs/snapshot")
		from := time.Now()
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(from).Microseconds())/1e3, "ms/open")
		var worst, sum time.Duration
		for i := range 40 {
			at := f.First().Add(time.Duration(i*17%40) * 90 * time.Second).Add(89 * time.Second)
			from := time.Now()
			if _, err := f.At(at); err != nil {
				b.Fatal(err)
			}
			took := time.Since(from)
			worst, sum = max(worst, took), sum+took
		}
		b.ReportMetric(float64(worst.Microseconds())/1e3, "ms/worst-look")
		b.ReportMetric(float64(sum.Microseconds())/40e3, "ms/look")
	}
}
