package tcopage

import (
	_ "embed"
)

// style is the page's own; it names nothing outside.
//
//go:embed page.css
var style string

// policy forbids a browser to fetch anything for the page, whatever stands in it.
const policy = "default-src 'none'; style-src 'unsafe-inline'"

// HTML writes a document as one page that needs nothing beside itself: no script, no font, no picture, no address.
func HTML(d Document) string {
	m := &markup{}
	m.b.WriteString("<!DOCTYPE html>\n")
	m.open("html", attr{"lang", "en"})
	m.open("head")
	m.tag("meta", attr{"charset", "utf-8"})
	m.tag("meta", attr{"http-equiv", "Content-Security-Policy"}, attr{"content", policy})
	m.tag("meta", attr{"name", "viewport"}, attr{"content", "width=device-width, initial-scale=1"})
	m.say("title", d.Title)
	m.open("style")
	m.b.WriteString(style)
	m.close("style")
	m.close("head")
	m.open("body")
	m.say("h1", d.Title)
	m.open("dl")
	for _, f := range d.Lead {
		m.say("dt", f.Name)
		m.say("dd", f.Text)
	}
	m.close("dl")
	for i := range d.Sections {
		m.section(&d.Sections[i])
	}
	m.close("body")
	m.close("html")
	return m.b.String()
}

func (m *markup) section(s *Section) {
	m.open("section", attr{"id", s.ID})
	m.say("h2", s.Title)
	for _, n := range s.Notes {
		m.say("p", n)
	}
	for _, c := range s.Charts {
		m.open("figure")
		c.svg(m)
		m.close("figure")
	}
	m.open("div", attr{"class", "wide"})
	m.open("table")
	m.open("thead")
	m.open("tr")
	for _, c := range s.Columns {
		m.say("th", c.Title, m.aligned(c)...)
	}
	m.close("tr")
	m.close("thead")
	m.open("tbody")
	for _, row := range s.Rows {
		m.open("tr")
		for i, cell := range row {
			m.say("td", cell, m.aligned(s.Columns[i])...)
		}
		m.close("tr")
	}
	m.close("tbody")
	m.close("table")
	m.close("div")
	m.close("section")
}

func (m *markup) aligned(c Column) []attr {
	if c.Right {
		return []attr{{"class", "right"}}
	}
	return nil
}
