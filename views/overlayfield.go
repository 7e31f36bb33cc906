package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// typing draws a one-line input with the focus in n cells: what was typed around the cursor, the character under the
// cursor marked, the rest filled with "_". Of a text that is too long the part at the cursor stays.
func typing(b *part.Block, f TextField, n int) {
	n = min(n, b.Room())
	end := b.Column() + n
	runes := []rune(f.Text)
	at := max(0, min(len(runes), f.Cursor))
	under, tail := fleet.Text("_"), fleet.Safe{}
	if at < len(runes) {
		under, tail = fleet.Label(string(runes[at:at+1])), fleet.Label(string(runes[at+1:]))
	}
	if under.IsEmpty() { // a mark without its base
		under = fleet.Text("?")
	}
	b.Put(themes.Text, lastOf(runes[:at], n-part.Width(under)-1))
	b.Cell(themes.Selected, under, min(part.Width(under), end-b.Column()), part.Left)
	b.Cell(themes.Text, tail, min(part.Width(tail), end-b.Column()), part.Left)
	for b.Column() < end {
		b.Say(themes.Dim, "_")
	}
}

// lastOf is the end of a text that does not fit into n cells, after "<".
func lastOf(runes []rune, n int) fleet.Safe {
	runes = runes[max(0, len(runes)-fleet.MaxLabelBytes/utf8Most):]
	text := fleet.Label(string(runes))
	if part.Width(text) <= n {
		return text
	}
	for len(runes) > 0 && part.Width(text)+1 > n {
		runes = runes[1:]
		text = fleet.Label(string(runes))
	}
	return fleet.Concat(fleet.Text("<"), text)
}

// utf8Most is how many bytes a character takes at most.
const utf8Most = 4
