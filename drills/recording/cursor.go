package recording

import "errors"

// errDamaged is what a stream says that ends too early or holds what no recorder writes. Reading code panics with it, and Player
// turns it into an error: a check at each of millions of numbers would be most of the code.
var errDamaged = errors.New("its data are damaged")

// cursor reads one stream.
type cursor struct {
	b  []byte
	at int
}

func (c *cursor) byte() byte {
	if c.at >= len(c.b) {
		panic(errDamaged)
	}
	v := c.b[c.at]
	c.at++
	return v
}

func (c *cursor) uint() uint64 {
	var u uint64
	for shift := uint(0); shift < 64; shift += 7 {
		v := c.byte()
		u |= uint64(v&0x7f) << shift
		if v < 0x80 {
			return u
		}
	}
	panic(errDamaged)
}

// count is a number of things of which each takes some room somewhere, so that a few bytes cannot ask for all memory.
func (c *cursor) count(most int) int {
	u := c.uint()
	if u > uint64(most) {
		panic(errDamaged)
	}
	return int(u)
}

func (c *cursor) text() string {
	n := c.count(len(c.b) - c.at)
	s := string(c.b[c.at : c.at+n])
	c.at += n
	return s
}

func (c *cursor) done() bool { return c.at >= len(c.b) }
