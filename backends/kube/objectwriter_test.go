package kube

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pitwall/fleet"
)

// steps names the operations of a patch: "test /metadata/uid".
func steps(t *testing.T, body string) (list []string) {
	t.Helper()
	var ops []operation
	if err := json.Unmarshal([]byte(body), &ops); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	for _, op := range ops {
		list = append(list, op.Op+" "+op.Path)
	}
	return list
}

func TestAWriteIsOnePatchThatTestsWhatItReplaces(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	write := chatWrite(
		to("/spec/template/spec/containers/0/name", `"vllm"`, `"vllm"`),
		to("/spec/template/spec/containers/0/args/1", `"a < b"`, `"c > d"`),
		to("/spec/replicas", "4.0", "5"),
	)
	if err := s.writes().Write(t.Context(), write, "c7/2", false); err != nil {
		t.Fatal(err)
	}
	want := `[{"op":"test","path":"/metadata/uid","value":"u1"},` +
		`{"op":"test","path":"/spec/template/spec/containers/0/name","value":"vllm"},` +
		`{"op":"test","path":"/spec/template/spec/containers/0/args/1","value":"a \u003c b"},` + // as the server wrote it
		`{"op":"test","path":"/spec/replicas","value":4},` +
		`{"op":"replace","path":"/spec/template/spec/containers/0/args/1","value":"c > d"},` +
		`{"op":"replace","path":"/spec/replicas","value":5}]`
	if sent := s.sent(); len(sent) != 1 || sent[0] != want {
		t.Errorf("sent\n%s\nwant\n%s", sent, want)
	}
	r := s.last()
	if r.URL.Path != chatPath || r.URL.RawQuery != "fieldManager=pitwall&fieldValidation=Strict" ||
		r.Header.Get("Content-Type") != "application/json-patch+json" || !strings.HasPrefix(r.Header.Get("User-Agent"), "pitwall/") {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	id := r.Header.Get("Audit-Id")
	if id != fleet.AuditID("c7/2") || id == fleet.AuditID("c7/3") || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("audit id %q", id)
	}
	if stands, err := s.reads().Stand(t.Context(), write); err != nil || stands != fleet.StandsAfter {
		t.Errorf("%q, %v", stands, err)
	}
}

// What the server warns of, such as a version that will go, is in the log.
func TestWarningsAreLogged(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Add("Warning", `299 - "this version goes"`)
		return false
	}
	var log strings.Builder
	w, err := newObjectWriter(s.spec(), fleet.Deps{Clock: fleet.NewVirtualClock(start), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", false); err != nil || strings.Count(log.String(), "this version goes") != 1 {
		t.Errorf("%v, %s", err, log.String())
	}
}

func TestARehearsalStoresNothing(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	before := s.object(chatPath)
	if err := s.writes().Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", true); err != nil {
		t.Fatal(err)
	}
	if s.last().URL.Query().Get("dryRun") != "All" || s.object(chatPath) != before {
		t.Errorf("%s left %s", s.last().URL, s.object(chatPath))
	}
}

// A webhook that makes something else of a field is found in the rehearsal, before anything is written.
func TestARehearsalFindsWhatWouldNotBeStored(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			_, _ = io.WriteString(w, strings.Replace(chatJSON, "vllm:1", "mirror/vllm:2", 1))
		}
		return r.Method == http.MethodPatch
	}
	err := s.writes().Write(t.Context(), chatWrite(to("/spec/template/spec/containers/0/image", `"vllm:1"`, `"vllm:2"`)), "c", true)
	if fleet.KindOf(err) != fleet.KindInvalid || !strings.Contains(err.Error(), `not store spec.template.spec.containers[0].image as asked but as "mirror/vllm:2"`) {
		t.Errorf("got %v", err)
	}
}

func TestAbsentFieldsComeAndGo(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	w := s.writes()
	write := chatWrite(
		to("/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", "", `"now"`),
		to("/spec/template/metadata/annotations/b", "", `"2"`),
		to("/spec/paused", "", "true"), to("/spec/strategy", "", ""))
	if err := w.Write(t.Context(), write, "c", false); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(steps(t, s.sent()[0]), "\n")
	want := "test /metadata/uid\ntest /metadata/resourceVersion\nadd /spec/template/metadata\nadd /spec/template/metadata/annotations\n" +
		"add /spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt\nadd /spec/template/metadata/annotations/b\nadd /spec/paused"
	if got != want {
		t.Errorf("sent\n%s\nwant\n%s", got, want)
	}
	back, _ := write.Inverse()
	if err := w.Write(t.Context(), back, "c", false); err != nil {
		t.Fatal(err)
	}
	if stands, err := s.reads().Stand(t.Context(), write); err != nil || stands != fleet.StandsBefore {
		t.Errorf("%q, %v in %s", stands, err, s.object(chatPath))
	}
	if err := w.Write(t.Context(), chatWrite(to("/spec/canary/0/weight", "", "5")), "c", false); fleet.KindOf(err) != fleet.KindInvalid {
		t.Errorf("a list was made of nothing: %v", err)
	}
}

