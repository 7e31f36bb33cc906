package modelsign

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

const (
	mediaType   = "application/vnd.dev.sigstore.bundle.v0.3+json"
	payloadType = "application/vnd.in-toto+json"
)

// bundle is the part of a Sigstore bundle that is checked with a key.
type bundle struct {
	hint    string // hex SHA-256 of the signer's key; "" in old files
	payload []byte
	sig     []byte
}

// parseBundle reads a Sigstore bundle with one DSSE envelope and one signature.
func parseBundle(body []byte) (*bundle, error) {
	var doc struct {
		MediaType            string
		VerificationMaterial struct {
			PublicKey            *struct{ Hint string }
			Certificate          json.RawMessage
			X509CertificateChain json.RawMessage
		}
		DSSEEnvelope *struct {
			Payload     string
			PayloadType string
			Signatures  []struct{ Sig string }
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, fmt.Errorf("it is no JSON of a Sigstore bundle: %w", err)
	}
	env := doc.DSSEEnvelope
	material := &doc.VerificationMaterial
	certified := material.Certificate != nil || material.X509CertificateChain != nil
	switch {
	case doc.MediaType != mediaType:
		return nil, fmt.Errorf("its media type is %q, not %s", doc.MediaType, mediaType)
	case env == nil || len(env.Signatures) != 1:
		return nil, errors.New("it has no envelope with exactly one signature")
	case env.PayloadType != payloadType:
		return nil, fmt.Errorf("its payload is %q, not %s", env.PayloadType, payloadType)
	case material.PublicKey == nil && certified:
		return nil, fmt.Errorf("it is signed by a certificate: %w; check it with the signer's own tool", errUnsupported)
	}
	b := &bundle{}
	if k := material.PublicKey; k != nil {
		b.hint = k.Hint
	}
	var err error
	if b.payload, err = base64.StdEncoding.DecodeString(env.Payload); err != nil {
		return nil, fmt.Errorf("its payload is no base64: %w", err)
	}
	if b.sig, err = base64.StdEncoding.DecodeString(env.Signatures[0].Sig); err != nil {
		return nil, fmt.Errorf("its signature is no base64: %w", err)
	}
	return b, nil
}
