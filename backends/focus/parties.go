package focus

import (
	"strings"

	"pitwall/fleet"
)

// parties tells whose a row is, as the configuration calls its providers.
type parties struct {
	named map[string]fleet.ProviderID // by what files call them, in small letters
	own   fleet.ProviderID            // of the source, where it has one
}

// known are providers under the names that the configurations of most sites give them, for folders that name none.
var known = map[string]fleet.ProviderID{
	"openai": "openai", "openai, llc": "openai", "anthropic": "anthropic", "anthropic, pbc": "anthropic", "openrouter": "openrouter",
	"amazon bedrock": "bedrock", "aws bedrock": "bedrock", "azure openai": "azure", "azure openai service": "azure",
	"vertex ai": "vertex", "gemini api": "gemini",
}

// newParties reads "NAME=ID; NAME=ID".
func newParties(option string, own fleet.ProviderID) (parties, bool) {
	p := parties{named: map[string]fleet.ProviderID{}, own: own}
	for entry := range strings.SplitSeq(option, ";") {
		if strings.TrimSpace(entry) == "" {
			continue
		}
		i := strings.LastIndexByte(entry, '=')
		if i < 0 {
			return p, false
		}
		name, id := strings.ToLower(strings.TrimSpace(entry[:i])), strings.TrimSpace(entry[i+1:])
		if name == "" || id == "" {
			return p, false
		}
		p.named[name] = fleet.ProviderID(id)
	}
	return p, true
}

// of finds whose a row is by what it says of itself, the most telling first: service, provider, publisher. The option counts
// before the source's own provider, that before what is commonly known; what is none of these keeps its name, so that it is
// seen and can be named.
func (p parties) of(names ...string) (id fleet.ProviderID, mapped bool) {
	for _, n := range names {
		if id, ok := p.named[strings.ToLower(n)]; ok {
			return id, true
		}
	}
	if p.own != "" {
		return p.own, false
	}
	for _, n := range names {
		if strings.HasSuffix(n, bedrockEdition) {
			n = "amazon bedrock"
		}
		if id, ok := known[strings.ToLower(n)]; ok {
			return id, false
		}
	}
	for _, n := range names[min(1, len(names)-1):] {
		if n != "" {
			return fleet.ProviderID(slug(n)), false
		}
	}
	return "", false
}

// bedrockEdition is the end of the names of services under which AWS sells models of others.
const bedrockEdition = "(Amazon Bedrock Edition)"

// slug makes an ID of a name.
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

// ofModels tells from the words of a row whether it is about models, for exports that hold all that a cloud sells.
func ofModels(words ...string) bool {
	for _, w := range words {
		s := strings.ToLower(w)
		for _, sign := range []string{"ai and machine learning", "bedrock", "openai", "vertex", "gemini", "claude", "anthropic", "cognitive",
			"foundry", "machine learning", "mistral", "llama", "gpt"} {
			if strings.Contains(s, sign) {
				return true
			}
		}
	}
	return false
}
