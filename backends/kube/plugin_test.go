package kube

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bytes"

	"pitwall/fleet"
)

// kubeconfig writes one with a credential plugin that is a shell script.
func kubeconfig(t *testing.T, server, authority, script string) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "plugin")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "config")
	text := `apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster: {server: "` + server + `", certificate-authority-data: "` + authority + `"}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: llm}
- name: two
  context: {cluster: c, user: u}
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: ./plugin
      args: ["x"]
      env: [{name: PLUGIN_SAYS, value: hello}]
      interactiveMode: IfAvailable
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func answer(status string) string {
	return `printf '%s\n' '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{` + status + `}}'` + "\n"
}

func pluginSettings(t *testing.T, path string, log *slog.Logger) settings {
	t.Helper()
	s, err := newSettings(fleet.SourceSpec{ID: "kube", Options: map[string]string{"kubeconfig": path}},
		fleet.Deps{Clock: fleet.NewVirtualClock(start), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestACredentialPlugin(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         string // of the error; "" for none
	}{
		{"gives a token", answer(`"token":"t1"`), ""},
		{"prints around its answer", "echo Signing in...; echo oops >&2\n" + answer(`"token":"t1"`), ""},
		{"wants the terminal", "if (: >/dev/tty) 2>/dev/null; then exit 9; fi\n" + answer(`"token":"t1"`), ""},
		{"is told what client-go tells", `case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 8;; esac` + "\n" +
			`[ "$PLUGIN_SAYS" = hello ] && [ "$1" = x ] || exit 7` + "\n" + answer(`"token":"t1"`), ""},
		{"fails", "printf 'token has expired,\\n run: login \\033[31m now\\n' >&2; exit 3\n", "it failed: run: login"},
		{"says nothing", "exit 0\n", "its answer is not JSON"},
		{"gives nothing", answer(``), "neither a token nor a certificate"},
		{"gives half a pair", answer(`"token":"t1","clientCertificateData":"x"`), "only one of certificate and key"},
		{"speaks another version", `echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"t1"}}'`, "answered in version"},
		{"prints without end", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done | head -c 3000000\n", "more than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newTLSAPI(t)
			a.with(func(a *api) { a.token = "t1" })
			var log bytes.Buffer
			conn, err := pluginSettings(t, kubeconfig(t, a.URL, a.authority(), c.script), slog.New(slog.NewTextHandler(&log, nil))).open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = conn.pulse(t.Context())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || fleet.KindOf(err) != fleet.KindAuth) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if cause := fleet.Cause(err).String(); c.want != "" && !strings.Contains(cause, "the plugin plugin: ") {
				t.Errorf("beside its context's name alone, nothing says what failed: %q", cause)
			}
			if strings.Contains(log.String(), "t1") {
				t.Errorf("the token is in the log: %s", log.String())
			}
		})
	}
}

