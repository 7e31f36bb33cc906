// Package tcopage lays an answer of economics/tco out once, as a document of sections, and writes it as Markdown, CSV or one
// self-contained HTML page. Text for terminals is drawn of the same document by views/plain.
package tcopage
