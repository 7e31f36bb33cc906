// Package desk is the operator's desk: it puts planner, interlocks, runner, journal, audit and locks of one state
// directory together behind the calls that the console and the commands make. It draws nothing and opens no
// connection itself; writers are constructed by what it is given, and only while writing is allowed.
package desk
