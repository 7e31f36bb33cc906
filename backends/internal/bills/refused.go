package bills

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"pitwall/backends/internal/httpx"
	"pitwall/fleet"
)

// Admin is how a provider tells keys that may read bills from keys that call models.
type Admin struct {
	Prefix string // of a key that may
	Right  string // that such a key needs
	Maker  string // who makes one
}

// missing is a right as OpenAI names it in a refusal, which repeats nothing else of it.
var missing = regexp.MustCompile(`\bapi(\.[a-z_]{1,24}){1,2}\.(read|write|all)\b`)

// explain says of a refusal whether the key is one that may not read bills, or lacks a right, or is none any more. Only the
// prefix of the key is looked at.
func (a Admin) explain(ctx context.Context, err error, reply *httpx.Reply, auth fleet.SecretRef, deps fleet.Deps) error {
	refused, ok := errors.AsType[*fleet.Error](err)
	if !ok || a.Prefix == "" || refused.Kind != fleet.KindAuth || auth.IsZero() || reply == nil || deps.Secret == nil {
		return err
	}
	secret, opened := deps.Secret(ctx, auth)
	if opened != nil {
		return err
	}
	right := a.Right
	if said := missing.FindString(string(reply.Body)); said != "" {
		right = said
	}
	out := *refused
	switch {
	case !strings.HasPrefix(strings.TrimSpace(secret.Reveal()), a.Prefix):
		out.Next = "this key does not begin with " + a.Prefix + ": an ordinary key calls models and is told nothing of bills; " + a.Maker
	case reply.Status == http.StatusForbidden || right != a.Right || strings.Contains(string(reply.Body), right):
		out.Next = "this is an admin key without the right " + right + "; " + a.Maker
	default:
		out.Next = "this admin key is refused: it was revoked, or the url is of another organisation; " + a.Maker
	}
	return &out
}
