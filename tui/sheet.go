package tui

import (
	"fmt"
	"strings"
)

// Sheet is the printed sheet of the key table and the commands, as Markdown: docs/keys.md is made from it.
func Sheet(k *Keymap) string {
	var b strings.Builder
	b.WriteString("# Keys\n\n")
	b.WriteString("This page is made from the key table of the console by `go test ./tui -run TestSheet -update`.\n\n")
	b.WriteString("Lower case looks, upper case opens a plan, and nothing is sent before the confirm step.\n")
	b.WriteString("`?` shows the keys that work where you are, with the reason where one is off.\n")
	b.WriteString("While a dialog is open only its own keys, `?` and `ctrl+c` are heard.\n")
	b.WriteString("Keys can be changed in the configuration by the name in the last column.\n\n")
	b.WriteString("In a text field letters are text; `backspace`, `delete`, `left`, `right`, `home`, `end`,\n")
	b.WriteString("`ctrl+u` (erase to the start) and `ctrl+w` (erase the word) edit.\n")
	for _, s := range scopes() {
		fmt.Fprintf(&b, "\n## %s\n\n| Keys | What they do | Risk | Name |\n|---|---|---|---|\n", heading(s))
		for _, x := range k.list {
			if x.Scope != s {
				continue
			}
			keys := make([]string, len(x.Keys))
			for i, key := range x.Keys {
				keys[i] = "`" + key + "`"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", strings.Join(keys, " "), cell(x.Help.String()), x.Risk, x.ID)
		}
	}
	b.WriteString("\n## Commands\n\nAfter `:`. Tab completes; up and down walk through older lines.\n\n")
	b.WriteString("| Command | What it does |\n|---|---|\n")
	for _, v := range verbs() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", cell(verbUsage(v).String()), cell(v.help.String()))
	}
	return b.String()
}

func heading(s Scope) string { return strings.ToUpper(string(s[:1])) + string(s[1:]) }

// cell keeps a bar from ending a cell of a Markdown table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
