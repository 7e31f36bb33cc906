// Package pricefile reads a site's price files from disk and remembers the last good reading, so that a file that is cut, in
// the middle of being copied or mistyped never takes prices away. What prices mean is the matter of package economics.
package pricefile
