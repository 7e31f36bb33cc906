package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pitwall/fleet"
)

// signedFolder is a folder of one file with its signature, and the path of the signer's key.
func signedFolder(t *testing.T) (dir, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("{}")
	file := sha256.Sum256(content)
	root := sha256.Sum256(file[:])
	payload := fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://model_signing/signature/v1.0",`+
		`"subject":[{"name":"llama\u001b[2J","digest":{"sha256":"%x"}}],"predicate":{"serialization":{"method":"files"},`+
		`"resources":[{"name":"config.json","algorithm":"sha256","digest":"%x"}]}}`, root, file)
	kind := "application/vnd.in-toto+json"
	digest := sha256.Sum256(fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload))
	sig, err := ecdsa.SignASN1(rand.Reader, private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	hint := sha256.Sum256(text)
	bundle := fmt.Sprintf(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":%q}},`+
		`"dsseEnvelope":{"payload":%q,"payloadType":%q,"signatures":[{"sig":%q}]}}`, hex.EncodeToString(hint[:]),
		base64.StdEncoding.EncodeToString([]byte(payload)), kind, base64.StdEncoding.EncodeToString(sig))
	dir, key = t.TempDir(), filepath.Join(t.TempDir(), "signer.pub")
	for path, body := range map[string][]byte{filepath.Join(dir, "config.json"): content, filepath.Join(dir, "model.sig"): []byte(bundle), key: text} {
		if err := os.WriteFile(path, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, key
}

// runWeights runs pitwall weights verify.
func runWeights(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), append([]string{"weights", "verify"}, args...), console{out: &o, errs: &e, environ: func(string) string { return "" }})
	return code, o.String(), e.String()
}

func TestWeightsVerify(t *testing.T) {
	dir, key := signedFolder(t)
	if code, out, errs := runWeights(dir, "--key", key); code != exitDone || !strings.Contains(out, "as signed") || strings.Contains(out, "\x1b") {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
	if code, out, _ := runWeights(dir); code != exitPartial || !strings.Contains(out, "nobody vouches") {
		t.Errorf("without a key: exit %d: %q", code, out)
	}
	code, out, _ := runWeights(dir, "--key", key, "-o", "json")
	var doc struct{ Signature, Digest string }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != exitDone || doc.Signature != "verified" || !strings.HasPrefix(doc.Digest, "sha256:") {
		t.Errorf("exit %d, %v: %s", code, err, out)
	}
	elsewhere := filepath.Join(t.TempDir(), "x.sig")
	if err := os.Rename(filepath.Join(dir, "model.sig"), elsewhere); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := runWeights(dir, "--key", key); code != exitFailed || !strings.Contains(errs, "the folder is not signed") {
		t.Errorf("without a signature: exit %d: %q", code, errs)
	}
	if code, out, errs := runWeights(dir, "--key", key, "--signature", elsewhere); code != exitDone {
		t.Errorf("signature elsewhere: exit %d: %q %q", code, out, errs)
	}
	if err := os.WriteFile(filepath.Join(dir, "extra.py"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runWeights(dir, "--key", key, "--signature", elsewhere); code != exitFailed || !strings.Contains(out, "NOT AS SIGNED: 1 finding") {
		t.Errorf("a file too many: exit %d: %q", code, out)
	}
	if code, out, _ := runWeights(dir, "--key", key, "--signature", elsewhere, "--allow-unlisted"); code != exitDone || !strings.Contains(out, "extra.py is not listed") {
		t.Errorf("a file too many, allowed: exit %d: %q", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{ }"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := runWeights(dir, "--key", key, "--signature", elsewhere, "-o", "json"); code != exitFailed || !strings.Contains(out, `"kind": "tampered"`) {
		t.Errorf("tampered: exit %d: %q", code, out)
	}
}

func TestWeightsVerifyUsedWrongly(t *testing.T) {
	dir, key := signedFolder(t)
	other, _ := signedFolder(t)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no folder":     {[]string{}, exitUsage, "usage: pitwall weights verify DIR"},
		"absent folder": {[]string{dir + "/none"}, exitUsage, "no such file"},
		"a file":        {[]string{key}, exitUsage, "not a directory"},
		"absent key":    {[]string{dir, "--key", key + "x"}, exitUsage, "no such file"},
		"no key":        {[]string{dir, "--key", filepath.Join(dir, "config.json")}, exitUsage, "no PEM"},
		"another key":   {[]string{other, "--key", key}, exitFailed, "do not serve it"},
		"odd output":    {[]string{dir, "-o", "yaml"}, exitUsage, `no output "yaml"`},
	} {
		if code, _, errs := runWeights(c.args...); code != c.code || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d, %q; want %d with %q", name, code, errs, c.code, c.says)
		}
	}
}

func TestASiteReplacesTheAdvisories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(`{"asOf": "2026-11-01", "products": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := loadAdvisories(path)
	if err != nil || p.AsOf.Month() != 11 || len(p.Products) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := loadAdvisories(""); p != nil || err != nil {
		t.Errorf("without a file: %v, %v", p, err)
	}
	for _, bad := range []string{path + "x", filepath.Join(filepath.Dir(path), "b.json")} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), "b.json"), []byte(`{"products": []}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadAdvisories(bad); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
