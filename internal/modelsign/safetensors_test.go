package modelsign

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"encoding/binary"
	"strings"
	"testing"
	"testing/fstest"
)

// safetensors makes a file of a header and so many bytes of data.
func safetensors(header string, data int) []byte {
	body := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(body, header...), make([]byte, data)...)
}

func TestSafetensorsHeaders(t *testing.T) {
	huge := binary.LittleEndian.AppendUint64(nil, 1<<40)
	for name, c := range map[string]struct {
		body []byte
		says string // "" for a good file
	}{
		"good":                    {safetensors(`{"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}`, 8), ""},
		"empty tensor":            {safetensors(`{"a":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2), ""},
		"padded header":           {safetensors(`{"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}     `, 2), ""},
		"a type of tomorrow":      {safetensors(`{"a":{"dtype":"X3","shape":[3],"data_offsets":[0,5]}}`, 5), ""},
		"four bits":               {safetensors(`{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}`, 2), ""},
		"no tensor":               {safetensors(`{}`, 0), ""},
		"too short":               {[]byte{1, 2, 3}, "shorter than the length"},
		"header of a terabyte":    {append(huge, '{'), "its header would have 1099511627776 bytes"},
		"header beyond the file":  {safetensors(`{}`, 0)[:9], "its header would have 2 bytes of 9"},
		"no header":               {safetensors(``, 4), "no JSON object"},
		"a list":                  {safetensors(`[]`, 0), "no JSON object"},
		"cut JSON":                {safetensors(`{"a":`, 0), "no JSON object"},
		"a tensor that is none":   {safetensors(`{"a":3}`, 0), `tensor "a" is malformed`},
		"a gap":                   {safetensors(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}`, 4), "not from 0 within 4"},
		"an overlap":              {safetensors(`{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}}`, 4), "not from 3"},
		"beyond the end":          {safetensors(`{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}`, 4), "within 4"},
		"backwards":               {safetensors(`{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,-1]}}`, 0), "at 0 to -1"},
		"data that nobody has":    {safetensors(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 4), "end at 2, its data at 4"},
		"a shape of another size": {safetensors(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "has 4 bytes, its shape needs 8"},
		"a shape that overflows":  {safetensors(`{"a":{"dtype":"F64","shape":[4611686018427387904,8],"data_offsets":[0,4]}}`, 4), "its shape needs"},
		"a negative shape":        {safetensors(`{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}`, 2), "its shape needs"},
	} {
		files := fstest.MapFS{"x.safetensors": {Data: c.body}}
		key := newKey(t, elliptic.P256())
		r, err := Verify(context.Background(), files, Options{Bundle: signing{key: key}.sign(t, files), Key: public(t, &key.PublicKey)})
		text := ""
		for _, f := range r.Findings {
			text += string(f.Kind) + " " + f.Text
		}
		if err != nil || (c.says == "") != r.Good() || !strings.Contains(text, c.says) {
			t.Errorf("%s: %v %q, want %q", name, err, text, c.says)
		}
	}
}

func TestIndexesNameTheShardsThatAreThere(t *testing.T) {
	index := func(text string) func(f fstest.MapFS) {
		return func(f fstest.MapFS) { f["model.safetensors.index.json"] = &fstest.MapFile{Data: []byte(text)} }
	}
	for name, c := range map[string]struct {
		edit func(f fstest.MapFS)
		says string
	}{
		"good":                      {func(fstest.MapFS) {}, ""},
		"a shard too many":          {index(`{"weight_map":{"a":"model-00001-of-00002.safetensors"}}`), "does not name the shard model-00002-of-00002.safetensors"},
		"a shard too few":           {index(`{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors","c":"model-9.safetensors"}}`), "model-9.safetensors, which is not there"},
		"a tensor elsewhere":        {index(`{"weight_map":{"b":"model-00001-of-00002.safetensors","a":"model-00002-of-00002.safetensors"}}`), `has the tensor "a", which it has not`},
		"out of the folder":         {index(`{"weight_map":{"a":"../../x.safetensors"}}`), "which is not there"},
		"no index":                  {index(`[]`), "no index of shards"},
		"weights of another series": {func(f fstest.MapFS) { f["consolidated.safetensors"] = &fstest.MapFile{Data: safetensors(`{}`, 0)} }, ""},
	} {
		files, key := model(), newKey(t, elliptic.P256())
		c.edit(files)
		r, err := Verify(context.Background(), files, Options{Bundle: signing{key: key}.sign(t, files), Key: public(t, &key.PublicKey)})
		text := ""
		for _, f := range r.Findings {
			text += f.Text + "; "
		}
		if err != nil || (c.says == "") != r.Good() || !strings.Contains(text, c.says) {
			t.Errorf("%s: %v %q, want %q", name, err, text, c.says)
		}
	}
}

func TestPicklesAreNamed(t *testing.T) {
	files, key := fstest.MapFS{"pytorch_model.bin": {Data: []byte("x")}}, newKey(t, elliptic.P256())
	r, err := Verify(context.Background(), files, Options{Bundle: signing{key: key}.sign(t, files), Key: public(t, &key.PublicKey)})
	if err != nil || !r.Good() || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "prefer safetensors") {
		t.Errorf("%v %+v", err, r)
	}
}

// Whatever a header holds, it is read or refused.
func FuzzHeader(f *testing.F) {
	f.Add(safetensors(`{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`, 2))
	f.Add(bytes.Repeat([]byte{0xff}, 16))
	f.Fuzz(func(t *testing.T, body []byte) {
		header, err := readHeader(fstest.MapFS{"x": {Data: body}}, "x")
		total := int64(0)
		for _, one := range header {
			total += one.Offsets[1] - one.Offsets[0]
		}
		if err == nil && total > int64(len(body)) {
			t.Errorf("%d bytes of tensors in %d", total, len(body))
		}
	})
}

// Whatever a signature holds, it is read or refused, and nothing is good without its key.
func FuzzBundle(f *testing.F) {
	f.Add([]byte(`{"mediaType":"` + mediaType + `","verificationMaterial":{"publicKey":{"hint":""}},"dsseEnvelope":{"payload":"e30=","payloadType":"` + payloadType + `","signatures":[{"sig":"AA=="}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if r, err := Verify(context.Background(), fstest.MapFS{}, Options{Bundle: body}); err == nil && r.Good() {
			t.Error("good without a key")
		}
	})
}
