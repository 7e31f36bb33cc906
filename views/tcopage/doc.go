// Package tcopage lays an answer of economics/tco out once, as a document of sections, which package page writes as Markdown or HTML;
// and writes it as CSV. Text for terminals is drawn of the same document by views/plain.
package tcopage
