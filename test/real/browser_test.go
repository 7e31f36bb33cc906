//go:build real

package real_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// browser is a headless Chromium, spoken to by its debugging protocol over two pipes: messages of JSON that end with a zero byte.
type browser struct {
	to      *os.File
	from    *bufio.Reader
	session string
	last    int
	asked   []string // addresses that pages wanted, in order
}

// wire is a message of either direction.
type wire struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// newBrowser starts one with an empty page, whose requests are told. It ends with the test.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := os.Getenv("PITWALL_TEST_BROWSER")
	if path == "" {
		lacks(t, "no browser: PITWALL_TEST_BROWSER names none (run.sh sets it)")
	}
	ours, theirs := pipe(t), pipe(t)
	cmd := exec.CommandContext(t.Context(), path, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
		"--no-first-run", "--disable-background-networking", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{ours.read, theirs.write}
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Debian's program is a script: its child must end too
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel, cmd.WaitDelay = end, 5*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = ours.read.Close(), theirs.write.Close()
	t.Cleanup(func() {
		_ = end()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	b := &browser{to: ours.write, from: bufio.NewReaderSize(theirs.read, 1<<20)}
	_ = theirs.read.SetReadDeadline(time.Now().Add(time.Minute))
	var target struct {
		ID string `json:"targetId"`
	}
	b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.call(t, "Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.Session
	for _, domain := range []string{"Page.enable", "Network.enable", "Runtime.enable"} {
		b.call(t, domain, nil, nil)
	}
	return b
}

type ends struct{ read, write *os.File }

func pipe(t *testing.T) ends {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(r.Close(), w.Close()) })
	return ends{r, w}
}

// call sends a command and reads until its answer.
func (b *browser) call(t *testing.T, method string, params, into any) {
	t.Helper()
	b.last++
	id := b.last
	body, err := json.Marshal(wire{ID: id, Method: method, Session: b.session, Params: params})
	if err == nil {
		_, err = b.to.Write(append(body, 0))
	}
	if err != nil {
		t.Fatal(err)
	}
	b.until(t, func(m *wire) bool {
		if m.ID != id {
			return false
		}
		if m.Error != nil {
			t.Fatalf("%s: %s", method, m.Error)
		}
		if into != nil {
			err = json.Unmarshal(m.Result, into)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
}

// until reads messages, and notes requests, up to one that is waited for.
func (b *browser) until(t *testing.T, found func(*wire) bool) {
	t.Helper()
	for {
		body, err := b.from.ReadBytes(0)
		if err != nil {
			t.Fatalf("the browser says no more: %v", err)
		}
		var m wire
		var request struct {
			Params struct {
				Request struct{ URL string }
			}
		}
		if err := errors.Join(json.Unmarshal(body[:len(body)-1], &m), json.Unmarshal(body[:len(body)-1], &request)); err != nil {
			t.Fatal(err)
		}
		if m.Method == "Network.requestWillBeSent" {
			b.asked = append(b.asked, request.Params.Request.URL)
		}
		if found(&m) {
			return
		}
	}
}

// open loads a page in a window of some width, until it is loaded.
func (b *browser) open(t *testing.T, url string, width int) {
	t.Helper()
	b.call(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call(t, "Page.navigate", map[string]any{"url": url}, nil)
	b.until(t, func(m *wire) bool { return m.Method == "Page.loadEventFired" })
}

// value is what an expression gives in the page, as JSON.
func (b *browser) value(t *testing.T, expression string, into any) {
	t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out)
	if out.Exception != nil {
		t.Fatalf("%s: %s", expression, out.Exception)
	}
	if err := json.Unmarshal(out.Result.Value, into); err != nil {
		t.Fatal(fmt.Errorf("%s gives %s: %w", expression, out.Result.Value, err))
	}
}
