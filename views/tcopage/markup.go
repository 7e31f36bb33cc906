package tcopage

import (
	"fmt"
	"html"
	"strings"

	"pitwall/fleet"
)

// markup writes well-formed HTML. Text and attributes are escaped here and nowhere else.
type markup struct{ b strings.Builder }

type attr struct{ name, value string }

func (m *markup) open(tag string, attrs ...attr) {
	m.start(tag, attrs)
	m.b.WriteByte('>')
}

func (m *markup) start(tag string, attrs []attr) {
	m.b.WriteByte('<')
	m.b.WriteString(tag)
	for _, a := range attrs {
		fmt.Fprintf(&m.b, ` %s="%s"`, a.name, html.EscapeString(a.value))
	}
}

func (m *markup) close(tag string) { fmt.Fprintf(&m.b, "</%s>\n", tag) }

// tag writes an element without content.
func (m *markup) tag(tag string, attrs ...attr) {
	m.start(tag, attrs)
	m.b.WriteString("/>\n")
}

// say writes an element with text.
func (m *markup) say(tag string, text fleet.Safe, attrs ...attr) {
	m.open(tag, attrs...)
	m.b.WriteString(html.EscapeString(text.String()))
	m.close(tag)
}

func (m *markup) openSVG(title fleet.Safe, w, h float64) {
	m.open("svg", attr{"viewBox", fmt.Sprintf("0 0 %.0f %.0f", w, h)}, attr{"role", "img"}, attr{"aria-label", title.String()})
	m.say("title", title)
}

func (m *markup) line(class string, x1, y1, x2, y2 float64) {
	m.tag("line", attr{"class", class}, number("x1", x1), number("y1", y1), number("x2", x2), number("y2", y2))
}

func (m *markup) rect(class string, x, y, w, h float64) {
	m.tag("rect", attr{"class", class}, number("x", x), number("y", y), number("width", w), number("height", h))
}

func (m *markup) text(class string, x, y float64, text fleet.Safe) {
	m.say("text", text, attr{"class", class}, number("x", x), number("y", y))
}

func number(name string, v float64) attr { return attr{name, fmt.Sprintf("%.1f", v)} }
