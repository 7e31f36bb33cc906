package tcopage

import (
	"strings"

	"pitwall/fleet"
)

// Markdown writes a document as Markdown with tables.
func Markdown(d Document) string {
	var b strings.Builder
	b.WriteString("# " + inline(d.Title) + "\n\n")
	for _, f := range d.Lead {
		b.WriteString("- **" + inline(f.Name) + "**: " + inline(f.Text) + "\n")
	}
	for i := range d.Sections {
		b.WriteString("\n## " + inline(d.Sections[i].Title) + "\n\n" + MarkdownTable(&d.Sections[i]))
	}
	return b.String()
}

// MarkdownTable writes the table of a section with its notes, without its title.
func MarkdownTable(s *Section) string {
	var b strings.Builder
	for _, n := range s.Notes {
		b.WriteString(inline(n) + "  \n")
	}
	if len(s.Notes) > 0 {
		b.WriteByte('\n')
	}
	titles, rules := make([]string, len(s.Columns)), make([]string, len(s.Columns))
	for k, c := range s.Columns {
		titles[k], rules[k] = inline(c.Title), "---"
		if c.Right {
			rules[k] = "---:"
		}
	}
	row(&b, titles)
	row(&b, rules)
	for _, cells := range s.Rows {
		list := make([]string, len(cells))
		for k, c := range cells {
			list[k] = inline(c)
		}
		row(&b, list)
	}
	return b.String()
}

func row(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// escape keeps what Markdown or HTML in it would mean from meaning it.
var escape = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;",
	"&", "&amp;",
	"#", `\#`, "~", `\~`, "!", `\!`)

func inline(t fleet.Safe) string { return escape.Replace(t.String()) }
