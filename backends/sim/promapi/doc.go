// Package promapi is a Prometheus-compatible HTTP API for the simulator: real PromQL, evaluated by Prometheus' own
// engine, over series that it scraped from the simulator's pages, or over those of a large fleet that only exists as a
// model. It must keep a bounded past, and must not invent a value: each one is on a page or follows from the model.
package promapi
