package modelsign

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// parseKey reads the PEM of a public key on one of the three curves of the format.
func parseKey(text []byte) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no PEM")
	}
	if block.Type != "PUBLIC KEY" {
		return nil, fmt.Errorf("it holds a %q, not a PUBLIC KEY", block.Type)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PublicKey)
	if !ok || hashed(ec, nil) == nil {
		return nil, errors.New("it is no elliptic-curve key on P-256, P-384 or P-521")
	}
	return ec, nil
}

// hashed is the digest that a key signs: each curve has its own hash. It is nil for other curves.
func hashed(key *ecdsa.PublicKey, message []byte) []byte {
	switch key.Curve {
	case elliptic.P256():
		d := sha256.Sum256(message)
		return d[:]
	case elliptic.P384():
		d := sha512.Sum384(message)
		return d[:]
	case elliptic.P521():
		d := sha512.Sum512(message)
		return d[:]
	}
	return nil
}

// Hint identifies a key as signers write it: the SHA-256 of its PEM as it is encoded anew, with the last newline, whatever
// the file that it was read from looked like.
func Hint(key *ecdsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return hex.EncodeToString(sum[:]), nil
}
