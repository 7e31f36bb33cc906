package kubesuite

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// mark is what line i of a log holds.
func mark(i, of int) string { return fmt.Sprintf("line %d of %d", i, of) }

// LogLine is a line that a starter writes for its containers.
func LogLine(i, of int) string { return mark(i, of) + " INFO: request served" }

func checkLogs(t *testing.T, c *clients) {
	t.Run("no such container", c.logsNoSuchContainer)
	t.Run("no such pod", c.logsNoSuchPod)
	t.Run("not allowed", c.logsNotAllowed)
	t.Run("bad options", c.logsBadOptions)
	if c.Log == 0 {
		return
	}
	t.Run("whole", c.logsWhole)
	t.Run("the end", c.logsTheEnd)
	t.Run("so many bytes", c.logsSoManyBytes)
	t.Run("with times", c.logsWithTimes)
	t.Run("followed", c.logsFollowed)
}

func (c *clients) logsNoSuchContainer(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	c.get(t, path+"?container=no-such").refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest,
		"container no-such is not valid for pod")
}

func (c *clients) logsNoSuchPod(t *testing.T) {
	c.get(t, c.podsPath()+"/no-such/log").refusal(t, http.StatusNotFound, metav1.StatusReasonNotFound)
}

func (c *clients) logsNotAllowed(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	c.ask(t, request{Path: path, Token: c.Tokens.Nobody, Accept: jsonType}).
		refusal(t, http.StatusForbidden, metav1.StatusReasonForbidden, `"pods/log"`)
}

func (c *clients) logsBadOptions(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	c.get(t, path+"?tailLines=-1").refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "tailLines")
	c.get(t, path+"?tailLines=x").refusal(t, http.StatusBadRequest, metav1.StatusReasonBadRequest)
	c.get(t, path+"?limitBytes=0").refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "limitBytes")
	c.get(t, path+"?sinceSeconds=0").refusal(t, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "sinceSeconds")
}

func (c *clients) logsWhole(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	a := c.get(t, path).want(t, http.StatusOK)
	lines := strings.Split(strings.TrimSuffix(string(a.Body), "\n"), "\n")
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") || len(lines) != c.Log {
		t.Fatalf("%d lines of %d: %s", len(lines), c.Log, a)
	}
	for i, line := range lines {
		if !strings.Contains(line, mark(i+1, c.Log)) {
			t.Fatalf("line %d is %q", i+1, line)
		}
	}
}

func (c *clients) logsTheEnd(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	a := c.get(t, path+"?tailLines=2&container="+pod.Spec.Containers[0].Name).want(t, http.StatusOK)
	lines := strings.Split(strings.TrimSuffix(string(a.Body), "\n"), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], mark(c.Log-1, c.Log)) || !strings.Contains(lines[1], mark(c.Log, c.Log)) {
		t.Errorf("%q", lines)
	}
}

func (c *clients) logsSoManyBytes(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	if a := c.get(t, path+"?limitBytes=10").want(t, http.StatusOK); len(a.Body) != 10 {
		t.Errorf("%d bytes: %q", len(a.Body), a.Body)
	}
}

func (c *clients) logsWithTimes(t *testing.T) {
	pod := c.pod(t)
	path := c.podsPath() + "/" + pod.Name + "/log"
	a := c.get(t, path+"?tailLines=1&timestamps=true").want(t, http.StatusOK)
	stamp, rest, _ := strings.Cut(string(a.Body), " ")
	if len(stamp) < len("2026-01-02T15:04:05Z") || !strings.Contains(stamp, "T") || !strings.Contains(rest, mark(c.Log, c.Log)) {
		t.Error(a)
	}
}

func (c *clients) logsFollowed(t *testing.T) {
	pod := c.pod(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stream := must(c.typed(t, c.Tokens.Viewer).CoreV1().Pods(c.Namespace).
		GetLogs(pod.Name, &corev1.PodLogOptions{Follow: true}).Stream(ctx))(t)
	lines := bufio.NewScanner(stream)
	for i := 1; i <= c.Log; i++ {
		if !lines.Scan() || !strings.Contains(lines.Text(), mark(i, c.Log)) {
			t.Fatalf("line %d is %q, %v", i, lines.Text(), lines.Err())
		}
	}
	if err := stream.Close(); err != nil { // the container goes on, so the stream would not end by itself
		t.Error(err)
	}
}
