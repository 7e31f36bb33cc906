package views

import (
	"strconv"
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
	"pitwall/views/tcopage"
)

// EconomicsState is what the economics screen shows: the answer about one route, and the table of it that has the focus.
type EconomicsState struct {
	Of     fleet.RouteID
	Answer *tcopage.Document // laid out once, when it was worked out; nil where there is none
	Why    fleet.Safe        // why there is none
	Read   time.Time         // when the inputs were taken from the fleet
	Edits  int               // inputs that were edited since
	Pane   string            // ID of a section of the answer's document
	Tables map[string]*Table
}

// economicsPanes are the tables in the order of tab.
var economicsPanes = []string{"inputs", "sensitivity", "months", "split", "like", "reasons", "costs"}

// EconomicsPanes lists the tables of the economics screen in the order of tab.
func EconomicsPanes() []string { return economicsPanes }

// Economics answers for one route whether an API or own GPUs cost less, and on what that hinges. The table with the focus stands below.
func Economics(sc Scene, u EconomicsState, sz Size) string {
	sc = withLook(sc)
	return frame(sc, sz, false, func(b *part.Block, rows int) {
		above := newPage(sc, b.Width())
		economicsHead(above, &u)
		if u.Answer == nil {
			above.say(themes.Stale, u.Why, 2, 3)
			b.Append(above.Block)
			return
		}
		most := 1
		if rows >= 30 {
			most = 2
		}
		for i, f := range u.Answer.Lead {
			role, lines := themes.Text, most
			switch i {
			case 1: // the verdict
				role, lines = themes.Title, 2
			case 2: // what it costs today
				lines = 2
			default:
			}
			above.tell(f.Name, role, f.Text, lines)
		}
		above.Cut(max(1, rows-5))
		b.Append(above.Block)
		if s := sectionOf(u.Answer, u.Pane); s != nil {
			charts := economicsCharts(u.Answer, s, b.Width(), rows >= 30)
			room := chartRoom(charts, rows-b.Len())
			economicsTable(b, s, u.table(s.ID), rows-b.Len()-room)
			drawDecision(b, charts, min(room, rows-b.Len()))
		}
	})
}

func economicsHead(p *page, u *EconomicsState) {
	read := fleet.Safe{}
	if !u.Read.IsZero() {
		read = fleet.Textf("inputs of %s", fleet.ClockTime(u.Read))
	}
	if u.Edits > 0 {
		read = fleet.Textf("%s, %s edited", read, fleet.Int(u.Edits))
	}
	p.Rule(fleet.Concat(fleet.Text("ECONOMICS "), fleet.Label(string(u.Of))), read, fleet.Text("enter edit  r reread"))
}

func sectionOf(d *tcopage.Document, id string) *tcopage.Section {
	for i := range d.Sections {
		if d.Sections[i].ID == id {
			return &d.Sections[i]
		}
	}
	return nil
}

func (u *EconomicsState) table(id string) Table {
	if t := u.Tables[id]; t != nil {
		return *t
	}
	return Table{}
}

// EconomicsOrder tells the rows of each table: an input by its key, any other row by its place.
func EconomicsOrder(u EconomicsState) map[string][]string {
	order := map[string][]string{}
	if u.Answer == nil {
		return order
	}
	for i := range u.Answer.Sections {
		s := &u.Answer.Sections[i]
		_, order[s.ID] = economicsRows(s, u.table(s.ID))
	}
	return order
}

// economicsRows are the rows that the filter leaves, with their IDs.
func economicsRows(s *tcopage.Section, t Table) ([]int, []string) {
	o := order{n: len(s.Rows), filter: t.Filter, id: func(i int) string { return economicsID(s, i) }, text: func(i int) string {
		words := make([]string, len(s.Rows[i]))
		for k, c := range s.Rows[i] {
			words[k] = c.String()
		}
		return strings.Join(words, " ")
	}, less: func(i, j int) int { return i - j }}
	index := o.rows()
	return index, o.ids(index)
}

// economicsID is the key of the input that a row is about, else the row's place.
func economicsID(s *tcopage.Section, i int) string {
	if s.ID == "inputs" || s.ID == "sensitivity" {
		return s.Rows[i][0].String()
	}
	return strconv.Itoa(i)
}

func economicsTable(b *part.Block, s *tcopage.Section, t Table, rows int) {
	index, ids := economicsRows(s, t)
	from, to := window(ids, t, rows-2)
	b.Rule(fleet.Label(strings.ToUpper(s.Title.String())), filterNote(t),
		fleet.Concat(position(from, to, len(index)), fleet.Text("   tab next table")))
	g := part.Layout(economicsColumns(s), b.Width(), t.Column)
	g.Head(b)
	for k := from; k < to; k++ {
		c := g.Cells()
		for i, text := range s.Rows[index[k]] {
			c[i] = part.Cell{Text: text}
			if i > 0 && !s.Columns[i].Right {
				c[i].Role = themes.Dim
			}
		}
		g.Row(b, c, ids[k] == t.Selected)
	}
	noMatch(b, len(s.Rows), len(index))
}

// economicsColumns are as wide as what stands in them; text gives way before figures do.
func economicsColumns(s *tcopage.Section) []part.Column {
	const leastText, mostText = 10, 90
	list := make([]part.Column, len(s.Columns))
	for i, c := range s.Columns {
		wide := part.Width(c.Title)
		for _, row := range s.Rows {
			wide = max(wide, part.Width(row[i]))
		}
		list[i] = part.Column{Title: c.Title, Width: wide, Align: part.Right}
		if !c.Right {
			list[i].Align, list[i].Width, list[i].Most = part.Left, min(wide, leastText), min(wide, mostText)
		}
		if i > 1 {
			list[i].Drop = i
		}
	}
	list[0].Width = min(list[0].Most+list[0].Width, 22)
	return list
}
