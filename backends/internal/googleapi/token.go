package googleapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"pitwall/fleet"
)

// scope is what a signed token asks for. What it may do is decided by the rights of its account.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// Signed returns deps whose credentials that are keys of service accounts come as tokens. A token is signed here and sent as it
// is, so that nobody but the configured endpoint is talked to; no default credentials are looked for. Other credentials come
// as they are.
func Signed(deps fleet.Deps) fleet.Deps {
	resolve := deps.Secret
	if resolve == nil {
		return deps
	}
	s := &signer{}
	deps.Secret = func(ctx context.Context, ref fleet.SecretRef) (fleet.Secret, error) {
		secret, err := resolve(ctx, ref)
		if err != nil || !IsKey(secret) {
			return secret, err
		}
		return s.token(secret)
	}
	return deps
}

// IsKey tells whether a credential is a key file, and not a token.
func IsKey(s fleet.Secret) bool { return strings.HasPrefix(strings.TrimSpace(s.Reveal()), "{") }

// signer keeps the tokens of the last key that it was given: a rotated file is taken over.
type signer struct {
	mu     sync.Mutex
	key    fleet.Secret
	tokens oauth2.TokenSource
}

func (s *signer) token(key fleet.Secret) (fleet.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil || !s.key.Equal(key) {
		if err := check(key); err != nil {
			return fleet.Secret{}, err
		}
		tokens, err := google.JWTAccessTokenSourceWithScope([]byte(key.Reveal()), scope)
		if err != nil { // its text may repeat parts of the key
			return fleet.Secret{}, noKey("its private key cannot be read")
		}
		s.key, s.tokens = key, tokens
	}
	token, err := s.tokens.Token()
	if err != nil {
		return fleet.Secret{}, noKey("no token can be signed with it")
	}
	return fleet.NewSecret(token.AccessToken), nil
}

// check refuses files that name other ways to a credential: following these would talk to whom the file says.
func check(key fleet.Secret) error {
	var file struct {
		Type  string `json:"type"`
		Email string `json:"client_email"`
		Key   string `json:"private_key"`
	}
	switch err := json.Unmarshal([]byte(key.Reveal()), &file); {
	case err != nil:
		return noKey("it is no JSON")
	case file.Type != "service_account":
		return noKey("it is of another type than service_account, and no other is followed")
	case file.Email == "" || file.Key == "":
		return noKey("client_email or private_key is missing")
	}
	return nil
}

func noKey(why string) error {
	return &fleet.Error{Kind: fleet.KindAuth, Op: "sign with the service account's key", Err: errors.New(why),
		Next: "let auth name the key file of a service account, or a command that gives an access token; nothing was sent"}
}
