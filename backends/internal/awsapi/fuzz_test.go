package awsapi

import (
	"strings"
	"testing"

	"pitwall/backends/internal/awsrig"
	"pitwall/backends/internal/contract"
	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// A credential is taken or refused; a refusal never repeats it.
func FuzzCredential(f *testing.F) {
	f.Add(awsrig.ID + ":" + awsrig.Secret)
	f.Add(`{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"2026-11-22T09:13:59Z"}`)
	f.Add("api-key")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCredential("aws", fleet.NewSecret(text), contract.Start())
		if (c.apiKey == "" && c.key.SecretAccessKey == "") != (err != nil) {
			t.Errorf("%+v, %v", c.apiKey != "", err)
		}
		if err != nil && len(text) > 40 && strings.Contains(err.Error(), text) {
			t.Error("the refusal repeats the credential")
		}
		if unprinted.MatchString(c.apiKey + c.key.AccessKeyID + c.key.SecretAccessKey + c.key.SessionToken) {
			t.Error("a header cannot carry it")
		}
	})
}

// A refusal's own words never reach the screen whole.
func FuzzWords(f *testing.F) {
	f.Add("InvalidSignatureException:x", []byte(`{"message":"Signature expired: x"}`))
	f.Add("", []byte(`<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform: ec2:X</Message></Error></Errors></Response>`))
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		reply := &httpx.Reply{Status: 403, Header: map[string][]string{"X-Amzn-Errortype": {header}}, Body: body}
		err := Told(reply, &fleet.Error{Kind: fleet.KindAuth, Op: "read", Source: "aws"}, contract.Start())
		if text := err.Error(); !fleet.IsClean(text) || len(text) > 400 {
			t.Errorf("%q", text)
		}
	})
}