func TestAWriteIsTriedAgainWhileOnlyOtherFieldsMove(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	moves := 3
	s.between = func(put func(path, object string)) {
		if moves--; moves >= 0 {
			put(chatPath, strings.Replace(chatJSON, `"spec":{`, fmt.Sprintf(`"status":{"seen":%d},"spec":{`, moves), 1))
		}
	}
	if err := s.writes().Write(t.Context(), chatWrite(to("/spec/paused", "", "true")), "c", false); err != nil {
		t.Fatal(err)
	}
	if n := len(s.sent()); n != 4 || !strings.Contains(s.object(chatPath), `"paused":true`) || !strings.Contains(s.object(chatPath), `"seen":0`) {
		t.Errorf("%d tries led to %s", n, s.object(chatPath))
	}
	moves = 1000
	err := s.writes().Write(t.Context(), chatWrite(to("/spec/other", "", "true")), "c", false)
	if n := len(s.sent()); fleet.KindOf(err) != fleet.KindConflict || n != 4+maxTries || !strings.Contains(err.Error(), nothingWritten) {
		t.Errorf("%d tries: %v", n, err)
	}
}

func TestAFieldThatMovesInBetweenIsAConflict(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	s.between = func(put func(path, object string)) {
		put(chatPath, strings.Replace(strings.Replace(chatJSON, `"replicas":4`, `"replicas":6`, 1), `"uid":"u1"`,
			`"uid":"u1","managedFields":[{"manager":"kubectl-scale","time":"2026-11-25T11:59:30Z","fieldsV1":{"f:spec":{"f:replicas":{}}}}]`, 1))
	}
	err := s.writes().Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", false)
	if fleet.KindOf(err) != fleet.KindConflict ||
		!strings.Contains(err.Error(), "spec.replicas is not what it was: it is 6, was 4; set by kubectl-scale at 11:59:30Z; nothing was written") {
		t.Errorf("got %v", err)
	}
	if len(s.sent()) != 1 || strings.Contains(s.object(chatPath), `"replicas":5`) {
		t.Errorf("sent %d, left %s", len(s.sent()), s.object(chatPath))
	}
}

func TestWhatIsNotAsPlannedIsNotWritten(t *testing.T) {
	replicas := to("/spec/replicas", "4", "5")
	secret := strings.Replace(chatJSON, `"image":"vllm:1"`, `"env":[{"name":"HF_TOKEN","value":"hf_12345"}]`, 1)
	for _, c := range []struct {
		write        fleet.ObjectWrite
		object, text string
		kind         fleet.Kind
	}{
		{chatWrite(replicas), strings.Replace(chatJSON, "u1", "u2", 1), "another object has its name now", fleet.KindConflict},
		{chatWrite(replicas), strings.Replace(chatJSON, `"replicas":4`, `"replicas":5`, 1), "holds already what is to be set", fleet.KindConflict},
		{chatWrite(replicas), strings.Replace(chatJSON, `"replicas":4,`, "", 1), "spec.replicas is not there any more", fleet.KindConflict},
		{chatWrite(to("/spec/replicas", "", "5")), chatJSON, "spec.replicas is there by now: it is 4", fleet.KindConflict},
		{chatWrite(to("/spec/template/spec/containers/0/env/0/value", `"hf_0"`, `"hf_1"`)), secret, "value is not what it was; nothing", fleet.KindConflict},
		{chatWrite(to("/spec/replicas", "4", "4.0")), chatJSON, "no field of it changes anything", fleet.KindInvalid},
		{chatWrite(), chatJSON, "no field of it changes anything", fleet.KindInvalid},
		{chatWrite(to("/spec/replicas", "4", "{")), chatJSON, "is no JSON", fleet.KindInvalid},
		{chatWrite(to("/spec/list/-", "", "4")), chatJSON, "the end of a list", fleet.KindInvalid},
		{func() fleet.ObjectWrite { w := chatWrite(replicas); w.Verb = "burn"; return w }(), chatJSON, "no verb burn", fleet.KindInvalid},
		{func() fleet.ObjectWrite { w := chatWrite(replicas); w.Part = "log"; return w }(), chatJSON, "no part log", fleet.KindInvalid},
		{func() fleet.ObjectWrite { w := chatWrite(replicas); w.Object.Name = "none"; return w }(), chatJSON, "not found", fleet.KindNotFound},
		{func() fleet.ObjectWrite { w := chatWrite(); w.Verb = fleet.WriteEvict; return w }(), chatJSON, "only pods can be evicted", fleet.KindUnsupported},
	} {
		s := newShelf(t).with(chatPath, c.object)
		err := s.writes().Write(t.Context(), c.write, "c", false)
		if fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "hf_") {
			t.Errorf("%s: %v", c.text, err)
		}
		if !strings.Contains(err.Error(), "nothing was") || len(s.sent()) != 0 {
			t.Errorf("%s: sent %s, said %v", c.text, s.sent(), err)
		}
	}
}

