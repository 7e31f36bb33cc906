// Package promtext reads a page of the Prometheus text format in one streaming pass and keeps only the
// families that an adapter asks for. It must not keep anything of a page that is not whole and well-formed,
// compute over time, or know any system's metric names.
package promtext

import (
	"github.com/prometheus/common/model"
)

// Type is the kind of a family; values may be combined where an exporter is free to choose.
type Type uint8

// The types. A family that the page leaves untyped is accepted as any of them.
const (
	Counter Type = 1 << iota
	Gauge
	Histogram
)

// Family is one metric family that an adapter wants. A counter's name carries "_total" as it does on the wire;
// a histogram's name is without "_bucket", "_sum" and "_count".
type Family struct {
	Name string
	Type Type
}

// Part is what a sample is within its family.
type Part uint8

// The parts. All samples of counters and gauges are PartValue.
const (
	PartValue Part = iota
	PartBucket
	PartSum
	PartCount
)

// Table is the set of families that one adapter wants. It is immutable and safe for concurrent use.
type Table struct {
	families []Family
	samples  map[string]sampleKind
	types    map[string]int32
}

type sampleKind struct {
	family int32
	part   Part
}

// NewTable prepares a table; a family's index in the arguments is its number in Sample.Family.
func NewTable(families ...Family) *Table {
	t := &Table{families: families, samples: map[string]sampleKind{}, types: map[string]int32{}}
	for i, f := range families {
		n := int32(i)
		t.types[f.Name] = n
		if f.Type&Histogram != 0 {
			t.samples[f.Name+"_bucket"] = sampleKind{n, PartBucket}
			t.samples[f.Name+"_sum"] = sampleKind{n, PartSum}
			t.samples[f.Name+"_count"] = sampleKind{n, PartCount}
		}
		if f.Type&(Counter|Gauge) != 0 {
			t.samples[f.Name] = sampleKind{n, PartValue}
		}
	}
	return t
}

// typeOf maps what a page declares; 0 is "untyped", which fits all.
func typeOf(m model.MetricType) (t Type, known bool) {
	switch m {
	case model.MetricTypeCounter:
		return Counter, true
	case model.MetricTypeGauge:
		return Gauge, true
	case model.MetricTypeHistogram:
		return Histogram, true
	case model.MetricTypeUnknown:
		return 0, false
	default:
		return 0, true // a summary fits nothing that is wanted
	}
}
