package podspec

import "strings"

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

// flag finds the first value of the first of these flags. said tells that the flag is there, with or without one.
func (b box) flag(names []string) (p place, said, ok bool) {
	words := b.words()
	for i, w := range words {
		if w.op {
			continue
		}
		for _, name := range names {
			if strings.HasPrefix(w.text, name+"=") {
				return b.at(w, len(name)+1), true, true
			}
			if w.text != name {
				continue
			}
			said = true
			if i+1 < len(words) && isValue(words[i+1]) {
				return b.at(words[i+1], 0), true, true
			}
		}
	}
	return place{}, said, false
}

// flagValues are all values of a flag that takes several.
func (b box) flagValues(names []string) []place {
	words := b.words()
	for i, w := range words {
		for _, name := range names {
			if !w.op && strings.HasPrefix(w.text, name+"=") {
				return []place{b.at(w, len(name)+1)}
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
				return list
			}
		}
	}
	return nil
}

// isValue tells a word that can follow a flag as its value: a number below zero is none of any engine.
func isValue(w word) bool { return !w.op && (w.text == "-" || !strings.HasPrefix(w.text, "-")) }

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
		case name == "trtllm-serve" && next.text != "serve", w.text == "serve":
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