func TestThePartsOfAnObject(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON).with(chatPath+"/scale", `{"kind":"Scale","metadata":{"uid":"u1"},"spec":{}}`)
	scale := chatWrite(to("/spec/replicas", "0", "3"))
	scale.Part = partScale
	if err := s.writes().Write(t.Context(), scale, "c", false); err != nil {
		t.Fatal(err)
	}
	if r := s.last(); r.URL.Path != chatPath+"/scale" {
		t.Errorf("patched %s", r.URL)
	}
	if got := strings.Join(steps(t, s.sent()[0]), ", "); got != "test /metadata/uid, test /metadata/resourceVersion, add /spec/replicas" {
		t.Errorf("sent %s", got)
	}
	status := chatWrite(to("/status/promoted", "", "true"))
	status.Part = partStatus
	if err := s.writes().Write(t.Context(), status, "c", false); err != nil {
		t.Fatal(err)
	}
	if r := s.last(); r.URL.Path != chatPath+"/status" || !strings.Contains(s.object(chatPath), `"promoted":true`) {
		t.Errorf("patched %s", r.URL)
	}
}

// The mark of a change stands only beside annotations that are written anyway.
func TestTheMarkOfAChange(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	if err := s.writes().Write(t.Context(), chatWrite(to("/metadata/annotations/stop", "", `"true"`)), "c7/1", false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.object(chatPath), `"annotations":{"pitwall.dev/change":"c7/1","stop":"true"}`) {
		t.Errorf("%s", s.object(chatPath))
	}
	s = newShelf(t).with(chatPath, chatJSON)
	if err := s.writes().Write(t.Context(), chatWrite(to("/spec/template/metadata/annotations/at", "", `"x"`), to("/spec/replicas", "4", "5")), "c7/1", false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.object(chatPath), changeMark) {
		t.Errorf("%s", s.object(chatPath))
	}
}

