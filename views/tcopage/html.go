package tcopage

import "pitwall/views/webpage"

// HTML writes a document as one page that needs nothing beside itself.
func HTML(d Document) string {
	return webpage.HTML(d.Title, func(m *webpage.Markup) {
		m.Open("dl")
		for _, f := range d.Lead {
			m.Say("dt", f.Name)
			m.Say("dd", f.Text)
		}
		m.Close("dl")
		for i := range d.Sections {
			section(m, &d.Sections[i])
		}
	})
}

func section(m *webpage.Markup, s *Section) {
	m.Open("section", webpage.Attr{Name: "id", Value: s.ID})
	m.Say("h2", s.Title)
	for _, n := range s.Notes {
		m.Say("p", n)
	}
	for _, c := range s.Charts {
		m.Open("figure")
		c.SVG(m)
		m.Close("figure")
	}
	m.Open("div", webpage.Attr{Name: "class", Value: "wide"})
	m.Open("table")
	m.Open("thead")
	m.Open("tr")
	for _, c := range s.Columns {
		m.Say("th", c.Title, aligned(c)...)
	}
	m.Close("tr")
	m.Close("thead")
	m.Open("tbody")
	for _, row := range s.Rows {
		m.Open("tr")
		for i, cell := range row {
			m.Say("td", cell, aligned(s.Columns[i])...)
		}
		m.Close("tr")
	}
	m.Close("tbody")
	m.Close("table")
	m.Close("div")
	m.Close("section")
}

func aligned(c Column) []webpage.Attr {
	if c.Right {
		return []webpage.Attr{{Name: "class", Value: "right"}}
	}
	return nil
}
