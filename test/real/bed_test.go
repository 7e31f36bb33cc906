//go:build real

package real_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"pitwall/backends/sim"
	"pitwall/fleet"
	"pitwall/test/servers"
)

// bedKey opens nothing but the test bed.
const bedKey = "sk-test-bed-not-a-secret"

// bed is two replicas of a real LiteLLM, each with a file of its own, in front of two simulated engines.
type bed struct {
	dir      string
	Key      string
	B200     string   // base URLs of the engines
	H100     string   //
	Failing  string   // base URL of a server that fails every request
	Gateways []string // base URLs of the replicas
	Files    []string // their configuration files
	Reload   string
}

// newBed starts engines and proxies, and waits until these answer.
func newBed(t *testing.T) *bed {
	t.Helper()
	litellm := litellmProgram(t)
	engines, err := sim.Listen(context.Background(), sim.Options{Clock: fleet.SystemClock{}, Mode: fleet.ModeLive,
		Engines: map[string]string{"h100-b": "vllm"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engines.Close() })
	b := &bed{dir: t.TempDir(), Key: bedKey, B200: engines.URL("b200-a-r1"), H100: engines.URL("h100-b-r1")}
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": {"message": "out of order", "type": "server_error"}}`, http.StatusInternalServerError)
	}))
	t.Cleanup(failing.Close)
	b.Failing = failing.URL
	b.Reload = filepath.Join(b.dir, "reload.sh")
	script, err := os.ReadFile("testdata/reload.sh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.Reload, script, 0o700)
	env := fmt.Sprintf("LITELLM='%s'\n", litellm)
	for n := 1; n <= 2; n++ {
		port := freePort(t)
		env += fmt.Sprintf("PORT_%d=%d\n", n, port)
		b.Gateways = append(b.Gateways, fmt.Sprintf("http://127.0.0.1:%d", port))
		home := filepath.Join(b.dir, "replica-"+strconv.Itoa(n))
		if err := os.Mkdir(home, 0o700); err != nil {
			t.Fatal(err)
		}
		b.Files = append(b.Files, filepath.Join(home, "config.yaml"))
		write(t, b.Files[n-1], fill(t, "testdata/litellm.yaml", b), 0o600)
	}
	write(t, filepath.Join(b.dir, "bed.env"), []byte(env), 0o600)
	t.Cleanup(func() { b.stop(t) })
	for n := 1; n <= 2; n++ {
		if out, err := exec.Command(b.Reload, strconv.Itoa(n)).CombinedOutput(); err != nil {
			t.Fatalf("start replica %d: %v\n%s", n, err, out)
		}
	}
	begin := time.Now()
	for _, url := range b.Gateways {
		until(t, 2*time.Minute, url+" answers", func() bool { return alive(url) })
	}
	t.Logf("both replicas of %s answer after %s", filepath.Base(litellm), time.Since(begin).Round(100*time.Millisecond))
	return b
}

// litellmProgram is where run.sh installed it.
func litellmProgram(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PITWALL_TEST_LITELLM"); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "pitwall-test", "litellm", "bin", "litellm")
	if _, err := os.Stat(path); err != nil {
		lacks(t, "no LiteLLM at "+path+"; make test-real installs it")
	}
	return path
}

func alive(url string) bool {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get(url + "/health/liveliness")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// stop ends the proxies, each by the id that the reload script wrote down.
func (b *bed) stop(t *testing.T) {
	for n := range b.Gateways {
		name := filepath.Join(b.dir, fmt.Sprintf("replica-%d", n+1))
		text, err := os.ReadFile(name + ".pid")
		if err != nil {
			continue
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 {
			_ = syscall.Kill(-pid, syscall.SIGKILL) // the script makes it the leader of its own group
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if t.Failed() {
			t.Logf("end of the log of replica %d:\n%s", n+1, tail(name+".log", 2000))
		}
	}
}

func tail(path string, size int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-size):])
}

// operator is pitwall with a configuration of this bed.
func (b *bed) operator(t *testing.T, name string, change func(*bed)) program {
	t.Helper()
	mine := *b
	if change != nil {
		change(&mine)
	}
	path := filepath.Join(b.dir, name+".yaml")
	write(t, path, fill(t, "testdata/pitwall.yaml", &mine), 0o600)
	return program{flags: []string{"--config", path, "--state-dir", filepath.Join(b.dir, name+"-state")},
		environ: []string{"BED_KEY=" + bedKey}}
}

func fill(t *testing.T, file string, with any) []byte {
	t.Helper()
	page, err := template.ParseFiles(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, with); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func write(t *testing.T, path string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
}

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	ports, err := servers.FreePorts(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return ports[0]
}
