// Package webpage writes pages that need nothing beside themselves, and the charts on them.
package webpage

import (
	_ "embed"

	"pitwall/fleet"
)

// style is the page's own; it names nothing outside.
//
//go:embed page.css
var style string

// policy forbids a browser to fetch anything for the page, whatever stands in it.
const policy = "default-src 'none'; style-src 'unsafe-inline'"

// HTML writes one page around a body: no script, no font, no picture, no address.
func HTML(title fleet.Safe, body func(*Markup)) string {
	m := &Markup{}
	m.b.WriteString("<!DOCTYPE html>\n")
	m.Open("html", Attr{"lang", "en"})
	m.Open("head")
	m.Tag("meta", Attr{"charset", "utf-8"})
	m.Tag("meta", Attr{"http-equiv", "Content-Security-Policy"}, Attr{"content", policy})
	m.Tag("meta", Attr{"name", "viewport"}, Attr{"content", "width=device-width, initial-scale=1"})
	m.Say("title", title)
	m.Open("style")
	m.b.WriteString(style)
	m.Close("style")
	m.Close("head")
	m.Open("body")
	m.Say("h1", title)
	body(m)
	m.Close("body")
	m.Close("html")
	return m.b.String()
}
