package vllm

import (
	"bytes"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// The page of the benchmarks has the families and the length of a live idle server (631 lines, about 54 kB).
const benchLines = 631

func benchPage(t testing.TB) []byte {
	page := currentPage("qwen-coder-30b", 1)
	if n := strings.Count(page, "\n"); n != benchLines {
		t.Fatalf("the page has %d lines, want %d", n, benchLines)
	}
	return []byte(page)
}

func benchDecode(b *testing.B, body []byte) {
	d := newDecoder()
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if engines, _, err := d.decode(body); err != nil || len(engines) != 1 {
			b.Fatal(err)
		}
	}
}

func benchExpfmt(b *testing.B, body []byte) {
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		p := expfmt.NewTextParser(model.LegacyValidation)
		if _, err := p.TextToMetricFamilies(bytes.NewReader(body)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVLLMPage decodes and extracts; BenchmarkExpfmt only decodes the same page.
func BenchmarkVLLMPage(b *testing.B) { benchDecode(b, benchPage(b)) }

func BenchmarkExpfmt(b *testing.B) { benchExpfmt(b, benchPage(b)) }

func BenchmarkVLLMPageRecorded(b *testing.B) {
	benchDecode(b, recorded(b, "vllm-live-idle-2026-06.prom"))
}

func BenchmarkExpfmtRecorded(b *testing.B) {
	benchExpfmt(b, recorded(b, "vllm-live-idle-2026-06.prom"))
}

func TestPageCostsFewAllocations(t *testing.T) {
	body, d := benchPage(t), newDecoder()
	if _, _, err := d.decode(body); err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(20, func() {
		if _, _, err := d.decode(body); err != nil {
			t.Fatal(err)
		}
	})
	if got >= 100 {
		t.Errorf("%v allocations for one page, want under 100", got)
	}
	first := testing.AllocsPerRun(5, func() {
		if _, _, err := newDecoder().decode(body); err != nil {
			t.Fatal(err)
		}
	})
	t.Logf("%v allocations a page, %v with a new decoder", got, first)
}
