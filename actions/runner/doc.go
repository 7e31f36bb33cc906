// Package runner carries changes out: step by step, each written down before it is sent, read back from every gateway
// replica, judged by traffic, and taken back when it does harm. It decides nothing about what to change, draws
// nothing, and is the only place that calls a fleet.RouteWriter.
package runner
