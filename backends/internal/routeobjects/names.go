package routeobjects

import "strconv"

// Names gives each of n items a name that no other has: by the first way that tells it from all others, and where none does
// by the first with @ and its number behind it.
func Names(n int, ways ...func(i int) string) []string {
	names, taken := make([]string, n), map[string]bool{}
	for _, way := range ways {
		count := map[string]int{}
		for i := range n {
			count[way(i)]++
		}
		for i := range n {
			if name := way(i); names[i] == "" && name != "" && count[name] == 1 && !taken[name] {
				names[i], taken[name] = name, true
			}
		}
	}
	for i := range n {
		if names[i] != "" {
			continue
		}
		name := ways[0](i) + "@" + strconv.Itoa(i+1)
		for taken[name] {
			name += "@"
		}
		names[i], taken[name] = name, true
	}
	return names
}

// Rule is what the i-th of the rules of an object is called in the name of its route: nothing where it is the only one, its own
// name where no other has it, else @ and its number among all rules, from 1. own are the own names of the rules that are routes.
func Rule(own []string, i, number int) string {
	if len(own) < 2 {
		return ""
	}
	same := 0
	for _, name := range own {
		if name == own[i] {
			same++
		}
	}
	if own[i] != "" && own[i][0] != '@' && same == 1 {
		return own[i]
	}
	return "@" + strconv.Itoa(number)
}
