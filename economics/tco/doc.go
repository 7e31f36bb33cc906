// Package tco compares what a workload costs at an API with what it costs on own GPUs: break-even volume and the total cost
// over two or three years. It is pure arithmetic over a Case, whose inputs are all named, bounded and say where they are from.
// Amounts are projections in US dollars: they use float64 and are rounded where they are shown.
package tco
