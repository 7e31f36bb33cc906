package kubeapi

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
)

// column is one column of a kind's table. Those that are wide are shown on demand only.
type column struct {
	name string
	kind string // "string" or "integer"
	wide bool
}

// sheet is how a kind is shown as a table.
type sheet struct {
	columns []column
	cells   func(obj runtime.Object, now time.Time) []any
}

// sheetOf is the table of a kind; one that has none of its own shows names and ages.
func sheetOf(r *Resource) sheet {
	if s, ok := sheets()[r.Kind]; ok {
		return s
	}
	return sheet{columns: texts("Name", "Age"), cells: func(obj runtime.Object, now time.Time) []any {
		m := metaOf(obj)
		return []any{m.GetName(), since(m.GetCreationTimestamp().Time, now)}
	}}
}

// texts are columns of text: a name that begins with "+" is wide, one with "#" a number.
func texts(names ...string) []column {
	list := make([]column, 0, len(names))
	for _, n := range names {
		c := column{kind: "string"}
		n, c.wide = strings.CutPrefix(n, "+")
		if rest, ok := strings.CutPrefix(n, "#"); ok {
			c.kind, n = "integer", rest
		}
		c.name = n
		list = append(list, c)
	}
	return list
}

func (s *sheet) definitions() []metav1.TableColumnDefinition {
	out := make([]metav1.TableColumnDefinition, 0, len(s.columns))
	for _, c := range s.columns {
		d := metav1.TableColumnDefinition{Name: c.name, Type: c.kind}
		if c.name == "Name" && len(out) == 0 {
			d.Format = "name"
		}
		if c.wide {
			d.Priority = 1
		}
		out = append(out, d)
	}
	return out
}

// Values of the parameter includeObject.
const (
	includeNone   = string(metav1.IncludeNone)
	includeObject = string(metav1.IncludeObject)
)

// table shows objects of the call's kind as rows; head says whether the columns are told.
func (s *Server) table(c *call, objects []runtime.Object, lm metav1.ListMeta, head bool) *metav1.Table {
	sheet, now := sheetOf(c.res), s.o.Store.Now()
	out := &metav1.Table{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "Table"}, ListMeta: lm,
		Rows: make([]metav1.TableRow, 0, len(objects))}
	if head {
		out.ColumnDefinitions = sheet.definitions()
	}
	for _, obj := range objects {
		row := metav1.TableRow{Cells: sheet.cells(obj, now)}
		switch c.r.URL.Query().Get("includeObject") {
		case includeNone:
		case includeObject:
			row.Object.Object = named(c.res.shown(obj), c.res.gvk())
		default:
			row.Object.Object = partial(obj)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// judgeTable refuses an unknown value of includeObject.
func (c *call) judgeTable() error {
	switch v := c.r.URL.Query().Get("includeObject"); v {
	case "", includeNone, includeObject, string(metav1.IncludeMetadata):
		return nil
	default:
		return badRequest("unrecognized includeObject value: " + v)
	}
}

// since is an age as tables show it.
func since(at, now time.Time) string {
	if at.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(at))
}

func metaOf(obj runtime.Object) metav1.Object {
	acc, err := meta.Accessor(obj)
	if err != nil {
		return &metav1.ObjectMeta{}
	}
	return acc
}
