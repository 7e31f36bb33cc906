//go:build real

package real_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"pitwall/fleet"
)

// weightsOf asks a replica for its weights of chat in the plainest way, apart from pitwall's own reading.
func weightsOf(url, key string) (fleet.Weights, error) {
	req, err := http.NewRequest(http.MethodGet, url+"/model/info", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var page struct {
		Data []struct {
			Params struct{ Weight int } `json:"litellm_params"`
			Info   struct{ ID string }  `json:"model_info"`
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil {
		return nil, err
	}
	w := fleet.Weights{}
	for _, m := range page.Data {
		if target, ok := strings.CutPrefix(m.Info.ID, "chat-"); ok {
			w[fleet.TargetID(target)] = m.Params.Weight
		}
	}
	return w, nil
}
