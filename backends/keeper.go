package backends

import (
	"context"
	"time"

	"pitwall/backends/history"
	"pitwall/fleet"
)

// unsaved is how many rounds of points may wait for a slow disk before new ones are dropped.
const unsaved = 4

// keep reads the look-back of earlier runs, and then writes closed points as they come. It holds no lock over the
// disk: a state directory that hangs costs the look-back and nothing else.
func (h *Hub) keep(ctx context.Context, task fleet.Task) {
	h.recall()
	for {
		var points []history.Point
		task.Idle(func() {
			select {
			case points = <-h.closed:
			case <-ctx.Done():
			}
		})
		if points == nil {
			break
		}
		h.write(points)
	}
	for {
		select {
		case points := <-h.closed:
			h.write(points)
		default:
			return
		}
	}
}

func (h *Hub) recall() {
	now := h.opt.Clock.Now()
	var points []history.Point
	_, err := h.opt.History.Each(now.Add(-max(ratingBack, fleet.BudgetWindow)), func(p history.Point) {
		if !p.At.After(now) {
			points = append(points, p)
		}
	})
	inOrder(points)
	h.mu.Lock()
	for _, p := range points {
		h.world.look.keep(p, now)
	}
	h.recalled = true
	h.mu.Unlock()
	h.noteHistory(err, now)
	h.changed()
}

func (h *Hub) write(points []history.Point) {
	h.noteHistory(h.opt.History.Append(points), h.opt.Clock.Now())
}

// noteHistory says that the look-back cannot be kept; watching goes on.
func (h *Hub) noteHistory(err error, now time.Time) {
	if err == nil {
		return
	}
	h.log.Warn("history failed", "err", err)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.world.events.once(fleet.Event{At: now, Level: fleet.LevelWarn, Object: fleet.Text("history"),
		Text: fleet.Concat(fleet.Text("the look-back is not kept: "), fleet.Sentence(err))})
}

// save hands closed points over without waiting for the disk. The Hub's mutex is held.
func (h *Hub) save(points []history.Point) {
	select {
	case h.closed <- points:
	default:
		h.world.events.once(fleet.Event{At: points[0].At, Level: fleet.LevelWarn, Object: fleet.Text("history"),
			Text: fleet.Text("the disk is too slow: five minutes of look-back were dropped")})
	}
}
