package tuitest

import (
	"strings"
	"sync"
)

// Counter counts what is written to it and keeps it. It is safe for concurrent use.
type Counter struct {
	mu     sync.Mutex
	bytes  int64
	writes int64
	text   strings.Builder
}

// Write counts.
func (c *Counter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += int64(len(p))
	c.writes++
	c.text.Write(p)
	return len(p), nil
}

// Bytes is how many bytes were written.
func (c *Counter) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Writes is how many times something was written.
func (c *Counter) Writes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

// Text is everything that was written.
func (c *Counter) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// Reset forgets everything, such as after the first second of a measurement.
func (c *Counter) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes, c.writes = 0, 0
	c.text.Reset()
}
