package promtext

import "hash/maphash"

// keepAtMost bounds the memory that one huge page leaves behind.
const keepAtMost = 1 << 20

// reset empties the page and keeps its memory.
func (p *Page) reset(families int) {
	if cap(p.kept) > keepAtMost {
		seed := p.seed
		*p = Page{seed: seed}
	}
	if p.seed == (maphash.Seed{}) {
		p.seed = maphash.MakeSeed()
	}
	clear(p.Samples)
	clear(p.index)
	p.Samples, p.hashes, p.Series, p.dupes = p.Samples[:0], p.hashes[:0], 0, 0
	p.Notices = nil // handed out
	p.kept, p.kinds = p.kept[:0], p.kinds[:0]
	if len(p.seen) != families {
		p.seen, p.wrong = make([]bool, families), make([]bool, families)
	}
	clear(p.seen)
	clear(p.wrong)
}

// put appends a sample, or overwrites the one of the same series. Series are told apart by a 64-bit keyed hash
// of their text: a clash within one page is less likely than a wrong bit on the wire.
func (p *Page) put(series []byte, s Sample) {
	if 2*(len(p.Samples)+1) > len(p.index) {
		p.grow()
	}
	h := maphash.Bytes(p.seed, series)
	mask := uint64(len(p.index) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		at := p.index[i]
		if at == 0 {
			p.Samples = append(p.Samples, s)
			p.hashes = append(p.hashes, h)
			p.index[i] = int32(len(p.Samples))
			return
		}
		if p.hashes[at-1] == h {
			p.Samples[at-1] = s
			p.dupes++
			return
		}
	}
}

// grow doubles the hash table.
func (p *Page) grow() {
	size := max(1024, 2*len(p.index))
	p.index = make([]int32, size)
	mask := uint64(size - 1)
	for n, h := range p.hashes {
		i := h & mask
		for p.index[i] != 0 {
			i = (i + 1) & mask
		}
		p.index[i] = int32(n + 1)
	}
}
