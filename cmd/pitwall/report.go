package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

const formatJSON = "json"

// checkFormat refuses a format that report does not know, before anything is read for it.
func checkFormat(format string) error {
	switch format {
	case formatJSON, "text", "table":
		return nil
	}
	return usage(fmt.Errorf("there is no output %q; there are text, table and json", format))
}

// report prints a value as text or as JSON.
func report(c console, format string, v any, text func() string) error {
	if err := checkFormat(format); err != nil {
		return err
	}
	if format == formatJSON {
		enc := json.NewEncoder(c.out)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	_, err := fmt.Fprintln(c.out, strings.TrimRight(text(), "\n"))
	return err
}
