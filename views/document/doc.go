// Package document is a document for reading: sections with tables, charts and folded text. It is written as Markdown or as one HTML page
// that needs nothing beside itself.
package document
