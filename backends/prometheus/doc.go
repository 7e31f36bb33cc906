// Package prometheus reads fleets through a Prometheus-compatible query API (Prometheus, Thanos, Mimir,
// VictoriaMetrics): the series of other sources, which it hands to their decoders, and aggregates of whole pools.
// It must send queries only, take an absent series for unknown and never for zero, and use no answer that is not whole.
package prometheus
