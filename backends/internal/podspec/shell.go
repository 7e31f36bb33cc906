package podspec

import "strings"

// piece is one word or operator of a shell line, with where it stands in it, quotes included.
type piece struct {
	text     string // without its quotes; what is expanded stands as it is written
	from, to int
	op       bool // it ends a command: ; & | ( ) < > or the end of a line
	dynamic  bool // the shell expands something in it
}

const (
	blanks    = " \t\r"
	operators = "\n;&|()<>"
)

// lex cuts a shell line. It knows quotes, escapes, comments and expansions, and no grammar: what follows an operator is a
// new command.
func lex(s string) []piece {
	var list []piece
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(blanks, c) >= 0:
			i++
		case c == '\\' && strings.HasPrefix(s[i+1:], "\n"):
			i += 2
		case c == '#':
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case strings.IndexByte(operators, c) >= 0:
			list = append(list, piece{text: s[i : i+1], from: i, to: i + 1, op: true})
			i++
		default:
			p := piece{from: i}
			var text strings.Builder
			for i < len(s) && strings.IndexByte(blanks+operators, s[i]) < 0 {
				i = p.take(s, i, &text)
			}
			p.text, p.to = text.String(), i
			list = append(list, p)
		}
	}
	return list
}

// take adds one part of a word: a quoted text, an escape, an expansion, or one byte. It gives the index after it.
func (p *piece) take(s string, i int, text *strings.Builder) int {
	switch s[i] {
	case '\'':
		end := strings.IndexByte(s[i+1:], '\'')
		if end < 0 {
			end = len(s) - i - 1
		}
		text.WriteString(s[i+1 : i+1+end])
		return min(i+end+2, len(s))
	case '"':
		for i++; i < len(s) && s[i] != '"'; {
			if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("$`\"\\\n", s[i+1]) >= 0 {
				i = escaped(s, i, text)
				continue
			}
			i = p.plain(s, i, text)
		}
		return min(i+1, len(s))
	case '\\':
		return escaped(s, i, text)
	}
	return p.plain(s, i, text)
}

func escaped(s string, i int, text *strings.Builder) int {
	if i+1 < len(s) && s[i+1] != '\n' {
		text.WriteByte(s[i+1])
	}
	return min(i+2, len(s))
}

// plain takes one byte, or a whole $(…), ${…} or `…`.
func (p *piece) plain(s string, i int, text *strings.Builder) int {
	end := i + 1
	switch {
	case s[i] == '$' && strings.HasPrefix(s[i+1:], "("):
		end = closing(s, i+1, '(', ')')
	case s[i] == '$' && strings.HasPrefix(s[i+1:], "{"):
		end = closing(s, i+1, '{', '}')
	case s[i] == '`':
		if n := strings.IndexByte(s[i+1:], '`'); n >= 0 {
			end = i + n + 2
		}
	}
	p.dynamic = p.dynamic || s[i] == '$' || s[i] == '`'
	text.WriteString(s[i:end])
	return end
}

func closing(s string, i int, opens, closes byte) int {
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case opens:
			depth++
		case closes:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quoted writes a word so that a shell takes it as it is.
func quoted(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("@%+=:,./-_", r)
	}) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// isShell tells the command of an interpreter of -c lines.
func isShell(command string) bool {
	switch command[strings.LastIndexByte(command, '/')+1:] {
	case "sh", "bash", "ash", "dash", "zsh", "ksh":
		return true
	}
	return false
}

// isScriptFlag tells -c, also among other letters: -ec, -lc.
func isScriptFlag(arg string) bool {
	return len(arg) >= 2 && arg[0] == '-' && arg[1] != '-' && arg[len(arg)-1] == 'c'
}
