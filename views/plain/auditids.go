package plain

import (
	"pitwall/actions"
	"pitwall/fleet"
)

// AuditIDs lists under which Audit-ID the API server of a change's cluster notes each of its writes; "" where it has none.
func AuditIDs(c *actions.Change) string {
	writes := c.NamedWrites()
	if len(writes) == 0 {
		return ""
	}
	r := &report{}
	r.line()
	r.line(fleet.Text("AUDIT IDS "), fleet.Int(len(writes)),
		fleet.Text("  in the audit log of the API server; what was in place already was not sent"))
	rows := make([][]fleet.Safe, 0, len(writes))
	for i := range writes {
		w := &writes[i]
		on := fleet.Text(fleet.Unknown)
		if w.Object.Name != "" {
			on = fleet.Concat(fleet.Label(w.Object.Kind), fleet.Text(" "), fleet.Label(actions.ObjectName(w.Object)))
		}
		if w.Part != "" {
			on = fleet.Concat(on, fleet.Text("/"), fleet.Label(w.Part))
		}
		rows = append(rows, []fleet.Safe{fleet.Label(w.Name), fleet.Label(w.AuditID), on, w.Text})
	}
	r.table([]column{left(fleet.Text("WRITE")), left(fleet.Text("AUDIT-ID")), left(fleet.Text("ON")), left(fleet.Text("DOES"))}, rows)
	return r.String()
}
