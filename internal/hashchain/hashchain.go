// Package hashchain links records by their hashes, so that a change in one of them shows in all that follow.
package hashchain

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/gowebpki/jcs"
)

// Seal is SHA-256, in lower-case hexadecimal, over the hash before and the canonical JSON (RFC 8785) of a record.
func Seal(prev string, record any) (string, error) {
	b, err := json.Marshal(record)
	if err != nil {
		return "", err
	}
	canonical, err := jcs.Transform(b)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write(canonical)
	return hex.EncodeToString(h.Sum(nil)), nil
}
