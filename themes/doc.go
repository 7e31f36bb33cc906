// Package themes holds every visual choice: roles of colour, glyph sets and theme files.
// No style is made outside of it, and it draws nothing itself.
package themes
