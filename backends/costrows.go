package backends

import (
	"pitwall/economics/export"
	"pitwall/fleet"
)

// CostRows are the lines that are on file of a span, each stream by itself, to be exported. title is what people call a
// provider; nil takes its ID.
func (h *Hub) CostRows(over fleet.Span, title func(fleet.ProviderID) string) []export.Row {
	if h.opt.Books == nil {
		return nil
	}
	h.mu.Lock()
	inv := h.world.inventory
	h.mu.Unlock()
	return export.Rows(h.opt.Books.Ledgers(nil), over, h.names(&inv), title)
}
