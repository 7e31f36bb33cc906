package routeobjects

import (
	"encoding/json"
	"maps"
	"slices"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// List is the list of the members of a route whose kind knows no weight 0: who gets nothing is taken off it. It is compared and
// replaced whole. Who was taken off is written down in an annotation of the object, by name only, so that everybody sees that
// it belongs there, and it is put back from its name and its weight. Where an item holds more than these, it stays.
type List struct {
	At   string // pointer to it
	Key  string // of the route among those of the object
	Item func(id fleet.DeploymentID, weight int) any
}

// outMark is the annotation: a JSON object that holds, by the key of a route, the names of members that were taken off.
const outMark = "pitwall.dev/taken-off"

var outAt = jsonptr.Path("metadata", "annotations", outMark)

// Off are the members of a route that were taken off its list. A text of others in the annotation says nothing.
func Off(doc any, key string) []fleet.DeploymentID {
	return offOf(doc)[key]
}

func offOf(doc any) map[string][]fleet.DeploymentID {
	all := map[string][]fleet.DeploymentID{}
	if json.Unmarshal([]byte(jsonptr.Text(doc, outAt)), &all) != nil {
		return map[string][]fleet.DeploymentID{}
	}
	return all
}

// lost says why a member cannot be taken off and put back; "" where it can.
func (l *List) lost(doc any, m *Member) string {
	found, _ := jsonptr.Find(doc, m.item())
	item, ok := found.(map[string]any)
	if !ok {
		return "its item of the list is none"
	}
	bare := maps.Clone(item)
	delete(bare, m.weightName())
	if made, ok := l.Item(m.ID, 1).(map[string]any); ok {
		delete(made, m.weightName())
		if jsonptr.Encode(bare).Equal(jsonptr.Encode(made)) {
			return ""
		}
	}
	return "its item of the list holds more than name and weight, or another has its name"
}

// item is the pointer to the item of a member that is on the list, weightName what its weight is called there.
func (m *Member) item() string {
	names := jsonptr.Names(m.At)
	return jsonptr.Path(names[:len(names)-1]...)
}

func (m *Member) weightName() string {
	names := jsonptr.Names(m.At)
	return names[len(names)-1]
}

// fields replace the list by one with the wanted weights, all of them written down: a kind that takes none with a weight beside
// one without takes these. Members that nothing is wanted of stay as they count.
func (l *List) fields(p *place, wanted map[fleet.DeploymentID]int) []fleet.Field {
	var items []any
	var off []fleet.DeploymentID
	changed := false
	for i := range p.route.Members {
		m := &p.route.Members[i]
		n, named := wanted[m.ID]
		switch {
		case named:
		case m.Weight.OK:
			n = int(m.Weight.V)
		default:
			item, _ := jsonptr.Find(p.doc, m.item())
			items = append(items, item)
			continue
		}
		changed = changed || (n == 0) != (m.At == "")
		switch {
		case n == 0:
			off = append(off, m.ID)
		case m.At == "":
			items = append(items, l.Item(m.ID, n))
		default:
			item, _ := jsonptr.Find(p.doc, m.item())
			items = append(items, jsonptr.With(item, jsonptr.Path(m.weightName()), n))
		}
	}
	list := []fleet.Field{jsonptr.Set(p.doc, l.At, items)}
	if changed {
		list = append(list, l.remembered(p.doc, off))
	}
	return list
}

// remembered is the annotation with the members of this route that are off.
func (l *List) remembered(doc any, off []fleet.DeploymentID) fleet.Field {
	all := offOf(doc)
	slices.Sort(off)
	if all[l.Key] = off; len(off) == 0 {
		delete(all, l.Key)
	}
	if len(all) == 0 {
		return jsonptr.Set(doc, outAt, nil)
	}
	text, err := json.Marshal(all)
	if err != nil {
		return jsonptr.Set(doc, outAt, nil) // a map of texts is always written
	}
	return jsonptr.Set(doc, outAt, string(text))
}
