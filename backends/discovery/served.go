package discovery

import (
	"strings"

	"pitwall/fleet"
)

// servedFlags name the model that clients call; weightFlags name the weights, which stand in where nothing else does.
var (
	servedFlags = []string{"--served-model-name", "--served_model_name", "--model-name", "--alias"}
	weightFlags = []string{"--model", "--model-path", "--model_path", "--model-id", "--model-tag", "--hf-repo"}
)

// servedModel reads the model out of a container's command and arguments, for engines whose pages do not name it
// (orchestration.md 3.1). Shell lines count word by word. "" means that they do not tell, or refer to the environment.
func servedModel(args []string) fleet.ModelName {
	var words []string
	for _, a := range args {
		words = append(words, strings.Fields(a)...)
	}
	for _, flags := range [][]string{servedFlags, weightFlags} {
		if name := firstFlag(words, flags); name != "" {
			return name
		}
	}
	for i, w := range words { // vllm serve MODEL, trtllm-serve MODEL
		if (w == "serve" || strings.HasSuffix(w, "trtllm-serve")) && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
			return literal(words[i+1])
		}
	}
	return ""
}

// servedName is the name that clients call, where the command gives it. Weights are no such name: an engine may answer
// to another one.
func servedName(args []string) fleet.ModelName {
	var words []string
	for _, a := range args {
		words = append(words, strings.Fields(a)...)
	}
	return firstFlag(words, servedFlags)
}

func firstFlag(words, flags []string) fleet.ModelName {
	for i, w := range words {
		if name := flagValue(words, i, w, flags); name != "" {
			return name
		}
	}
	return ""
}

func flagValue(words []string, i int, word string, flags []string) fleet.ModelName {
	for _, f := range flags {
		if value, ok := strings.CutPrefix(word, f+"="); ok {
			return literal(value)
		}
		if word == f && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") {
			return literal(words[i+1])
		}
	}
	return ""
}

// literal is a word that stands for itself.
func literal(word string) fleet.ModelName {
	word = strings.Trim(word, `"'`)
	if strings.Contains(word, "$") {
		return ""
	}
	return fleet.ModelName(word)
}
