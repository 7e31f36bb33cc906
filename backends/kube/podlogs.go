package kube

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/fleet"
)

// Bounds of a log.
const (
	defaultTail = 500
	maxTail     = 10_000
	maxLogLine  = 4 << 10 // bytes of one line; the rest of it is dropped
)

// Logs implements fleet.Inspector for pods. It holds one line at a time, and ends without an error when ctx does.
func (i *inspector) Logs(ctx context.Context, o fleet.ObjectRef, opt fleet.LogOptions, line func(fleet.Safe)) error {
	op := "read the log of " + o.Namespace + "/" + o.Name
	if o.Kind != "Pod" && o.Kind != "" {
		return i.noLog(op, o.Kind)
	}
	o.Kind = "Pod"
	if o.Container == "" {
		var p corev1.Pod
		if err := i.object(ctx, o, &p); err != nil {
			return quiet(ctx, err)
		}
		o.Container = talker(&p)
	}
	path, err := i.path(o)
	if err != nil {
		return err
	}
	c, err := i.open(ctx)
	if err != nil {
		return quiet(ctx, err)
	}
	resp, err := c.get(ctx, path+"/log?"+logQuery(o.Container, opt), "text/plain, application/json, */*")
	if err != nil {
		return quiet(ctx, c.failure(ctx, op, err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if resp.StatusCode == http.StatusUnauthorized {
			i.forget(c)
		}
		return c.refusal(op, resp, body)
	}
	if err := eachLine(resp.Body, line); err != nil {
		return quiet(ctx, c.failure(ctx, op, err))
	}
	return nil
}

// quiet drops an error that only says that nobody wants more.
func quiet(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return err
}

func logQuery(container string, opt fleet.LogOptions) string {
	tail := opt.Tail
	if tail <= 0 {
		tail = defaultTail
	}
	q := url.Values{"container": {container}, "tailLines": {strconv.Itoa(min(tail, maxTail))}}
	if opt.Follow {
		q.Set("follow", "true")
	}
	if opt.Previous {
		q.Set("previous", "true")
	}
	return q.Encode()
}

// eachLine delivers lines as they come. One that is too long is cut and marked; it never fills the memory.
func eachLine(r io.Reader, line func(fleet.Safe)) error {
	in := bufio.NewReaderSize(r, maxLogLine)
	for {
		text, err := in.ReadSlice('\n')
		cut := errors.Is(err, bufio.ErrBufferFull)
		if len(text) > 0 {
			s := string(text)
			if cut {
				s += "~"
			}
			line(logLine(s))
		}
		for cut {
			_, err = in.ReadSlice('\n')
			cut = errors.Is(err, bufio.ErrBufferFull)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// logLine makes one line safe. A carriage return is how progress bars draw over themselves: only the end is new.
func logLine(s string) fleet.Safe {
	lines := fleet.Block(lastDraw(s), 1)
	if len(lines) == 0 {
		return fleet.Safe{}
	}
	return lines[0]
}

func lastDraw(s string) string {
	s = strings.TrimRight(s, "\r\n")
	return s[strings.LastIndexByte(s, '\r')+1:]
}
