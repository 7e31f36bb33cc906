// Package advisory answers what is known against a version of an engine, and whether it fits the driver of a node, from a
// dated pack of facts that is compiled in and that a site may replace by a file. It must not read anything else, and it
// never says that something is secure: what the pack does not know is said.
package advisory
