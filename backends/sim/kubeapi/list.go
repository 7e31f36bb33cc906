package kubeapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metascheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// options reads and judges the options of a list or a watch.
func (c *call) options() (*internalversion.ListOptions, error) {
	o := &internalversion.ListOptions{}
	if err := metascheme.ParameterCodec.DecodeParameters(c.r.URL.Query(), metav1.SchemeGroupVersion, o); err != nil {
		return nil, badRequest(err.Error())
	}
	kind := schema.GroupKind{Group: metav1.GroupName, Kind: "ListOptions"}
	if errs := validation.ValidateListOptions(o, true); len(errs) > 0 {
		return nil, apierrors.NewInvalid(kind, "", errs)
	}
	if o.SendInitialEvents != nil && *o.SendInitialEvents && !o.AllowWatchBookmarks {
		return nil, apierrors.NewInvalid(kind, "", field.ErrorList{field.Forbidden(field.NewPath("sendInitialEvents"),
			"sendInitialEvents needs allowWatchBookmarks, since a bookmark ends the initial events")})
	}
	return o, nil
}

// list answers a list, whole or in pages; the pages of one list are all of the same revision.
func (s *Server) list(c *call) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	sel, err := c.selection(o)
	if err != nil {
		return err
	}
	rows, rev, err := s.rowsFor(c, o)
	if err != nil {
		return err
	}
	if o.Limit < 0 {
		o.Limit = 0
	}
	lm := metav1.ListMeta{ResourceVersion: version(rev)}
	if sel.all() && o.Limit > 0 && int64(len(rows)) > o.Limit {
		left := int64(len(rows)) - o.Limit
		lm.RemainingItemCount = &left
	}
	rows = sel.of(rows)
	if o.Limit > 0 && int64(len(rows)) > o.Limit {
		rows = rows[:o.Limit]
		lm.Continue = token(rev, rows[len(rows)-1].key)
	}
	out, err := s.listed(c, rows, lm)
	if err != nil {
		return err
	}
	c.f.respond(c.w, http.StatusOK, out)
	return nil
}

// listed is a list in the form that the client wants.
func (s *Server) listed(c *call, rows []*row, lm metav1.ListMeta) (runtime.Object, error) {
	switch {
	case c.f.table:
		objects := make([]runtime.Object, 0, len(rows))
		for _, r := range rows {
			objects = append(objects, r.obj)
		}
		return s.table(c, objects, lm, true), nil
	case c.f.metadata:
		return partialList(rows, lm), nil
	}
	return listOf(c.res, rows, lm)
}

// rowsFor finds the rows that a list starts with and their revision.
func (s *Server) rowsFor(c *call, o *internalversion.ListOptions) ([]*row, uint64, error) {
	if o.Continue != "" {
		return s.nextPage(c, o)
	}
	asked, err := revision(o.ResourceVersion)
	if err != nil {
		return nil, 0, err
	}
	if o.ResourceVersionMatch == metav1.ResourceVersionMatchExact {
		rows, ok := s.o.Store.at(c.t, c.namespace, asked)
		switch now := s.o.Store.Revision(); {
		case asked > now:
			return nil, 0, tooNew(asked, now)
		case !ok:
			return nil, 0, expired("The resourceVersion for the provided list is too old.")
		}
		return rows, asked, nil
	}
	rows, now := s.o.Store.current(c.t, c.namespace)
	if asked > now {
		return nil, 0, tooNew(asked, now)
	}
	return rows, now, nil
}

// nextPage goes on with a list at the revision of its first page. Where that is forgotten, the refusal carries a token
// that goes on with what is there now.
func (s *Server) nextPage(c *call, o *internalversion.ListOptions) ([]*row, uint64, error) {
	if o.ResourceVersion != "" {
		return nil, 0, badRequest("specifying resource version is not allowed when using continue")
	}
	rev, last, err := readToken(o.Continue)
	if err != nil {
		return nil, 0, badRequest("continue key is not valid: " + err.Error())
	}
	var rows []*row
	if rev == anyRevision {
		rows, rev = s.o.Store.current(c.t, c.namespace)
	} else if past, ok := s.o.Store.at(c.t, c.namespace, rev); ok {
		rows = past
	} else {
		err := apierrors.NewResourceExpired("The provided continue parameter is too old to display a consistent list result. " +
			"You can start a new list without the continue parameter, or use the continue token in this response to " +
			"retrieve the remainder of the results.")
		err.ErrStatus.Continue = token(anyRevision, last)
		return nil, 0, err
	}
	i, found := slices.BinarySearchFunc(rows, last, func(r *row, k string) int { return strings.Compare(r.key, k) })
	if found {
		i++
	}
	return rows[i:], rev, nil
}

// anyRevision in a token goes on with the present.
const anyRevision = 0

func revision(s string) (uint64, error) {
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, apierrors.NewBadRequest("invalid resource version " + strconv.Quote(s))
	}
	return v, nil
}

// mark is what a continue token holds.
type mark struct {
	Version string `json:"v"`
	Rev     uint64 `json:"rv"`
	Start   string `json:"start"`
}

func token(rev uint64, last string) string {
	b, err := json.Marshal(mark{Version: "meta.k8s.io/v1", Rev: rev, Start: last + "\x00"})
	if err != nil {
		return "" // strings and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func readToken(s string) (rev uint64, last string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return 0, "", err
	}
	var m mark
	if err := json.Unmarshal(b, &m); err != nil {
		return 0, "", err
	}
	return m.Rev, strings.TrimSuffix(m.Start, "\x00"), nil
}

// listOf builds the typed list. Members bear no kind of their own, as in the real lists of built-in kinds.
func listOf(res *Resource, rows []*row, lm metav1.ListMeta) (runtime.Object, error) {
	if res.Custom {
		u := &unstructured.UnstructuredList{}
		u.SetGroupVersionKind(res.listGVK())
		u.SetResourceVersion(lm.ResourceVersion)
		u.SetContinue(lm.Continue)
		u.SetRemainingItemCount(lm.RemainingItemCount)
		for _, r := range rows {
			if one, ok := r.obj.(*unstructured.Unstructured); ok {
				u.Items = append(u.Items, *one)
			}
		}
		return u, nil
	}
	list, err := served().scheme.New(res.listGVK())
	if err != nil {
		return nil, err
	}
	ptr, err := meta.GetItemsPtr(list)
	if err != nil {
		return nil, err
	}
	items := reflect.ValueOf(ptr).Elem()
	fresh := reflect.MakeSlice(items.Type(), len(rows), len(rows))
	for i, r := range rows {
		fresh.Index(i).Set(reflect.ValueOf(res.shown(r.obj)).Elem())
	}
	items.Set(fresh)
	acc, err := meta.ListAccessor(list)
	if err != nil {
		return nil, err
	}
	acc.SetResourceVersion(lm.ResourceVersion)
	acc.SetContinue(lm.Continue)
	acc.SetRemainingItemCount(lm.RemainingItemCount)
	list.GetObjectKind().SetGroupVersionKind(res.listGVK())
	return list, nil
}

func partialList(rows []*row, lm metav1.ListMeta) runtime.Object {
	list := &metav1.PartialObjectMetadataList{ListMeta: lm, Items: make([]metav1.PartialObjectMetadata, 0, len(rows))}
	list.SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadataList"))
	for _, r := range rows {
		if p, ok := partial(r.obj).(*metav1.PartialObjectMetadata); ok {
			list.Items = append(list.Items, *p)
		}
	}
	return list
}
