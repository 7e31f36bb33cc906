package kube

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	authv1 "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"pitwall/fleet"
)

// credential is what a plugin gave.
type credential struct {
	token   string
	cert    *tls.Certificate
	expires time.Time // zero for one that lasts
	got     time.Time
}

// holds tells whether it can still be sent. One that was just given is tried whatever it says of its end: by a clock that
// is wrong it would be asked for at each request.
func (c *credential) holds(now time.Time) bool {
	return c.expires.IsZero() || now.Before(c.expires.Add(-pluginHeadroom)) || now.Sub(c.got) < pluginHeadroom
}

// parseCredential reads the plugin's answer. What it prints before the JSON document is noise that some wrappers add.
func parseCredential(out []byte, version string) (*credential, error) {
	if at := bytes.IndexByte(out, '{'); at > 0 {
		out = out[at:]
	}
	var cred authv1.ExecCredential
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&cred); err != nil {
		return nil, errors.New("its answer is not JSON")
	}
	status := cred.Status
	switch {
	case cred.APIVersion != version:
		return nil, fmt.Errorf("it answered in version %q, asked was %q", cred.APIVersion, version)
	case status == nil || status.Token == "" && status.ClientCertificateData == "":
		return nil, errors.New("its answer holds neither a token nor a certificate")
	case (status.ClientCertificateData == "") != (status.ClientKeyData == ""):
		return nil, errors.New("its answer holds only one of certificate and key")
	}
	c := &credential{token: status.Token}
	if status.ExpirationTimestamp != nil {
		c.expires = status.ExpirationTimestamp.Time
	}
	if status.ClientCertificateData != "" {
		cert, err := tls.X509KeyPair([]byte(status.ClientCertificateData), []byte(status.ClientKeyData))
		if err != nil {
			return nil, errors.New("its certificate and key do not belong together")
		}
		c.cert = &cert
	}
	return c, nil
}

// capped keeps the first bytes of what is written and takes the rest without a word: a child that is not read blocks.
type capped struct {
	buf  bytes.Buffer
	most int
	over bool
}

func (c *capped) Write(p []byte) (int, error) {
	left := c.most - c.buf.Len()
	if left < len(p) {
		c.over = true
	}
	c.buf.Write(p[:min(max(left, 0), len(p))])
	return len(p), nil
}

// lastLine is the end of what a program printed, where it says why it gives up.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return fleet.Label(clip(strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:]), 300)).String()
}
