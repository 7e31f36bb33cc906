package googleapi

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"pitwall/fleet"
)

const account = "probe@acme.iam.gserviceaccount.example"

// keyFile makes the key file of a service account.
func keyFile(t testing.TB) (string, *rsa.PublicKey) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.MarshalIndent(map[string]string{"type": "service_account", "project_id": "acme", "private_key_id": "k1",
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"client_email": account, "token_uri": "http://127.0.0.1:1/never-asked"}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(file), &private.PublicKey
}

// reveal resolves one credential.
func reveal(t testing.TB, value *string) func() (string, error) {
	t.Helper()
	deps := Signed(fleet.Deps{Secret: func(context.Context, fleet.SecretRef) (fleet.Secret, error) { return fleet.NewSecret(*value), nil }})
	return func() (string, error) {
		s, err := deps.Secret(t.Context(), fleet.SecretRef{Env: "KEY"})
		return s.Reveal(), err
	}
}

func TestAKeyBecomesATokenThatItSigned(t *testing.T) {
	file, public := keyFile(t)
	resolve := reveal(t, &file)
	token, err := resolve()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("it has %d parts", len(parts))
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("the signature: %v", err)
	}
	var claims struct {
		Iss, Sub, Scope, Aud string
		Iat, Exp             int64
	}
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Iss != account || claims.Sub != account || claims.Scope != scope || claims.Aud != "" || claims.Exp-claims.Iat != 3600 {
		t.Errorf("claims %+v", claims)
	}
	if again, _ := resolve(); again != token {
		t.Error("a token that is still good is signed anew")
	}
	file, _ = keyFile(t)
	if rotated, err := resolve(); err != nil || rotated == token {
		t.Errorf("a rotated key is not taken over: %v", err)
	}
}

func TestTokensStayAsTheyAre(t *testing.T) {
	value := "ya29.a-token"
	if got, err := reveal(t, &value)(); err != nil || got != value {
		t.Errorf("%q, %v", got, err)
	}
	if deps := Signed(fleet.Deps{}); deps.Secret != nil {
		t.Error("credentials are opened where nothing opens them")
	}
}

// A file of another type would have its library ask whom it names: programs, addresses, the metadata service.
func TestOnlyKeysOfServiceAccountsAreFollowed(t *testing.T) {
	var asked atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Store(true) }))
	defer s.Close()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(s.URL, "http://"))
	good, _ := keyFile(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/canary.json")
	const canary = "canary-7d21"
	for name, file := range map[string]string{
		"another type": `{"type":"external_account","credential_source":{"url":"` + s.URL + `"},"token_url":"` + s.URL + `","client_secret":"` + canary + `"}`,
		"of a person":  `{"type":"authorized_user","refresh_token":"` + canary + `","client_secret":"` + canary + `"}`,
		"cut":          good[:len(good)/2],
		"no key":       `{"type":"service_account","client_email":"a@b"}`,
		"broken key":   `{"type":"service_account","client_email":"a@b","private_key":"` + canary + `"}`,
		"empty":        `{}`,
	} {
		got, err := reveal(t, &file)()
		if fleet.KindOf(err) != fleet.KindAuth || got != "" || strings.Contains(err.Error(), canary) || !fleet.IsClean(err.Error()) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if asked.Load() {
		t.Error("somebody was asked")
	}
}
