package fleet

import "strings"

// Many counts things by their noun: "1 pod", "4 pods", "2 processes", "3 policies". Every sentence that counts says it so.
func Many(n int, one constant) Safe { return Concat(Int(n), Text(" "), Noun(n, one)) }

// Noun is the noun of so many things without their number: "pod", "pods".
func Noun(n int, one constant) Safe {
	s := string(one)
	switch {
	case n == 1:
	case strings.HasSuffix(s, "s"), strings.HasSuffix(s, "x"), strings.HasSuffix(s, "ch"), strings.HasSuffix(s, "sh"):
		s += "es"
	case strings.HasSuffix(s, "y") && !strings.ContainsAny(s[max(0, len(s)-2):len(s)-1], "aeiou"):
		s = strings.TrimSuffix(s, "y") + "ies"
	default:
		s += "s"
	}
	return Safe{s}
}

// Verb is the word that fits so many things: Verb(n, "does", "do").
func Verb(n int, one, many constant) Safe {
	if n == 1 {
		return Text(one)
	}
	return Text(many)
}
