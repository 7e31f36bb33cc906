// Package lease holds a route for one change at a time: a kernel lock plus a file that says who has it. It binds
// pitwall users of one state directory only; whoever else writes to a gateway is found by comparing before each write.
package lease
