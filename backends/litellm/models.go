package litellm

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"pitwall/backends/internal/litellmapi"
	"pitwall/fleet"
)

// deployment is one entry of GET /model/info: one member of a route as one replica's router holds it.
type deployment struct {
	id        fleet.DeploymentID
	route     fleet.RouteID
	model     string
	apiBase   string
	weight    fleet.Maybe[float64] // an absent weight is unset, which is not 0
	odd       bool                 // the weight is there, but is no number
	order     fleet.Maybe[float64]
	blocked   fleet.Maybe[bool]
	fromDB    bool
	updatedAt fleet.Maybe[time.Time] // only enterprise builds show it, and who it was
	updatedBy string
	rpm, tpm  fleet.Maybe[float64]
	settings  *fleet.MemberSettings
}

// modelsAnswer is the shape of GET /model/info (LiteLLM 1.81 to 1.109).
type modelsAnswer struct {
	Data *[]struct {
		ModelName string `json:"model_name"`
		Params    params `json:"litellm_params"`
		Info      struct {
			ID         string        `json:"id"`
			DBModel    bool          `json:"db_model"`
			Blocked    *bool         `json:"blocked"`
			UpdatedAt  litellmapi.At `json:"updated_at"`
			UpdatedBy  word          `json:"updated_by"`
			TeamPublic string        `json:"team_public_model_name"`
			memberInfo
		} `json:"model_info"`
	} `json:"data"`
}

// params are the fields of litellm_params that pitwall looks at. Weight and order are undeclared extras of
// LiteLLM's schema, so that any JSON value can stand there.
type params struct {
	Model   string `json:"model"`
	APIBase string `json:"api_base"`
	Weight  number `json:"weight"`
	Order   number `json:"order"`
	RPM     number `json:"rpm"`
	TPM     number `json:"tpm"`

	raw json.RawMessage // the whole object, for as long as the answer is read
}

// UnmarshalJSON reads the object, or the same object as text: the stored row of a PATCH answer has been
// seen in both forms (1.109, _model_write_response).
func (p *params) UnmarshalJSON(b []byte) error {
	type plain params
	if len(b) > 0 && b[0] == '"' {
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		b = []byte(text)
	}
	p.raw = b
	return json.Unmarshal(b, (*plain)(p))
}

// number is a JSON number. Null and absence are unknown; any other value is odd and unknown, since one
// deployment's fault must not hide the others. LiteLLM itself takes no text for a number (1.109).
type number struct {
	fleet.Maybe[float64]
	odd bool
}

// UnmarshalJSON reads a number.
func (n *number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if n.odd = err != nil; !n.odd {
		n.Maybe = fleet.Some(v)
	}
	return nil
}

// word is a text; anything else is none, since nothing depends on it.
type word string

// UnmarshalJSON reads a text.
func (w *word) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*w = word(s)
	}
	return nil
}

// deployments lists the members. 1.109 repeats deployments under the names of aliases and expands wildcards:
// an entry whose id and route were seen is dropped, and aliases are left out by name.
func (answer modelsAnswer) deployments(aliases map[fleet.RouteID]fleet.RouteID) ([]deployment, error) {
	if answer.Data == nil {
		return nil, errors.New("the answer has no list of models")
	}
	type key struct {
		id    fleet.DeploymentID
		route fleet.RouteID
	}
	seen := map[key]bool{}
	out := make([]deployment, 0, len(*answer.Data))
	for _, m := range *answer.Data {
		if m.Info.ID == "" {
			return nil, errors.New("a model has no id")
		}
		name := m.ModelName
		if m.Info.TeamPublic != "" {
			name = m.Info.TeamPublic
		}
		k := key{fleet.DeploymentID(m.Info.ID), fleet.RouteID(name)}
		if _, isAlias := aliases[fleet.RouteID(name)]; isAlias || seen[k] {
			continue
		}
		seen[k] = true
		d := deployment{
			id: k.id, route: k.route, model: m.Params.Model, apiBase: m.Params.APIBase,
			weight: m.Params.Weight.Maybe, odd: m.Params.Weight.odd, order: m.Params.Order.Maybe,
			fromDB: m.Info.DBModel, updatedAt: m.Info.UpdatedAt.Maybe,
			updatedBy: string(m.Info.UpdatedBy), rpm: m.Params.RPM.Maybe, tpm: m.Params.TPM.Maybe,
		}
		d.settings = settingsOf(&d, m.Params.raw, m.Info.memberInfo)
		if m.Info.Blocked != nil {
			d.blocked = fleet.Some(*m.Info.Blocked)
		}
		out = append(out, d)
	}
	return out, nil
}

// row is the stored row that PATCH, block and unblock answer. Its texts are encrypted and are not read.
type row struct {
	ModelID string `json:"model_id"`
	Params  params `json:"litellm_params"`
	Blocked *bool  `json:"blocked"`
}

// minSealed is the least length of an encrypted value: 24 bytes of nonce and 16 of authentication in base64
// (1.81 to 1.109, NaCl secret box, base64url).
const minSealed = 54

// isSealed tells whether a text looks like a value that the gateway could not decrypt, as after a change of
// its salt key. Such a text says nothing to a person and is not shown.
func isSealed(s string) bool {
	if len(s) < minSealed {
		return false
	}
	if _, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "=")); err != nil {
		return false
	}
	return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) &&
		strings.ContainsFunc(s, unicode.IsDigit)
}
