package modelsign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
)

// signedBy checks the signature over the payload. The notes say what is old about it.
func (b *bundle) signedBy(key *ecdsa.PublicKey) (notes []string, err error) {
	hint, err := Hint(key)
	if err != nil {
		return nil, err
	}
	switch {
	case b.hint == "":
		notes = append(notes, "the signature does not name its key: it is of an old signer")
	case !strings.EqualFold(b.hint, hint):
		return nil, fmt.Errorf("it is by the key %.12s…, not by the one given, %.12s…", b.hint, hint)
	}
	if ecdsa.VerifyASN1(key, hashed(key, encode(b.payload)), b.sig) {
		return notes, nil
	}
	// Signers before 1.0 took SHA-256 for every curve, some of them the hash of the curve.
	old := encodeOld(b.payload)
	always := sha256.Sum256(old)
	if ecdsa.VerifyASN1(key, always[:], b.sig) || ecdsa.VerifyASN1(key, hashed(key, old), b.sig) {
		return append(notes, "the signature is over the faulty encoding of signers before 1.0: sign the folder again"), nil
	}
	return nil, errors.New("the signature is not of this manifest by this key")
}

// encode is what a DSSE envelope signs (PAE): type and payload, each behind its length.
func encode(payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload)), payload...)
}

// encodeOld is what signers before 1.0 signed by mistake: another word, and the payload as Python prints bytes.
func encodeOld(payload []byte) []byte {
	return append(fmt.Appendf(nil, "DSSEV1 %d %s %d ", len(payloadType), payloadType, len(payload)), printed(payload)...)
}

// printed writes bytes as Python does: b'…', in double quotes only where there are single ones and no double ones.
func printed(text []byte) []byte {
	quote := byte('\'')
	if bytes.IndexByte(text, '\'') >= 0 && bytes.IndexByte(text, '"') < 0 {
		quote = '"'
	}
	out := []byte{'b', quote}
	for _, c := range text {
		switch {
		case c == quote || c == '\\':
			out = append(out, '\\', c)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c < ' ' || c >= 0x7f:
			out = fmt.Appendf(out, `\x%02x`, c)
		default:
			out = append(out, c)
		}
	}
	return append(out, quote)
}
