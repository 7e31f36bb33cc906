package views

import (
	"strings"

	"pitwall/views/part"
)

// Overlaid lays an overlay over a frame that was drawn with the same scene and size. A frame that is too small for
// the screens stays as it is.
func Overlaid(frame string, o Overlay, sc Scene, sz Size) string {
	if sz.W < minWidth || sz.H < minHeight {
		return frame
	}
	sc = withLook(sc)
	lines := strings.Split(frame, "\n")
	switch {
	case o.Help != nil:
		layBox(lines, sz, helpBox(o.Help, sc, sz))
	case o.Ask != nil:
		layBox(lines, sz, askBox(o.Ask, sc, sz))
	case o.Command != nil:
		layCommand(lines, o.Command, sc, sz)
	}
	return strings.Join(lines, "\n")
}

// layBox lays a box into the middle of the lines; the header and the bottom line stay in view.
func layBox(lines []string, sz Size, box *part.Block) {
	x := (sz.W - box.Width()) / 2
	y := max(1, (sz.H-box.Len())/2)
	lay(lines, sz, box, x, y)
}

// lay covers lines with a block whose left upper corner is at x, y.
func lay(lines []string, sz Size, over *part.Block, x, y int) {
	for i := 0; i < over.Len() && y+i < len(lines); i++ {
		lines[y+i] = part.Lay(lines[y+i], sz.W, over.Line(i), over.Width(), x)
	}
}
