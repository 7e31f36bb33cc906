package world

// pace is what a key or a team asked and used of one gateway replica in one minute. Replicas without a shared cache count each for
// themselves (LiteLLM without Redis), so that a limit holds for each of them.
type pace struct {
	minute           int64
	requests, tokens int64
}

func (g *Gateway) paceOf(ref HolderRef, at float64) *pace {
	p := g.paces[ref]
	if p == nil {
		p = &pace{}
		if g.paces == nil {
			g.paces = map[HolderRef]*pace{}
		}
		g.paces[ref] = p
	}
	if minute := int64(at) / 60; p.minute != minute {
		*p = pace{minute: minute}
	}
	return p
}

// tooFast tells whether a holder had what it may have in this minute. Tokens are counted once an answer is whole.
func (g *Gateway) tooFast(ref HolderRef, row *HolderRow, at float64) bool {
	if row.RPM == nil && row.TPM == nil {
		return false
	}
	p := g.paceOf(ref, at)
	return row.RPM != nil && p.requests >= *row.RPM || row.TPM != nil && p.tokens >= *row.TPM
}

// asked counts a request that is served.
func (g *Gateway) asked(key *KeySpec, at float64) {
	for _, ref := range key.holders() {
		g.paceOf(ref, at).requests++
	}
}

// made counts the tokens of an answer.
func (g *Gateway) made(key *KeySpec, t Tokens, at float64) {
	if key == nil {
		return
	}
	for _, ref := range key.holders() {
		g.paceOf(ref, at).tokens += t.Prompt() + t.Output
	}
}

// holders are the key and its team.
func (k *KeySpec) holders() [2]HolderRef {
	return [2]HolderRef{{ID: k.Hash}, {Team: true, ID: k.Team}}
}
