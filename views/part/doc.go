// Package part holds the primitives that screens are drawn with: lines of an exact width, tables, rules,
// sparklines, bars and charts. It must not know a snapshot, a screen or a key; outside text enters only as fleet.Safe.
package part
