package document

import (
	_ "embed"
	"html"

	"pitwall/fleet"
)

// style is the page's own; it names nothing outside.
//
//go:embed document.css
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
	m.table(s)
	for _, f := range s.Folds {
		m.open("details")
		m.say("summary", f.Title)
		m.open("pre")
		m.b.WriteString(html.EscapeString(fleet.Join(f.Lines, fleet.Text("\n")).String()))
		m.close("pre")
		m.close("details")
	}
	m.close("section")
}

func (m *markup) table(s *Section) {
	if len(s.Columns) == 0 {
		return
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
}

func (m *markup) aligned(c Column) []attr {
	if c.Right {
		return []attr{{"class", "right"}}
	}
	return nil
}
