package openaicosts

import (
	"encoding/json"
	"testing"

	"pitwall/backends/internal/billrig"
	"pitwall/backends/internal/bills"
	"pitwall/fleet"
)

// Whatever a result holds: no crash, no use below zero, no key, and nothing unclean is said.
func FuzzResults(f *testing.F) {
	f.Add([]byte(`{"amount":{"value":-1.5,"currency":"usd"},"line_item":"a,b, output","quantity":2,"quantity_unit":"1000_tokens","api_key_id":"sk-1"}`))
	f.Add([]byte(`{"input_tokens":10,"input_cached_tokens":12,"input_audio_tokens":1e400,"output_tokens":"3","images":-1,"usage_bytes":1,"num_sessions":2,"batch":true}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		odd, lines := &bills.Odd{}, []fleet.BillLine{}
		var c cost
		if json.Unmarshal(body, &c) == nil {
			lines = append(lines, c.line(fleet.Span{}, odd))
		}
		for _, k := range kinds() {
			var u usage
			if json.Unmarshal(body, &u) == nil {
				x := bills.Counted{Line: u.line(fleet.Span{}), Odd: odd}
				k.lines(&u, &x)
				lines = append(lines, x.Lines...)
			}
		}
		billrig.Sane(t, lines, odd.Notices())
	})
}
