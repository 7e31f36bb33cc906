package modelsign

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	weightsSuffix = ".safetensors"
	indexSuffix   = ".safetensors.index.json"
	// maxHeader is the limit of the format itself; a larger header is an attempt to fill the memory of whoever loads it.
	maxHeader = 100_000_000
	maxIndex  = 64 << 20
)

// pickles are endings of files that run code when they are loaded.
var pickles = []string{".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}

// bits of one element, by type.
var bits = map[string]int64{"BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "U16": 16, "I16": 16, "F16": 16,
	"BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}

// weights checks the form of what engines load, and that each index names the shards that are there.
func (t *tree) weights() error {
	inside := map[string]map[string]tensor{}
	for _, p := range sortedKeys(t.files) {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(p, weightsSuffix):
			header, err := readHeader(t.root, p)
			if err != nil {
				t.found(Malformed, p, err.Error())
				continue
			}
			inside[p] = header
		case slices.Contains(pickles, path.Ext(p)):
			t.r.Notes = append(t.r.Notes, p+" may run code when it is loaded: prefer safetensors")
		}
	}
	for _, p := range sortedKeys(t.files) {
		if strings.HasSuffix(p, indexSuffix) {
			t.index(p, inside)
		}
	}
	return nil
}

// tensor is one entry of a header.
type tensor struct {
	Type    string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// readHeader reads the header of a file and checks that its tensors fill the file without a gap.
func readHeader(root fs.FS, p string) (map[string]tensor, error) {
	f, size, err := openRegular(root, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var length [8]byte
	if _, err := io.ReadFull(f, length[:]); err != nil {
		return nil, errors.New("it is shorter than the length of its header")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("its header would have %d bytes of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, errors.New("it ends within its header")
	}
	if n == 0 || text[0] != '{' {
		return nil, errors.New("its header is no JSON object")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, fmt.Errorf("its header is no JSON object: %w", err)
	}
	delete(raw, "__metadata__")
	header := make(map[string]tensor, len(raw))
	for name, body := range raw {
		var one tensor
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, fmt.Errorf("its tensor %q is malformed: %w", name, err)
		}
		header[name] = one
	}
	return header, contiguous(header, size-8-int64(n))
}

// contiguous checks that tensors lie one behind the other from 0 to the end of the data, each as large as its shape.
func contiguous(header map[string]tensor, data int64) error {
	names := slices.SortedFunc(maps.Keys(header), func(a, b string) int {
		one, two := header[a].Offsets, header[b].Offsets
		return cmp.Or(slices.Compare(one[:], two[:]), cmp.Compare(a, b))
	})
	at := int64(0)
	for _, name := range names {
		one := header[name]
		from, to := one.Offsets[0], one.Offsets[1]
		if from != at || to < from || to > data {
			return fmt.Errorf("its tensor %q lies at %d to %d, not from %d within %d", name, from, to, at, data)
		}
		if size, known := one.size(); known && size != to-from {
			return fmt.Errorf("its tensor %q has %d bytes, its shape needs %d", name, to-from, size)
		}
		at = to
	}
	if at != data {
		return fmt.Errorf("its tensors end at %d, its data at %d", at, data)
	}
	return nil
}

// size is how many bytes a tensor needs; false for a type that is not known here.
func (t tensor) size() (int64, bool) {
	each, known := bits[t.Type]
	n := each
	for _, dim := range t.Shape {
		if dim < 0 || dim > 0 && n > (1<<62)/dim {
			return -1, true // no file is that large
		}
		n *= dim
	}
	return (n + 7) / 8, known
}

// index checks that an index and the shards beside it belong together.
func (t *tree) index(p string, inside map[string]map[string]tensor) {
	body, err := readSome(t.root, p, maxIndex)
	var doc struct {
		Weights map[string]string `json:"weight_map"`
	}
	if err == nil {
		err = json.Unmarshal(body, &doc)
	}
	if err != nil || len(doc.Weights) == 0 {
		t.found(Malformed, p, "it is no index of shards")
		return
	}
	folder, listed := path.Dir(p), map[string]bool{}
	for _, name := range sortedKeys(doc.Weights) {
		shard := path.Join(folder, doc.Weights[name])
		_, there := t.files[shard]
		if !listed[shard] && !there {
			t.found(Malformed, p, "it names the shard "+doc.Weights[name]+", which is not there")
		}
		listed[shard] = true
		if header, read := inside[shard]; read {
			if _, has := header[name]; !has {
				t.found(Malformed, p, fmt.Sprintf("it says that %s has the tensor %q, which it has not", doc.Weights[name], name))
			}
		}
	}
	stem := strings.TrimSuffix(p, indexSuffix) + "-"
	for _, q := range sortedKeys(t.files) {
		if strings.HasPrefix(q, stem) && strings.HasSuffix(q, weightsSuffix) && !listed[q] {
			t.found(Malformed, p, "it does not name the shard "+path.Base(q))
		}
	}
}

func readSome(root fs.FS, p string, most int64) ([]byte, error) {
	f, _, err := openRegular(root, p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(body)) > most {
		err = errors.New("it is too large")
	}
	return body, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
