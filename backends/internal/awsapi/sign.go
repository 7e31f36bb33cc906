package awsapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"pitwall/fleet"
)

// Signer puts the credential into requests of one service of AWS: an API key as it is, of an access key the signature only.
type Signer struct {
	Source  fleet.SourceID
	Service string
	Region  string
	Clock   fleet.Clock
	Keys    bool // the service takes API keys of Bedrock
}

// Sign is for httpx.Options.
func (s *Signer) Sign(req *http.Request, body []byte, secret fleet.Secret) error {
	now := s.Clock.Now()
	c, err := parseCredential(s.Source, secret, now)
	if err != nil {
		return err
	}
	if c.apiKey != "" {
		if !s.Keys {
			return unusable(s.Source, "an API key of Bedrock is not taken by "+s.Service, "let auth name an access key")
		}
		req.Header.Set("Authorization", "Bearer "+c.apiKey)
		return nil
	}
	return s.byKey(req, body, c.key)
}

// byKey signs the address and the headers that AWS reads, and no others: what a proxy may rewrite is not signed.
func (s *Signer) byKey(req *http.Request, body []byte, key aws.Credentials) error {
	address := *req.URL
	bare := &http.Request{Method: req.Method, URL: &address, Host: req.Host, Header: http.Header{}}
	for _, name := range []string{"Content-Type", "X-Amz-Target"} {
		if v := req.Header.Get(name); v != "" {
			bare.Header.Set(name, v)
		}
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(req.Context(), key, bare, hex.EncodeToString(sum[:]), s.Service, s.Region, s.Clock.Now()); err != nil {
		return unusable(s.Source, "the request cannot be signed with it", "check what auth names")
	}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		if v := bare.Header.Get(name); v != "" {
			req.Header.Set(name, v)
		}
	}
	return nil
}
