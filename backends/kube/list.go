package kube

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"pitwall/fleet"
)

// maxPages bounds a server that always has one more.
const maxPages = 2000

// request is a read of the kind in the present scope, never repeated by client-go itself: its waits are not on our clock.
func (f *follower) request(c *conn, opt metav1.ListOptions) (*rest.Request, error) {
	group, err := c.group(f.version)
	if err != nil {
		return nil, err
	}
	namespace := f.scope.namespace(f.plural)
	r := group.Get().NamespaceIfScoped(namespace, f.namespaced && namespace != "").Resource(f.plural).MaxRetries(0)
	for name, value := range parameters(opt) {
		r = r.Param(name, value)
	}
	return r, nil
}

// parameters are written by hand: the codec for them lives with the typed clients.
func parameters(opt metav1.ListOptions) map[string]string {
	p := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			p[name] = value
		}
	}
	set("resourceVersion", opt.ResourceVersion)
	set("resourceVersionMatch", string(opt.ResourceVersionMatch))
	set("continue", opt.Continue)
	if opt.Limit > 0 {
		set("limit", strconv.FormatInt(opt.Limit, 10))
	}
	if opt.Watch {
		set("watch", "true")
		set("allowWatchBookmarks", strconv.FormatBool(opt.AllowWatchBookmarks))
	}
	if opt.TimeoutSeconds != nil {
		set("timeoutSeconds", strconv.FormatInt(*opt.TimeoutSeconds, 10))
	}
	if opt.SendInitialEvents != nil {
		set("sendInitialEvents", strconv.FormatBool(*opt.SendInitialEvents))
	}
	return p
}

func (f *follower) get(ctx context.Context, c *conn, opt metav1.ListOptions) (watch.Interface, error) {
	r, err := f.request(c, opt)
	if err != nil {
		return nil, err
	}
	return r.Watch(ctx)
}

// listPages lists page by page, so that no more than one page is ever held, and returns the version of the list.
func (f *follower) listPages(ctx context.Context, task fleet.Task, c *conn) (string, error) {
	seen := map[key]struct{}{}
	opt := metav1.ListOptions{Limit: f.pageSize()}
	for range maxPages {
		list := f.list()
		var err error
		task.Idle(func() { err = f.page(ctx, c, opt, list) })
		if errors.Is(err, errTooLong) && !f.heavy {
			f.heavy = true
			opt.Limit = f.pageSize()
			continue
		}
		if err != nil {
			if err = f.failure(ctx, c, err); errors.Is(err, errExpired) && opt.Continue != "" {
				return "", errExpired // the pages took longer than the server remembers
			}
			return "", err
		}
		f.line.alive()
		version, next, err := f.takePage(list, seen)
		if err != nil {
			return "", f.failure(ctx, c, err)
		}
		if next == "" {
			f.finish(seen)
			return version, nil
		}
		opt.Continue = next
	}
	return "", c.fail(fleet.KindInvalid, "list "+f.plural, "the list has no end", "", nil)
}

// pageSize is smaller once a page of the usual size was too long.
func (f *follower) pageSize() int64 {
	if f.heavy {
		return pageSize / 10
	}
	return pageSize
}

func (f *follower) page(ctx context.Context, c *conn, opt metav1.ListOptions, list runtime.Object) error {
	ctx, cancel := context.WithTimeout(ctx, pageWithin)
	defer cancel()
	r, err := f.request(c, opt)
	if err != nil {
		return err
	}
	return r.Do(ctx).Into(list)
}

// takePage takes the objects of a page in the order of the rows, which need not be the server's: rows are then added at
// the end, where nothing has to make room.
func (f *follower) takePage(list runtime.Object, seen map[key]struct{}) (version, next string, err error) {
	m, err := meta.ListAccessor(list)
	if err != nil {
		return "", "", err
	}
	type item struct {
		object runtime.Object
		meta   metav1.Object
	}
	var items []item
	err = meta.EachListItem(list, func(o runtime.Object) error {
		m, err := meta.Accessor(o)
		if err == nil && m.GetName() != "" {
			items = append(items, item{o, m})
		}
		return err
	})
	if err != nil {
		return "", "", err
	}
	slices.SortFunc(items, func(a, b item) int { return keyOfMeta(a.meta).compare(keyOfMeta(b.meta)) })
	for _, each := range items {
		f.apply(watch.Event{Type: watch.Added, Object: each.object}, each.meta, seen)
	}
	return m.GetResourceVersion(), m.GetContinue(), nil
}

func keyOfMeta(m metav1.Object) key { return key{m.GetNamespace(), m.GetName()} }
