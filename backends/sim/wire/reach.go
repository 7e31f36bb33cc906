package wire

import (
	"net/http"

	"pitwall/backends/sim/world"
)

// gone says whether no process listens behind the server now.
func (s *server) gone() bool {
	up := true
	if s.up != nil {
		s.o.World.At(s.o.Clock.Now(), func() { up = s.up() })
	}
	return !up
}

// hangUp ends the connection without an answer: the nearest that a listener whose port stays can come to a refused
// connection.
func hangUp(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close() // nothing was promised
		}
	}
}

// state says how the server's telemetry is, and what a frozen page shows.
func (s *server) state(path string) (frozen, silent bool, body []byte) {
	now := world.TelemetryLive
	if s.telemetry {
		s.o.World.At(s.o.Clock.Now(), func() { now = s.o.World.Telemetry(s.site) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now != s.seen && !s.frozen {
		clear(s.last)
	}
	s.seen = now
	return s.frozen || now == world.TelemetryFrozen, now == world.TelemetrySilent, s.last[path]
}
