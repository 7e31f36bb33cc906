package smg

import (
	"encoding/json"
	"testing"

	"pitwall/fleet"
)

// Whatever a router says of workers: each is a member of a route, has a name, and is put back only with what is configured.
func FuzzWorkers(f *testing.F) {
	f.Add(`[{"id":"1","url":"http://10.0.0.1:8000","models":[{"id":"a"},{"id":"b"}],"status":"ready","priority":50,"labels":{"rack":"r1"}}]`)
	f.Add(`[{"url":"http://u:p@h@3","is_healthy":false,"model_id":"unknown","worker_type":"prefill","dp_rank":0}]`)
	f.Add(`[{"url":"ipc://x","job_status":{"status":"failed","message":7},"health":{"a":[]},"cost":1e999}]`)
	f.Add(`[{"url":"%zz","models":{},"labels":[],"metadata":3}]`)
	f.Add(`[{"url":"http://h","\u007f\u001bshard":"x","labels":{"\u009b2J":"y"}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		var raw []json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil {
			return
		}
		list, err := workers(raw)
		if err != nil {
			return
		}
		p, err := plansOf(map[string]string{OptionKey: "none", OptionSettings: `{"*":{"priority":50}}`})
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			w := &list[i]
			if w.id == "" || w.key == "" || len(w.routes(noModel)) == 0 {
				t.Errorf("read %+v", w)
			}
			for _, name := range p.lost(w) {
				if !fleet.IsClean(name) {
					t.Errorf("it loses %q", name)
				}
			}
			if !fleet.IsClean(w.leftOut(nil).String()) {
				t.Errorf("it says %q", w.leftOut(nil))
			}
			_ = w.valued()
		}
	})
}