func TestRefusedWrites(t *testing.T) {
	for _, c := range []struct {
		what   string
		code   int
		status string // its fields beside the code
		kind   fleet.Kind
		text   string
		next   string
	}{
		{"right", 403, `"reason":"Forbidden","message":"deployments.apps \"chat\" is forbidden: User \"eve\" cannot patch resource \"deployments\""`,
			fleet.KindAuth, `: User "eve" cannot patch resource "deployments";`, "ask for the verb patch on deployments of apps; " + nothingWritten},
		{"credential", 401, `"reason":"Unauthorized","message":"Unauthorized"`, fleet.KindAuth, "does not accept the credential", "sign in again; " + nothingWritten},
		{"quota", 403, `"reason":"Forbidden","message":"deployments.apps \"chat\" is forbidden: exceeded quota: gpus, requested: count=1, used: count=4, limited: count=4"`,
			fleet.KindBlocked, ": exceeded quota: gpus, requested", nothingWritten + "; free some"},
		{"webhook", 400, `"reason":"BadRequest","message":"admission webhook \"check.policy.example\" denied the request: images come\n from the mirror"`,
			fleet.KindBlocked, "the webhook check.policy.example refuses it: images come from the mirror", nothingWritten},
		{"silent webhook", 403, `"message":"admission webhook \"w\" denied the request without explanation"`, fleet.KindBlocked, "the webhook w refuses it;", nothingWritten},
		{"policy", 422, `"reason":"Invalid","message":"deployments.apps \"chat\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",` +
			`"details":{"causes":[{"message":"no"}]}`, fleet.KindBlocked, "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", nothingWritten},
		{"rehearsal", 400, `"reason":"BadRequest","message":"admission webhook \"w\" does not support dry run"`, fleet.KindUnsupported, "the webhook w does not take part in a dry run", nothingWritten},
		{"dead webhook", 500, `"reason":"InternalError","message":"Internal error occurred: failed calling webhook \"w\": connection refused"`,
			fleet.KindServer, "the webhook w does not answer", nothingWritten},
		{"manager", 409, `"reason":"Conflict","message":"Apply failed","details":{"causes":[{"reason":"FieldManagerConflict","field":".spec.replicas","message":"conflict with \"hpa\" using autoscaling/v1"}]}`,
			fleet.KindConflict, `the field spec.replicas is held by another: conflict with "hpa"`, nothingWritten},
		{"patch type", 415, `"reason":"UnsupportedMediaType","message":"no"`, fleet.KindUnsupported, "takes no JSON patch", nothingWritten},
		{"typo", 422, `"reason":"Invalid","message":"x","details":{"causes":[{"reason":"FieldValueInvalid","field":"patch",` +
			`"message":"Invalid value: \"{\\\"spec\\\":{\\\"token\\\":\\\"hf_12345\\\"}}\": strict decoding error: unknown field \"spec.replicaCount\""}]}`,
			fleet.KindInvalid, `strict checking finds unknown field "spec.replicaCount"`, nothingWritten},
		{"wrong type", 422, `"reason":"Invalid","message":"x","details":{"causes":[{"field":"patch",` +
			`"message":"Invalid value: \"{\\\"token\\\":\\\"hf_12345\\\"}\": json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"}]}`,
			fleet.KindInvalid, ": json: cannot unmarshal string", nothingWritten},
		{"values", 422, `"reason":"Invalid","message":"x","details":{"causes":[{"field":"spec.replicas","message":"must not be negative"},` +
			`{"field":"b","message":"c"},{"field":"d","message":"e"},{"field":"f","message":"g"}]}`,
			fleet.KindInvalid, "spec.replicas: must not be negative; b: c; d: e; 1 more", nothingWritten},
		{"busy", 429, `"reason":"TooManyRequests","message":"too many","details":{"retryAfterSeconds":7}`, fleet.KindRateLimited, "too many", nothingWritten},
		{"large", 413, `"reason":"RequestEntityTooLarge","message":"limit is 3145728"`, fleet.KindInvalid, "limit is 3145728", nothingWritten},
		{"broken", 500, `"reason":"InternalError","message":"etcdserver: leader changed"`, fleet.KindServer, "leader changed", unclear},
		{"slow", 504, `"reason":"Timeout","message":"request did not complete"`, fleet.KindServer, "did not complete", unclear},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newShelf(t).with(chatPath, chatJSON)
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					w.WriteHeader(c.code)
					_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","code":%d,%s}`, c.code, c.status)
				}
				return r.Method == http.MethodPatch
			}
			err := s.writes().Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", false)
			if fleet.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), c.next) ||
				strings.Contains(err.Error(), "hf_") || !fleet.IsClean(fleet.Sentence(err).String()) {
				t.Errorf("got %v", err)
			}
			if n := len(s.sent()); n != 1 {
				t.Errorf("sent %d times", n)
			}
			if c.what == "busy" && fleet.RetryAfter(err) != 7*time.Second {
				t.Errorf("retry after %s", fleet.RetryAfter(err))
			}
		})
	}
}

// A patch that the server cannot apply though nobody touched the object is no conflict, and not repeated for ever.
func TestAPatchThatCannotBeApplied(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			fail(w, 422, "Invalid", "the server rejected our request due to an error in our request")
		}
		return r.Method == http.MethodPatch
	}
	err := s.writes().Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", false)
	if fleet.KindOf(err) != fleet.KindInvalid || len(s.sent()) != 2 {
		t.Errorf("%d tries: %v", len(s.sent()), err)
	}
}

