package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const formatJSON = "json"

// report prints a value as text or as JSON.
func report(c console, format string, v any, text func() string) error {
	switch format {
	case formatJSON:
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	case "text", "table":
		_, err := fmt.Fprintln(c.out, strings.TrimRight(text(), "\n"))
		return err
	default:
		return usage(fmt.Errorf("there is no output %q; there are text, table and json", format))
	}
}
