package podspec

import (
	"slices"
	"strings"
)

// Flags that name things, by engine (vLLM, SGLang, TGI, TensorRT-LLM, llama.cpp), and variables that do (TGI, NIM).
var (
	weightFlags = []string{"--model", "--model-path", "--model_path", "--model-id", "--model-tag", "--hf-repo", "-hf",
		"--model-repository"}
	servedFlags   = []string{"--served-model-name", "--served_model_name", "--model-name", "--alias"}
	revisionFlags = []string{"--revision"}
	weightVars    = []string{"MODEL_ID", "NIM_MODEL_NAME", "HF_MODEL_ID"}
	servedVars    = []string{"NIM_SERVED_MODEL_NAME", "SERVED_MODEL_NAME"}
	revisionVars  = []string{"REVISION"}
	quantFlags    = []string{"--quantization", "--quantize"}
	quantVars     = []string{"QUANTIZE"}
	templateFlags = []string{"--chat-template", "--chat-template-file"}
)

// flag finds the value of one of these flags. Of a flag that is given again the engine takes the last value, as far as its own
// command goes. said tells that the flag is there, with or without one.
func (b box) flag(names []string) (p place, said, ok bool) {
	words := b.words()
	for i, w := range words {
		if w.op {
			if said {
				break
			}
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(w.text, name+"=") {
				p, said, ok = b.at(w, len(name)+1), true, true
			}
			if w.text != name {
				continue
			}
			said = true
			if i+1 < len(words) && isValue(words[i+1]) {
				p, ok = b.at(words[i+1], 0), true
			}
		}
	}
	return p, said, ok
}

// flagValues are all values of a flag that takes several, where it is given last.
func (b box) flagValues(names []string) []place {
	var last []place
	words := b.words()
	for i, w := range words {
		if w.op && last != nil {
			break
		}
		for _, name := range names {
			if !w.op && strings.HasPrefix(w.text, name+"=") {
				last = []place{b.at(w, len(name)+1)}
			}
			if w.op || w.text != name {
				continue
			}
			var list []place
			for _, v := range words[i+1:] {
				if !isValue(v) {
					break
				}
				list = append(list, b.at(v, 0))
			}
			if len(list) > 0 {
				last = list
			}
		}
	}
	return last
}

// isValue tells a word that can follow a flag as its value: no flag begins with a digit.
func isValue(w word) bool {
	return !w.op && (!strings.HasPrefix(w.text, "-") || len(w.text) < 2 || w.text[1] >= '0' && w.text[1] <= '9')
}

// serves tells whether the word "serve" at an index is followed by a model: as the first word, since the image brings the program,
// or behind one that is known for it. Others are followed by something else: "lmdeploy serve api_server", "ray serve run".
func serves(words []word, at int) bool {
	if at == 0 {
		return true
	}
	before := words[at-1].text
	program := before[strings.LastIndexByte(before, '/')+1:]
	return strings.Contains(before, "vllm") || slices.Contains([]string{"trtllm-serve", "mlc_llm", "sglang"}, program)
}

// positional is the model of "vllm serve MODEL" and "trtllm-serve MODEL", also where the image brings "vllm serve".
func (b box) positional() (place, bool) {
	words := b.words()
	for i, w := range words {
		if w.op || i+1 >= len(words) {
			continue
		}
		next := words[i+1]
		name := w.text[strings.LastIndexByte(w.text, '/')+1:]
		switch {
		case name == "trtllm-serve" && next.text != "serve", w.text == "serve" && serves(words, i):
			if isValue(next) {
				return b.at(next, 0), true
			}
		}
	}
	if len(b.c.Command) == 0 && len(words) > 0 && isValue(words[0]) && strings.Contains(b.c.Image, "vllm") && words[0].text != "serve" {
		return b.at(words[0], 0), true
	}
	return place{}, false
}
