package webpage

import (
	"fmt"
	"html"
	"strings"

	"pitwall/fleet"
)

// Markup writes well-formed HTML. Text and attributes are escaped here and nowhere else.
type Markup struct{ b strings.Builder }

// Attr is an attribute of an element.
type Attr struct{ Name, Value string }

// Open begins an element.
func (m *Markup) Open(tag string, attrs ...Attr) {
	m.start(tag, attrs)
	m.b.WriteByte('>')
}

func (m *Markup) start(tag string, attrs []Attr) {
	m.b.WriteByte('<')
	m.b.WriteString(tag)
	for _, a := range attrs {
		fmt.Fprintf(&m.b, ` %s="%s"`, a.Name, html.EscapeString(a.Value))
	}
}

// Close ends an element.
func (m *Markup) Close(tag string) { fmt.Fprintf(&m.b, "</%s>\n", tag) }

// Tag writes an element without content.
func (m *Markup) Tag(tag string, attrs ...Attr) {
	m.start(tag, attrs)
	m.b.WriteString("/>\n")
}

// Say writes an element with text.
func (m *Markup) Say(tag string, text fleet.Safe, attrs ...Attr) {
	m.Open(tag, attrs...)
	m.b.WriteString(html.EscapeString(text.String()))
	m.Close(tag)
}

func (m *Markup) openSVG(title fleet.Safe, w, h float64) {
	m.Open("svg", Attr{"viewBox", fmt.Sprintf("0 0 %.0f %.0f", w, h)}, Attr{"role", "img"}, Attr{"aria-label", title.String()})
	m.Say("title", title)
}

func (m *Markup) line(class string, x1, y1, x2, y2 float64) {
	m.Tag("line", Attr{"class", class}, number("x1", x1), number("y1", y1), number("x2", x2), number("y2", y2))
}

func (m *Markup) rect(class string, x, y, w, h float64) {
	m.Tag("rect", Attr{"class", class}, number("x", x), number("y", y), number("width", w), number("height", h))
}

func (m *Markup) text(class string, x, y float64, text fleet.Safe) {
	m.Say("text", text, Attr{"class", class}, number("x", x), number("y", y))
}

func number(name string, v float64) Attr { return Attr{name, fmt.Sprintf("%.1f", v)} }