func TestAPluginThatHangsIsStoppedWithItsChildren(t *testing.T) {
	a := newTLSAPI(t)
	mark := filepath.Join(t.TempDir(), "child")
	conn, err := pluginSettings(t, kubeconfig(t, a.URL, a.authority(), "sleep 600 & echo $! >"+mark+"\nwait\n"), nil).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := contextOf(t)
	go func() {
		for { // its child is there: it hangs
			if b, err := os.ReadFile(mark); err == nil && len(b) > 1 {
				cancel()
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if _, err = conn.pulse(ctx); err == nil {
		t.Fatal("no error")
	}
	pid, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 { // until the process is reaped
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the child of the plugin is still there")
}

func TestAnExpiredTokenIsRenewed(t *testing.T) {
	a := newTLSAPI(t)
	count := filepath.Join(t.TempDir(), "n")
	script := "echo x >>" + count + "\n" + answer(`"token":"t1","expirationTimestamp":"2026-11-25T12:10:00Z"`)
	clock := fleet.NewVirtualClock(start)
	set := pluginSettings(t, kubeconfig(t, a.URL, a.authority(), script), nil)
	set.deps.Clock = clock
	conn, err := set.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runs := func() int {
		b, _ := os.ReadFile(count)
		return strings.Count(string(b), "x")
	}
	pulse := func() {
		t.Helper()
		if _, err := conn.pulse(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	pulse()
	pulse()
	if runs() != 1 {
		t.Errorf("run %d times for two requests", runs())
	}
	if err := clock.Advance(t.Context(), 9*time.Minute+55*time.Second); err != nil {
		t.Fatal(err)
	}
	pulse()
	if runs() != 2 {
		t.Errorf("run %d times: a token is renewed before it expires", runs())
	}
	a.with(func(a *api) { a.token = "t2" })
	if _, err := conn.pulse(t.Context()); fleet.KindOf(err) != fleet.KindAuth {
		t.Errorf("got %v", err)
	}
	a.with(func(a *api) { a.token = "t1" })
	pulse()
	if runs() != 3 {
		t.Errorf("run %d times: a token that was refused is asked for again", runs())
	}
}

func TestACertificateOfAPlugin(t *testing.T) {
	a := newTLSAPI(t)
	var shown []string
	a.page = func(_ http.ResponseWriter, r *http.Request) bool {
		for _, c := range r.TLS.PeerCertificates {
			shown = append(shown, c.Subject.CommonName)
		}
		return false
	}
	cert, key := pair(t, "ann")
	conn, err := pluginSettings(t, kubeconfig(t, a.URL, a.authority(),
		answer(`"clientCertificateData":"`+cert+`","clientKeyData":"`+key+`"`)), nil).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err = conn.pulse(t.Context()); err != nil || len(shown) != 1 || shown[0] != "ann" {
		t.Errorf("%v, the server saw %q", err, shown)
	}
}

// pair makes a certificate and its key, as they stand inside of a JSON string that a shell echoes.
func pair(t *testing.T, name string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<34, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pk, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	inline := func(kind string, b []byte) string {
		return strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})), "\n", `\n`)
	}
	return inline("CERTIFICATE", der), inline("EC PRIVATE KEY", pk)
}

func TestPluginsThatCannotWork(t *testing.T) {
	path := kubeconfig(t, "https://127.0.0.1:1", "", "")
	for from, to := range map[string]string{"IfAvailable": "Always", "k8s.io/v1": "k8s.io/v1alpha1", "./plugin": "./absent"} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(filepath.Dir(path), "other")
		if err := os.WriteFile(other, bytes.Replace(b, []byte(from), []byte(to), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		conn, err := pluginSettings(t, other, nil).open(t.Context())
		if err == nil {
			_, err = conn.pulse(t.Context())
		}
		if err == nil || !fleet.IsClean(err.Error()) {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestContextsOfAKubeconfig(t *testing.T) {
	path := kubeconfig(t, "https://10.0.0.1:6443", "", "")
	list, err := Contexts(path)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if list[0] != (Context{Name: "one", Cluster: "c", Server: "https://10.0.0.1:6443", Namespace: "llm", Current: true}) || list[1].Current {
		t.Errorf("%+v", list)
	}
	second := filepath.Join(t.TempDir(), "second")
	if err := os.WriteFile(second, []byte("apiVersion: v1\nkind: Config\ncurrent-context: three\ncontexts:\n- {name: three, context: {cluster: x}}\n- {name: one, context: {cluster: other}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", "/nowhere/config:"+path+":"+second)
	list, err = Contexts("")
	if err != nil || len(list) != 3 || !list[0].Current || list[0].Cluster != "c" {
		t.Errorf("%+v, %v: the first file to name a thing wins", list, err)
	}
	if list, err = Contexts(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Errorf("a file that is not there gave %v", list)
	}
	if err := os.WriteFile(second, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err = Contexts(second); fleet.KindOf(err) != fleet.KindInvalid || !fleet.IsClean(err.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, options := range []map[string]string{{"contxt": "x"}, {"conditions": "x"}} {
		if _, err := NewWatcher(fleet.SourceSpec{Options: options}, fleet.Deps{}); fleet.KindOf(err) != fleet.KindInvalid {
			t.Errorf("%v: %v", options, err)
		}
	}
	if _, err := NewWatcher(fleet.SourceSpec{URL: "http://x", Options: map[string]string{"context": "x"}}, fleet.Deps{}); err == nil {
		t.Error("both a url and a context were taken")
	}
}
