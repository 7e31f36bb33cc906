// Package recording keeps what a fleet looked like, second by second, as data: every figure of each snapshot, with notes of what
// people did beside. A recording can be looked at anywhere in it, as the console would have shown it then.
//
// # Form of a file
//
// A file begins with a line that names the format and its number, then one line of JSON (Header), which describes the form of all
// data in it, so that a later pitwall with other fields reads what it knows and passes over the rest. Then come chunks of about ten
// seconds each. A chunk is whole or not there: a file that was cut is good up to its last whole chunk.
//
// A chunk holds the differences of each snapshot to the one before it. The first chunk of every three minutes is a key: its first
// snapshot differs from an empty one. Five streams of a chunk are compressed apart (Zstandard): what changed, numbers, texts, points
// of trends, and notes.
//
// Trends are hours long and nearly the same in each snapshot. Their points are kept once, in the stream of points; a snapshot only
// says how far a trend goes in it. Once an hour, with an era, all trends begin anew.
//
// # What is lost
//
// Measured figures are kept to one part in 2,048, money to one in 33 million, points of trends to one in 256, times to the
// millisecond and durations to the millisecond or, below a second, to the microsecond. Whole numbers below 2,048 are exact. Fields
// that a snapshot does not export are not kept.
package recording