// What is not known is said: a connection that breaks before the answer leaves open whether the write was made.
func TestAnAnswerThatDoesNotCome(t *testing.T) {
	s := newShelf(t).with(chatPath, chatJSON)
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPatch {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	w, write := s.writes(), chatWrite(to("/spec/replicas", "4", "5"))
	if err := w.Write(t.Context(), write, "c", false); fleet.KindOf(err) != fleet.KindUnreachable || !strings.Contains(err.Error(), unclear) {
		t.Errorf("got %v", err)
	}
	if err := w.Write(t.Context(), write, "c", true); fleet.KindOf(err) != fleet.KindUnreachable || !strings.Contains(err.Error(), nothingWritten) {
		t.Errorf("a rehearsal: %v", err)
	}
	s.Close()
	if err := w.Write(t.Context(), write, "c", false); fleet.KindOf(err) != fleet.KindUnreachable || !strings.Contains(err.Error(), nothingWritten) {
		t.Errorf("nobody there: %v", err)
	}
}

// A write that never left is told from one whose answer is missing.
func TestAWriteThatNeverLeft(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	set, err := newSettings(fleet.SourceSpec{ID: "kube", URL: "http://" + address}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	a := attempt{op: "change it", writer: &objectWriter{access{set: set}}}
	if _, err := a.send(t.Context(), http.MethodPatch, "/x", "application/json", nil); fleet.KindOf(err) != fleet.KindUnreachable || !strings.Contains(err.Error(), nothingWritten) {
		t.Errorf("got %v", err)
	}
}

func TestAClusterWhoseCertificateIsNotVerifiedIsNotWritten(t *testing.T) {
	a := newTLSAPI(t)
	a.set("deployments", deployment(4, 4, 4, 4))
	path := filepath.Join(t.TempDir(), "config")
	config := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{name: c, cluster: {server: %q, insecure-skip-tls-verify: true}}]\n"+
		"users: [{name: u, user: {token: t}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n", a.URL)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := newObjectWriter(fleet.SourceSpec{ID: "kube", Options: map[string]string{optKubeconfig: path}}, fleet.Deps{Clock: fleet.NewVirtualClock(start)})
	if err != nil {
		t.Fatal(err)
	}
	if err = w.Write(t.Context(), chatWrite(to("/spec/replicas", "4", "5")), "c", true); fleet.KindOf(err) != fleet.KindReadOnly || a.asked("") != 0 {
		t.Errorf("%d requests, %v", a.asked(""), err)
	}
}

func TestEvictions(t *testing.T) {
	const podPath, budgets = "/api/v1/namespaces/llm/pods/p", "/apis/policy/v1/namespaces/llm/poddisruptionbudgets"
	for _, c := range []struct {
		what   string
		code   int
		status string
		after  string // Retry-After
		kind   fleet.Kind
		text   string
		retry  time.Duration
	}{
		{what: "allowed", code: 201, status: `"status":"Success"`},
		{"no room", 429, `"status":"Failure","reason":"TooManyRequests","message":"Cannot evict pod as it would violate the pod's disruption budget.",` +
			`"details":{"causes":[{"reason":"DisruptionBudget","message":"The disruption budget chat needs 3 healthy pods and has 3 currently"}]}`, "",
			fleet.KindBlocked, ": the disruption budget chat needs 3 healthy pods and has 3 currently; the pod stays; ask again once", 0},
		{"not counted yet", 429, `"status":"Failure","reason":"TooManyRequests","message":"Cannot evict pod",` +
			`"details":{"retryAfterSeconds":10,"causes":[{"reason":"DisruptionBudget","message":"The disruption budget chat is still being processed by the server."}]}`, "10",
			fleet.KindBlocked, "the disruption budget chat is still being processed by the server; the pod stays; ask again in 10s", 10 * time.Second},
		{"server is busy", 429, `"status":"Failure","reason":"TooManyRequests","message":"too many requests"`, "1", fleet.KindRateLimited, "too many requests", time.Second},
		{"two budgets", 500, `"status":"Failure","message":"This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."`, "",
			fleet.KindBlocked, "it has more than one disruption budget (chat allows 1, gpus allows 0), and the server evicts no such pod", 0},
		{"negative", 403, `"status":"Failure","reason":"Forbidden","message":"poddisruptionbudget.policy \"chat\" is forbidden: pdb disruptions allowed is negative",` +
			`"details":{"name":"chat","group":"policy","kind":"poddisruptionbudget"}`, "", fleet.KindBlocked, "the disruption budget chat cannot be counted: pdb disruptions allowed is negative", 0},
		{"no right", 403, `"status":"Failure","reason":"Forbidden","message":"pods \"p\" is forbidden: User \"eve\" cannot create resource \"pods/eviction\"","details":{"kind":"pods","name":"p"}`, "",
			fleet.KindAuth, "ask for the verb create on pods/eviction", 0},
		{"another pod", 409, `"status":"Failure","reason":"Conflict","message":"the UID in the precondition does not match"`, "", fleet.KindConflict, "the pod is another one by now", 0},
		{"gone meanwhile", 404, `"status":"Failure","reason":"NotFound","message":"pods \"p\" not found","details":{"name":"p","kind":"pods"}`, "", fleet.KindNotFound, "not found", 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newShelf(t).with(podPath, `{"metadata":{"name":"p","uid":"p1","labels":{"app":"chat","gpu":"yes"}}}`)
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case r.URL.Path == budgets:
					_, _ = io.WriteString(w, `{"items":[{"metadata":{"name":"gpus"},"spec":{"selector":{"matchLabels":{"gpu":"yes"}}}},
						{"metadata":{"name":"other"},"spec":{"selector":{"matchLabels":{"gpu":"no"}}}},
						{"metadata":{"name":"chat"},"spec":{"selector":{"matchLabels":{"app":"chat"}}},"status":{"disruptionsAllowed":1}}]}`)
				case r.Method == http.MethodPost:
					if c.after != "" {
						w.Header().Set("Retry-After", c.after)
					}
					w.WriteHeader(c.code)
					_, _ = fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","code":%d,%s}`, c.code, c.status)
				default:
					return false
				}
				return true
			}
			err := s.writes().Write(t.Context(), eviction("p", "p1"), "c", false)
			if fleet.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.text) || fleet.RetryAfter(err) != c.retry {
				t.Errorf("got %v", err)
			}
			const want = `{"apiVersion":"policy/v1","deleteOptions":{"preconditions":{"uid":"p1"}},"kind":"Eviction","metadata":{"name":"p","namespace":"llm"}}`
			if sent := s.sent(); len(sent) != 1 || sent[0] != want {
				t.Errorf("sent %s", sent)
			}
		})
	}
}

