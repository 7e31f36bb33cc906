package world

import "fmt"

// hash mixes a text and a number, the same on every run.
func hash(text string, n uint64) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	for range 3 {
		h = (h ^ n) * 1099511628211
		h ^= h >> 29
	}
	return h
}

func uid(name string, n uint64) string {
	a, b := hash(name, n), hash(name, n+1<<32)
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>52, b&0xffffffffffff)
}

// revision is the name of a pool's template.
func revision(pool string, n uint64) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	h, out := hash(pool, n), make([]byte, 9)
	for i := range out {
		out[i] = letters[h%uint64(len(letters))]
		h /= uint64(len(letters))
	}
	return string(out)
}
