package billing

import (
	"strings"
	"unicode"

	"pitwall/fleet"
)

// words parts a line item at what is no letter or digit, and where a word begins inside of another: "InputTokenCount".
func words(item string) []string {
	var list []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			list = append(list, strings.ToLower(word.String()))
			word.Reset()
		}
	}
	lower := false
	for _, r := range item {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.IsUpper(r) && lower {
			end()
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			word.WriteRune(r)
		}
		lower = unicode.IsLower(r)
	}
	end()
	return list
}

// kindWords are the words of line items that say what was used; providers abbreviate.
var kindWords = map[string]string{
	"input": "in", "inp": "in", "inpt": "in", "in": "in", "prompt": "in", "inputs": "in", "embedding": "in", "embeddings": "in",
	"output": "out", "outp": "out", "outpt": "out", "out": "out", "opt": "out", "outputs": "out", "completion": "out", "response": "out",
	"generated": "out", "thinking": "out", "reasoning": "out",
	"cache": "cache", "cached": "cache", "caching": "cache", "cchd": "cache", "cach": "cache", "cd": "cache",
	"write": "write", "wr": "write", "writes": "write", "creation": "write", "1h": "long", "storage": "storage",
	"audio": "audio", "aud": "audio", "image": "image", "images": "image", "img": "image", "video": "video", "vid": "video",
	"ptu": "hours", "provisioned": "hours", "hour": "hours", "hours": "hours", "hosting": "hours",
	"batch": "batch", "flex": "flex", "priority": "priority", "prty": "priority", "pp": "priority",
}

// Item is what the words of a line item say.
type Item struct {
	Use  fleet.UsageKind
	Tier string
}

// ItemOf reads what was used from the words of a line item. A word that is not known says nothing, and an item of which nothing
// is known is UseUnknown.
func ItemOf(item string) Item {
	has := map[string]bool{}
	for _, w := range words(item) {
		if k := kindWords[w]; k != "" {
			has[k] = true
		}
	}
	out := Item{}
	for _, tier := range []string{"batch", "flex", "priority"} {
		if has[tier] {
			out.Tier = tier
		}
	}
	switch {
	case has["storage"]:
		out.Use = fleet.UseStorage
	case has["hours"]:
		out.Use = fleet.UseHours
	case has["cache"] && has["write"] && has["long"]:
		out.Use = fleet.UseCacheWrite1h
	case has["cache"] && has["write"]:
		out.Use = fleet.UseCacheWrite5m
	case has["cache"]:
		out.Use = fleet.UseCacheRead
	default:
		out.Use = mode(has)
	}
	return out
}

// mode is what goes in or comes out. What is made of images and videos is charged in units that items do not name alike.
func mode(has map[string]bool) fleet.UsageKind {
	in, out := has["in"] && !has["out"], has["out"] && !has["in"]
	switch {
	case has["video"]:
		return fleet.UseUnknown
	case has["audio"] && in:
		return fleet.UseAudioIn
	case has["audio"] && out:
		return fleet.UseAudioOut
	case has["image"] && in:
		return fleet.UseImageIn
	case has["image"] && out:
		return fleet.UseImageOut
	case has["audio"], has["image"]:
		return fleet.UseUnknown
	case in:
		return fleet.UseInput
	case out:
		return fleet.UseOutput
	default:
		return fleet.UseUnknown
	}
}

// Before is what stands in a line item before the first word that says what was used: usually the model.
func Before(item string, stop ...string) string {
	fields := strings.Fields(item)
	for i, f := range fields {
		known := false
		for _, w := range words(f) {
			known = known || kindWords[w] != ""
		}
		for _, s := range stop {
			known = known || strings.EqualFold(f, s)
		}
		if known {
			return strings.Join(fields[:i], " ")
		}
	}
	return ""
}