// The server takes a disruption off the budget before it looks at the UID, so another pod is not even asked for.
func TestAnotherPodIsNotEvicted(t *testing.T) {
	s := newShelf(t).with("/api/v1/namespaces/llm/pods/p", `{"metadata":{"name":"p","uid":"p2"}}`)
	if err := s.writes().Write(t.Context(), eviction("p", "p1"), "c", false); fleet.KindOf(err) != fleet.KindConflict || len(s.sent()) != 0 {
		t.Errorf("sent %s, %v", s.sent(), err)
	}
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
		}
		return r.Method == http.MethodPost
	}
	if err := s.writes().Write(t.Context(), eviction("p", "p2"), "c", true); err != nil {
		t.Error(err)
	}
	if sent := s.sent(); len(sent) != 1 || !strings.Contains(sent[0], `"dryRun":["All"]`) || s.last().URL.RawQuery != "" {
		t.Errorf("sent %s to %s", sent, s.last().URL)
	}
}

// Whatever fields a write sets, the object stands after it, and after its inverse it stands before it.
func TestWritesAndTheirInverses(t *testing.T) {
	values := []string{"", `1`, `1.50`, `"a<b"`, `true`, `{"x":1}`, `[1,"2",null]`}
	names := []string{"a", "b/c", "~", "é"}
	s := newShelf(t)
	w, o := s.writes(), s.reads()
	rapid.Check(t, func(t *rapid.T) {
		object, spec := map[string]any{"metadata": map[string]any{"uid": "u1"}}, map[string]any{}
		var fields []fleet.Field
		for _, outer := range names {
			inner := map[string]any{}
			for _, name := range names {
				before, after := rapid.SampledFrom(values).Draw(t, "before"), rapid.SampledFrom(values).Draw(t, "after")
				if before != "" {
					inner[name] = json.RawMessage(before)
				}
				fields = append(fields, to(pointerOf([]string{"spec", outer, name}), before, after))
			}
			if len(inner) > 0 {
				spec[outer] = inner
			}
		}
		object["spec"] = spec
		body, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		s.with(chatPath, string(body))
		write := chatWrite(fields...)
		back, _ := write.Inverse()
		for _, each := range []fleet.ObjectWrite{write, back} {
			if stands, err := o.Stand(t.Context(), each); err != nil || stands == fleet.StandsForeign {
				t.Fatalf("it stands %q, %v", stands, err)
			} else if stands == fleet.StandsAfter {
				continue // nothing changes
			}
			if err := w.Write(t.Context(), each, "", false); err != nil {
				t.Fatalf("%v on %s", err, s.object(chatPath))
			}
			if stands, err := o.Stand(t.Context(), each); err != nil || stands != fleet.StandsAfter {
				t.Fatalf("it stands %q, %v: %s", stands, err, s.object(chatPath))
			}
		}
	})
}
