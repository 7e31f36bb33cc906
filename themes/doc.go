// Package themes holds every visual choice: colour tokens, glyph sets and theme files.
// No style is made outside of it.
package themes

// Theme is a set of styles and glyphs.
type Theme struct{}
