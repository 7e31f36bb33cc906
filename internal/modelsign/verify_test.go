package modelsign

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pitwall/fleet"
)

// signing is what a test signs with and how.
type signing struct {
	key     *ecdsa.PrivateKey
	encode  func([]byte) []byte // nil for today's
	sha256  bool                // whatever the curve
	old     bool                // the predicate before 1.0
	links   any                 // allow_symlinks
	ignored []string
	hint    *string
	edit    func(doc map[string]any) // of the statement, before it is signed
	bundle  func(doc map[string]any) // of the bundle, after
}

func newKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func public(t *testing.T, key crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// sign makes the signature over files, as a signer of the format would.
func (s signing) sign(t *testing.T, files fstest.MapFS) []byte {
	t.Helper()
	resources, subjects, all := []any{}, []any{}, sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name].Mode.IsRegular() {
			sum := sha256.Sum256(files[name].Data)
			all.Write(sum[:])
			digest := hex.EncodeToString(sum[:])
			resources = append(resources, map[string]any{"name": name, "algorithm": "sha256", "digest": digest})
			subjects = append(subjects, map[string]any{"name": name, "digest": map[string]any{"sha256": digest}})
		}
	}
	doc := map[string]any{"_type": statementType, "predicateType": predicateNow,
		"subject": []any{map[string]any{"name": "llama", "digest": map[string]any{"sha256": hex.EncodeToString(all.Sum(nil))}}},
		"predicate": map[string]any{"resources": resources, "serialization": map[string]any{"method": "files", "hash_type": "sha256",
			"allow_symlinks": s.links, "ignore_paths": s.ignored}}}
	if s.old {
		doc["predicateType"], doc["subject"], doc["predicate"] = predicateOld, subjects, map[string]any{"unused": "it's \"unused\""}
	}
	if s.edit != nil {
		s.edit(doc)
	}
	payload, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	enc := s.encode
	if enc == nil {
		enc = encode
	}
	digest := hashed(&s.key.PublicKey, enc(payload))
	if s.sha256 {
		sum := sha256.Sum256(enc(payload))
		digest = sum[:]
	}
	sig, err := ecdsa.SignASN1(rand.Reader, s.key, digest)
	if err != nil {
		t.Fatal(err)
	}
	hint, err := Hint(&s.key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	if s.hint != nil {
		hint = *s.hint
	}
	b := map[string]any{"mediaType": mediaType, "verificationMaterial": map[string]any{"publicKey": map[string]any{"hint": hint}, "tlogEntries": []any{}},
		"dsseEnvelope": map[string]any{"payload": base64.StdEncoding.EncodeToString(payload), "payloadType": payloadType,
			"signatures": []any{map[string]any{"sig": base64.StdEncoding.EncodeToString(sig), "keyid": ""}}}}
	if s.bundle != nil {
		s.bundle(b)
	}
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// model is a small folder of weights.
func model() fstest.MapFS {
	return fstest.MapFS{
		"config.json":                      {Data: []byte(`{"a": "it's"}`)},
		"model-00001-of-00002.safetensors": {Data: safetensors(`{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`, 8)},
		"model-00002-of-00002.safetensors": {Data: safetensors(`{"__metadata__":{"f":"pt"},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4)},
		"model.safetensors.index.json":     {Data: []byte(`{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`)},
		"tok/tokenizer.json":               {Data: []byte("{}")},
	}
}

func verify(t *testing.T, files fstest.MapFS, o Options) (Report, error) {
	t.Helper()
	return Verify(context.Background(), files, o)
}

func TestASignedFolderIsGoodOnEachCurve(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, files := newKey(t, curve), model()
		files[DefaultSignature] = &fstest.MapFile{Data: signing{key: key}.sign(t, model())}
		r, err := verify(t, files, Options{Key: public(t, &key.PublicKey)})
		if err != nil || !r.Good() || r.Files != 5 || r.Name != "llama" || len(r.Notes) != 0 || !strings.HasPrefix(r.Digest, "sha256:") || r.Bytes == 0 {
			t.Errorf("%s: %v %+v", curve.Params().Name, err, r)
		}
	}
}

func TestSignaturesThatAreNotGood(t *testing.T) {
	key, other := newKey(t, elliptic.P384()), newKey(t, elliptic.P384())
	wrongHint, none := strings.Repeat("0", 64), ""
	envelope := func(b map[string]any) map[string]any { return b["dsseEnvelope"].(map[string]any) }
	for name, c := range map[string]struct {
		s    signing
		key  []byte
		says string
		kind fleet.Kind
	}{
		"another hash":         {signing{key: key, sha256: true}, nil, "not of this manifest by this key", fleet.KindConflict},
		"another key":          {signing{key: other}, nil, "it is by the key", fleet.KindConflict},
		"another key, no hint": {signing{key: other, hint: &none}, nil, "not of this manifest by this key", fleet.KindConflict},
		"a wrong hint":         {signing{key: key, hint: &wrongHint}, nil, "it is by the key 000000000000…", fleet.KindConflict},
		"another payload": {signing{key: key, bundle: func(b map[string]any) {
			envelope(b)["payload"] = base64.StdEncoding.EncodeToString([]byte("{}"))
		}}, nil, "not of this manifest", fleet.KindConflict},
		"another payload type": {signing{key: key, bundle: func(b map[string]any) { envelope(b)["payloadType"] = "text/plain" }}, nil, "its payload is", fleet.KindConflict},
		"another media type":   {signing{key: key, bundle: func(b map[string]any) { b["mediaType"] = "x" }}, nil, "its media type is", fleet.KindConflict},
		"two signatures": {signing{key: key, bundle: func(b map[string]any) {
			envelope(b)["signatures"] = append(envelope(b)["signatures"].([]any), map[string]any{"sig": ""})
		}}, nil, "exactly one signature", fleet.KindConflict},
		"no envelope": {signing{key: key, bundle: func(b map[string]any) { delete(b, "dsseEnvelope") }}, nil, "exactly one signature", fleet.KindConflict},
		"a certificate": {signing{key: key, bundle: func(b map[string]any) {
			b["verificationMaterial"] = map[string]any{"certificate": map[string]any{"rawBytes": ""}}
		}}, nil, "signed by a certificate", fleet.KindUnsupported},
		"another statement": {signing{key: key, edit: func(d map[string]any) { d["_type"] = "https://in-toto.io/Statement/v0.1" }}, nil, "not a https://in-toto.io", fleet.KindConflict},
		"another predicate": {signing{key: key, edit: func(d map[string]any) { d["predicateType"] = "https://slsa.dev/x" }}, nil, "it says", fleet.KindConflict},
		"two subjects": {signing{key: key, edit: func(d map[string]any) {
			d["subject"] = append(d["subject"].([]any), d["subject"].([]any)[0])
		}}, nil, "2 subjects", fleet.KindConflict},
		"a digest that does not add up": {signing{key: key, edit: func(d map[string]any) {
			list := d["predicate"].(map[string]any)["resources"].([]any)
			list[0], list[1] = list[1], list[0]
		}}, nil, "it contradicts itself", fleet.KindConflict},
		"a file twice": {signing{key: key, edit: func(d map[string]any) {
			p := d["predicate"].(map[string]any)
			p["resources"] = append(p["resources"].([]any), p["resources"].([]any)[0])
		}}, nil, "twice", fleet.KindConflict},
		"no file": {signing{key: key, old: true, edit: func(d map[string]any) { d["subject"] = []any{} }}, nil, "lists no file", fleet.KindConflict},
		"by shards": {signing{key: key, edit: func(d map[string]any) {
			d["predicate"].(map[string]any)["serialization"].(map[string]any)["method"] = "shards"
		}}, nil, `lists "shards"`, fleet.KindUnsupported},
		"a key that is none":         {signing{key: key}, []byte("hello"), "no PEM", fleet.KindInvalid},
		"a private key":              {signing{key: key}, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte{1}}), "not a PUBLIC KEY", fleet.KindInvalid},
		"a key of another kind":      {signing{key: key}, edKey(t), "P-256, P-384 or P-521", fleet.KindInvalid},
		"a key on a smaller curve":   {signing{key: key}, public(t, &newKey(t, elliptic.P224()).PublicKey), "P-256, P-384 or P-521", fleet.KindInvalid},
		"a key on another, good one": {signing{key: key, hint: &none}, public(t, &newKey(t, elliptic.P256()).PublicKey), "not of this manifest", fleet.KindConflict},
	} {
		files := model()
		files[DefaultSignature] = &fstest.MapFile{Data: c.s.sign(t, model())}
		if c.key == nil {
			c.key = public(t, &key.PublicKey)
		}
		r, err := verify(t, files, Options{Key: c.key})
		if err == nil || fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) || r.Files != 0 || r.Good() {
			t.Errorf("%s: %v, %d files; want %s with %q", name, err, r.Files, c.kind, c.says)
		}
	}
}

func edKey(t *testing.T) []byte {
	key, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return public(t, key)
}

func TestAFolderWithoutSignature(t *testing.T) {
	for name, body := range map[string][]byte{"": nil, "cut": []byte(`{"mediaType":`), "empty": {}} {
		files := model()
		if body != nil {
			files[DefaultSignature] = &fstest.MapFile{Data: body}
		}
		_, err := verify(t, files, Options{})
		if want := map[bool]fleet.Kind{true: fleet.KindNotFound, false: fleet.KindConflict}[body == nil]; fleet.KindOf(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Without a key the files are compared, and nobody vouches for the manifest.
func TestWithoutAKeyNothingIsCalledGood(t *testing.T) {
	files := model()
	files[DefaultSignature] = &fstest.MapFile{Data: signing{key: newKey(t, elliptic.P256())}.sign(t, model())}
	r, err := verify(t, files, Options{})
	if err != nil || r.Signature != SignedUnchecked || len(r.Findings) != 0 || r.Files != 5 || r.Good() {
		t.Errorf("%v %+v", err, r)
	}
}

func TestSignersBeforeOneAreRecognised(t *testing.T) {
	key, none := newKey(t, elliptic.P384()), ""
	for _, s := range []signing{{key: key, old: true, encode: encodeOld, hint: &none}, {key: key, encode: encodeOld, hint: &none},
		{key: key, old: true, encode: encodeOld, sha256: true, hint: &none}} {
		files := model()
		files[DefaultSignature] = &fstest.MapFile{Data: s.sign(t, model())}
		r, err := verify(t, files, Options{Key: public(t, &key.PublicKey)})
		if err != nil || !r.Good() || r.Files != 5 || len(r.Notes) != 2 || !strings.Contains(strings.Join(r.Notes, " "), "faulty encoding") {
			t.Errorf("%v %+v", err, r)
		}
	}
	// What Python 3 prints for these bytes.
	for text, want := range map[string]string{"a\n\"b'\\": `b'a\n"b\'\\'`, "it's": `b"it's"`, "\t\r\x00\x7fé": `b'\t\r\x00\x7f\xc3\xa9'`, "": "b''"} {
		if got := string(printed([]byte(text))); got != want {
			t.Errorf("%q is printed as %s, want %s", text, got, want)
		}
	}
}

// The hint is of the key as it is encoded anew, not of the file that it came in.
func TestTheHintDoesNotGoByTheFileOfTheKey(t *testing.T) {
	key := newKey(t, elliptic.P256())
	files := model()
	files[DefaultSignature] = &fstest.MapFile{Data: signing{key: key}.sign(t, model())}
	text := "My key\n" + strings.ReplaceAll(string(public(t, &key.PublicKey)), "\n", "\r\n") + "\nother text"
	if r, err := verify(t, files, Options{Key: []byte(text)}); err != nil || !r.Good() {
		t.Errorf("%v %+v", err, r)
	}
}

func TestFilesThatAreNotAsSigned(t *testing.T) {
	key := newKey(t, elliptic.P384())
	shard := "model-00001-of-00002.safetensors"
	for name, c := range map[string]struct {
		s    signing
		edit func(files fstest.MapFS)
		o    Options
		want map[string]Kind // by path
	}{
		"tampered": {edit: func(f fstest.MapFS) { f["config.json"] = &fstest.MapFile{Data: []byte(`{"a": "its"}`)} }, want: map[string]Kind{"config.json": Tampered}},
		"one bit of a shard": {edit: func(f fstest.MapFS) {
			body := slices.Clone(f[shard].Data)
			body[len(body)-1] ^= 1
			f[shard] = &fstest.MapFile{Data: body}
		}, want: map[string]Kind{shard: Tampered}},
		"missing":        {edit: func(f fstest.MapFS) { delete(f, "tok/tokenizer.json") }, want: map[string]Kind{"tok/tokenizer.json": Missing}},
		"extra":          {edit: func(f fstest.MapFS) { f["modeling.py"] = &fstest.MapFile{Data: []byte("x")} }, want: map[string]Kind{"modeling.py": Extra}},
		"extra, allowed": {edit: func(f fstest.MapFS) { f["modeling.py"] = &fstest.MapFile{Data: []byte("x")} }, o: Options{Unlisted: true}},
		"extra, ignored by the signer": {s: signing{ignored: []string{".git"}}, edit: func(f fstest.MapFS) {
			f[".git/HEAD"], f[".gitx"] = &fstest.MapFile{}, &fstest.MapFile{}
		}, want: map[string]Kind{".gitx": Extra}},
		"all ignored is none": {s: signing{ignored: []string{".", "", "/", "../x"}}, edit: func(f fstest.MapFS) { f["x"] = &fstest.MapFile{} }, want: map[string]Kind{"x": Extra}},
		"renamed": {edit: func(f fstest.MapFS) {
			f["conf.json"] = f["config.json"]
			delete(f, "config.json")
		}, want: map[string]Kind{"config.json": Missing, "conf.json": Renamed}},
		"swapped": {edit: func(f fstest.MapFS) {
			f["config.json"], f["tok/tokenizer.json"] = f["tok/tokenizer.json"], f["config.json"]
		}, want: map[string]Kind{"config.json": Tampered, "tok/tokenizer.json": Tampered}},
		"a folder in its place": {edit: func(f fstest.MapFS) {
			delete(f, "config.json")
			f["config.json/x"] = &fstest.MapFile{Data: []byte("y")}
		}, want: map[string]Kind{"config.json": Unsafe, "config.json/x": Extra}},
		"a link to the same content": {edit: func(f fstest.MapFS) {
			f["real.json"] = f["config.json"]
			f["config.json"] = &fstest.MapFile{Data: []byte("real.json"), Mode: fs.ModeSymlink}
		}, want: map[string]Kind{"config.json": Linked, "real.json": Extra}},
		"a link, allowed": {s: signing{links: true, ignored: []string{"real.json"}}, edit: func(f fstest.MapFS) {
			f["real.json"] = f["config.json"]
			f["config.json"] = &fstest.MapFile{Data: []byte("real.json"), Mode: fs.ModeSymlink}
		}},
		"a folder above is a link": {edit: func(f fstest.MapFS) {
			f["real/tokenizer.json"] = f["tok/tokenizer.json"]
			delete(f, "tok/tokenizer.json")
			f["tok"] = &fstest.MapFile{Data: []byte("real"), Mode: fs.ModeSymlink}
		}, want: map[string]Kind{"tok/tokenizer.json": Linked, "tok": Linked, "real/tokenizer.json": Extra}},
		"a link beside": {edit: func(f fstest.MapFS) { f["x"] = &fstest.MapFile{Data: []byte("config.json"), Mode: fs.ModeSymlink} }, want: map[string]Kind{"x": Linked}},
		"a link that leads nowhere": {s: signing{links: true}, edit: func(f fstest.MapFS) {
			f["config.json"] = &fstest.MapFile{Data: []byte("nowhere"), Mode: fs.ModeSymlink}
		}, want: map[string]Kind{"config.json": Missing}},
		"a pipe": {edit: func(f fstest.MapFS) { f["config.json"] = &fstest.MapFile{Mode: fs.ModeNamedPipe} }, want: map[string]Kind{"config.json": Unsafe}},
		"paths out of the folder": {s: signing{old: true, edit: func(d map[string]any) {
			for _, p := range []string{"../../etc/passwd", "/etc/passwd", `a\b`, "./config.json", ""} {
				d["subject"] = append(d["subject"].([]any), map[string]any{"name": p, "digest": map[string]any{"sha256": "00"}})
			}
		}}, want: map[string]Kind{"../../etc/passwd": Unsafe, "/etc/passwd": Unsafe, `a\b`: Unsafe, "./config.json": Unsafe, "": Unsafe}},
		"an unknown algorithm": {s: signing{edit: func(d map[string]any) {
			d["predicate"].(map[string]any)["resources"].([]any)[0].(map[string]any)["algorithm"] = "blake3"
		}}, want: map[string]Kind{"config.json": Unhashed}},
		"a second signature": {edit: func(f fstest.MapFS) { f["other.sig"] = &fstest.MapFile{} }, want: map[string]Kind{"other.sig": Extra}},
	} {
		t.Run(name, func(t *testing.T) {
			c.s.key = key
			files := model()
			if c.edit != nil {
				c.edit(files)
			}
			files[DefaultSignature] = &fstest.MapFile{Data: c.s.sign(t, model())}
			c.o.Key = public(t, &key.PublicKey)
			r, err := verify(t, files, c.o)
			got := map[string]Kind{}
			for _, f := range r.Findings {
				got[f.Path] = f.Kind
			}
			if want := c.want; err != nil || len(got) != len(want) || !maps.Equal(got, want) && len(want) > 0 || r.Good() != (len(want) == 0) {
				t.Errorf("%v: %v, want %v", err, r.Findings, want)
			}
		})
	}
}

// A signer of one file lists it as "." and gives its name to the model.
func TestASingleFileIsFoundUnderTheNameOfTheModel(t *testing.T) {
	for name, want := range map[string]bool{"llama": true, "../llama": false, "..": false, "": false, "other": false} {
		one := fstest.MapFS{"llama": {Data: []byte("x")}}
		s := signing{key: newKey(t, elliptic.P256()), edit: func(d map[string]any) {
			d["predicate"].(map[string]any)["resources"].([]any)[0].(map[string]any)["name"] = "."
			d["subject"].([]any)[0].(map[string]any)["name"] = name
		}}
		r, err := verify(t, one, Options{Bundle: s.sign(t, one), Key: public(t, &s.key.PublicKey)})
		if err != nil || r.Good() != want {
			t.Errorf("%q: %v %+v", name, err, r.Findings)
		}
	}
}

func TestASignatureElsewhere(t *testing.T) {
	key := newKey(t, elliptic.P256())
	body := signing{key: key}.sign(t, model())
	if r, err := verify(t, model(), Options{Bundle: body, Key: public(t, &key.PublicKey)}); err != nil || !r.Good() {
		t.Errorf("%v %+v", err, r)
	}
	files := model()
	files["sig/a.json"] = &fstest.MapFile{Data: body}
	if r, err := verify(t, files, Options{Signature: "sig/a.json", Key: public(t, &key.PublicKey)}); err != nil || !r.Good() {
		t.Errorf("%v %+v", err, r)
	}
	// A file of the usual name is not left out where another one is the signature.
	files[DefaultSignature] = &fstest.MapFile{}
	if r, err := verify(t, files, Options{Signature: "sig/a.json", Key: public(t, &key.PublicKey)}); err != nil || r.Good() {
		t.Errorf("%v %+v", err, r)
	}
}

// The same through the file system that the command uses: links out of the folder lead nowhere.
func TestAFolderOnTheDisk(t *testing.T) {
	dir, key := t.TempDir(), newKey(t, elliptic.P256())
	if err := os.CopyFS(dir, model()); err != nil {
		t.Fatal(err)
	}
	write := func(s signing) {
		s.key = key
		if err := os.WriteFile(dir+"/"+DefaultSignature, s.sign(t, model()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(signing{links: true})
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	o := Options{Key: public(t, &key.PublicKey)}
	if r, err := Verify(context.Background(), root.FS(), o); err != nil || !r.Good() {
		t.Fatalf("%v %+v", err, r)
	}
	outside := t.TempDir() + "/config.json"
	if err := errors.Join(os.WriteFile(outside, model()["config.json"].Data, 0o600), os.Remove(dir+"/config.json"), os.Symlink(outside, dir+"/config.json")); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(context.Background(), root.FS(), o)
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Kind != Unsafe {
		t.Errorf("a link out of the folder, with the content that was signed: %v %+v", err, r.Findings)
	}
}

func TestVerifyStops(t *testing.T) {
	files := model()
	files[DefaultSignature] = &fstest.MapFile{Data: signing{key: newKey(t, elliptic.P256())}.sign(t, model())}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := Verify(ctx, files, Options{}); fleet.KindOf(err) != fleet.KindInterrupted || r.Good() {
		t.Errorf("%v %+v", err, r)
	}
}
