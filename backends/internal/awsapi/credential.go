// Package awsapi is what AWS's APIs have in common: credentials of both forms, signatures, regions, and how they refuse.
// It must look for no credential of its own: no chain, no profile, no address of a machine's metadata.
package awsapi

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"pitwall/fleet"
)

// credential is what auth names, in one of its two forms.
type credential struct {
	apiKey string          // of Bedrock, sent as it is
	key    aws.Credentials // signs
}

// renew says how a session is kept alive.
const renew = "let auth name a command that gives a new one each time, such as aws configure export-credentials --format process"

// An access key id begins with four letters that say what it is of; a pair is written ID:SECRET or ID:SECRET:TOKEN.
var (
	keyID     = regexp.MustCompile(`^A[A-Z]{3}[A-Z0-9]{12,124}$`)
	keyPair   = regexp.MustCompile(`^(A[A-Z]{3}[A-Z0-9]{12,124}):([!-9;-~]+)(?::([!-9;-~]+))?$`)
	unprinted = regexp.MustCompile(`[\s\x00-\x1f\x7f]`)
)

// printed is what `aws configure export-credentials --format process` and programs of that kind print, and inside of it
// what `aws sts assume-role` prints.
type printed struct {
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string `json:"SecretAccessKey"`
	SessionToken    string `json:"SessionToken"`
	Expiration      string `json:"Expiration"`

	Credentials *printed `json:"Credentials"`
}

// parseCredential tells the forms apart. Its errors hold nothing of the credential.
func parseCredential(source fleet.SourceID, secret fleet.Secret, now time.Time) (credential, error) {
	text := strings.TrimSpace(secret.Reveal())
	switch pair := keyPair.FindStringSubmatch(text); {
	case text == "":
		return credential{}, unusable(source, "the configured credential is empty", "set the credential that auth names")
	case text[0] == '{':
		return parsePrinted(source, text, now)
	case pair != nil:
		return credential{key: aws.Credentials{AccessKeyID: pair[1], SecretAccessKey: pair[2], SessionToken: pair[3]}}, nil
	case keyID.MatchString(text):
		return credential{}, unusable(source, "it is the id of an access key without its secret",
			"write it as ID:SECRET or ID:SECRET:TOKEN, or let auth name a command that prints it as JSON")
	case unprinted.MatchString(text):
		return credential{}, unusable(source, "it is neither an API key nor an access key: it has spaces or line breaks",
			"write an access key as ID:SECRET or ID:SECRET:TOKEN, or as JSON")
	default:
		return credential{apiKey: text}, nil
	}
}

func parsePrinted(source fleet.SourceID, text string, now time.Time) (credential, error) {
	var p printed
	if json.Unmarshal([]byte(text), &p) != nil {
		return credential{}, unusable(source, "its JSON cannot be read", "check what auth names")
	}
	if p.Credentials != nil {
		p = *p.Credentials
	}
	if p.AccessKeyID == "" || p.SecretAccessKey == "" || unprinted.MatchString(p.AccessKeyID+p.SecretAccessKey+p.SessionToken) {
		return credential{}, unusable(source, "its JSON has no usable AccessKeyId and SecretAccessKey", "check what auth names")
	}
	if end, err := time.Parse(time.RFC3339, p.Expiration); err == nil && !now.Before(end) {
		return credential{}, unusable(source, "the session token has expired at "+end.UTC().Format("2006-01-02 15:04:05Z"), renew)
	}
	return credential{key: aws.Credentials{AccessKeyID: p.AccessKeyID, SecretAccessKey: p.SecretAccessKey,
		SessionToken: p.SessionToken}}, nil
}

func unusable(source fleet.SourceID, why, next string) error {
	return &fleet.Error{Kind: fleet.KindAuth, Op: "use the credential", Source: source, Err: errors.New(why),
		Next: next + "; nothing was sent"}
}
