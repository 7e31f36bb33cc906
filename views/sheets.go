package views

import (
	"pitwall/fleet"
	"pitwall/views/part"
)

// escBack is what stands at the right of an object's rule on its page.
func escBack() fleet.Safe { return fleet.Text("esc back") }

// more is what stands there under a list.
func more() fleet.Safe { return fleet.Text("enter more") }

// sheetLeast is the height from which a list leaves room to tell its selected row, sheetRows how much room.
const (
	sheetLeast = 30
	sheetRows  = 16
)

// listAndSheet draws a list and, on a high screen, tells its selected row under it; else in a line or two of evidence.
func listAndSheet(b *part.Block, rows, want int, what evidence, remarks []fleet.Safe, pane func(n int),
	sheet func(b *part.Block, rows int)) {
	remarks = wrapRemarks(b, remarks, rows-2-max(1, want)-what.lines(b.Width()))
	if rows < sheetLeast || want == 0 {
		told := what.fitted(b.Width(), rows-2-max(1, want)-len(remarks))
		pane(rows - 2 - len(remarks) - len(told))
		what.put(b, told)
		drawRemarks(b, remarks)
		return
	}
	pane(min(want, rows-2-len(remarks)-1-sheetRows))
	drawRemarks(b, remarks)
	below := part.NewBlock(b.Theme(), b.Width(), sheetRows)
	left := rows - b.Len() - 1
	sheet(below, left)
	b.End().Append(below.Cut(left))
}
