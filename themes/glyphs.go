package themes

// Glyph is one cell of drawing, made by this package only, so that it needs no cleaning.
type Glyph string

// Glyphs is a set of drawing characters, each exactly one cell wide.
type Glyphs struct {
	UTF8                                       bool
	HLine, VLine                               Glyph
	TopLeft, TopRight, BottomLeft, BottomRight Glyph
	TeeLeft, TeeRight                          Glyph // a rule that meets the box at its left or right side
	Cursor                                     Glyph // marks the selected row
	Gap                                        Glyph // missing value in a sparkline
	BarFull, BarEmpty                          Glyph
	Spark                                      [8]Glyph // levels from low to high
	Limit                                      Glyph    // limit line of a chart
	Axis, AxisCorner                           Glyph
}

// asciiGlyphs need nothing of the terminal.
var asciiGlyphs = Glyphs{
	HLine: "-", VLine: "|", TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+",
	TeeLeft: "+", TeeRight: "+", Cursor: ">", Gap: " ", BarFull: "#", BarEmpty: ".",
	Spark: [8]Glyph{".", ".", ":", "-", "=", "+", "*", "#"}, Limit: ".", Axis: "|", AxisCorner: "+",
}

// utf8Glyphs swap rules, boxes and levels; words stay as they are.
var utf8Glyphs = Glyphs{
	UTF8:  true,
	HLine: "─", VLine: "│", TopLeft: "┌", TopRight: "┐", BottomLeft: "└", BottomRight: "┘",
	TeeLeft: "├", TeeRight: "┤", Cursor: ">", Gap: " ", BarFull: "█", BarEmpty: "░",
	Spark: [8]Glyph{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, Limit: "╌", Axis: "│", AxisCorner: "└",
}
