package views

import (
	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// bit is a text with its role, phrase what stands on one line: half of a sum of money misleads.
type (
	bit struct {
		role themes.Role
		text fleet.Safe
	}
	phrase []bit
)

// said is a dim word before a figure.
func said(word, figure fleet.Safe) phrase { return phrase{{themes.Dim, word}, {themes.Text, figure}} }

// with adds to a phrase.
func (p phrase) with(role themes.Role, text fleet.Safe) phrase { return append(p, bit{role, text}) }

func (p phrase) width() int {
	n := 0
	for _, x := range p {
		n += part.Width(x.text)
	}
	return n
}

// flow writes phrases over as many lines as they need, whole each.
func flow(b *part.Block, list ...phrase) {
	for i, p := range list {
		if i > 0 && b.Room() < p.width()+2 {
			b.End()
		}
		b.Gap(1 + count(b.Column() > 0))
		for _, x := range p {
			b.Put(x.role, x.text)
		}
	}
	if b.Column() > 0 {
		b.End()
	}
}

// between is a range of figures, left out where both read the same.
func between(low, high fleet.Safe) fleet.Safe {
	if low.String() == high.String() {
		return fleet.Safe{}
	}
	return fleet.Textf(" (%s to %s)", low, high)
}

// wrapped writes a text over at most two lines, whole words each, the second one indented.
func wrapped(b *part.Block, role themes.Role, text fleet.Safe) {
	for i, l := range part.Wrap(text, b.Width()-3, 2) {
		b.Gap(1+2*count(i > 0)).Put(role, l).End()
	}
}
