package openaicosts

import (
	"encoding/json"
	"testing"

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
				x := counted{line: u.line(fleet.Span{}), odd: odd}
				k.lines(&u, &x)
				for i := range x.lines {
					if q := x.lines[i].Quantity; q.OK && q.V.IsNegative() {
						t.Errorf("%s: %+v", k.name, x.lines[i])
					}
				}
				lines = append(lines, x.lines...)
			}
		}
		for i := range lines {
			if l := &lines[i]; !fleet.IsClean(l.Item.String()) || !fleet.IsClean(l.Unit.String()) || len(l.Key) > 2 && l.Key[:3] == "sk-" ||
				l.Cost.OK && l.Cost.V.Amount().IsNegative() && l.IsUsage() {
				t.Errorf("%+v", l)
			}
		}
		for _, n := range odd.Notices() {
			if !fleet.IsClean(n.Text.String()) {
				t.Errorf("%q", n.Text)
			}
		}
	})
}
