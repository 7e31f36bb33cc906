package kubeapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// maxOperations is the real server's bound of a JSON patch.
const maxOperations = 10_000

// patching is one patch: its kind and body.
type patching struct {
	kind types.PatchType
	body []byte
}

// kindOfPatch tells the form of a patch. The status and the scale of an object are not applied, but merged.
func (c *call) kindOfPatch() (types.PatchType, error) {
	taken := patchTypes(c.res)
	if c.sub != "" {
		taken = slices.DeleteFunc(taken, func(k types.PatchType) bool { return k == types.ApplyYAMLPatchType })
	}
	media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if kind := types.PatchType(media); err == nil && slices.Contains(taken, kind) {
		return kind, nil
	}
	names := make([]string, 0, len(taken))
	for _, k := range taken {
		names = append(names, string(k))
	}
	return "", unsupported(strings.Join(names, ", "))
}

// readPatch takes the patch from the request.
func readPatch(c *call) (patching, error) {
	kind, err := c.kindOfPatch()
	p := patching{kind: kind}
	if err != nil {
		return p, err
	}
	if p.body, err = io.ReadAll(c.r.Body); err != nil {
		return p, tooLarge(err)
	}
	return p, nil
}

// patch changes an object.
func (s *Server) patch(c *call) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	if kind, err := c.kindOfPatch(); err == nil && kind == types.ApplyYAMLPatchType {
		set.apply = true
		return s.apply(c, set)
	}
	p, err := readPatch(c)
	if err != nil {
		return err
	}
	json := jsonFormat()
	if err := c.repeated(p, set); err != nil {
		return err
	}
	next := func(seen *row) (runtime.Object, error) {
		obj := seen.obj
		raw, err := p.apply(obj, c.res.gvk())
		if err != nil {
			return nil, err
		}
		return c.decode(json.info, raw, set)
	}
	return s.replace(c, set, next, func(obj runtime.Object) runtime.Object { return c.f.one(c.res, obj) })
}

// repeated refuses, or tells of, fields that a patch names twice: merging would hide all but the last.
func (c *call) repeated(p patching, set settings) error {
	if c.res.Custom || p.kind == types.JSONPatchType || set.validation == metav1.FieldValidationIgnore {
		return nil
	}
	into, err := c.res.object()
	if err != nil {
		return err
	}
	gvk := c.res.gvk()
	_, _, err = jsonFormat().info.StrictSerializer.Decode(p.body, &gvk, into)
	strict, ok := runtime.AsStrictDecodingError(err)
	if !ok {
		return nil // what else is wrong shows when the patch is applied
	}
	for _, one := range strict.Errors() {
		switch {
		case !strings.HasPrefix(one.Error(), "duplicate field"):
		case set.validation == metav1.FieldValidationStrict:
			return c.undecodable("strict decoding error: " + one.Error())
		default:
			c.w.Header().Add("Warning", "299 - "+strconv.Quote(one.Error()))
		}
	}
	return nil
}

// apply patches an object and returns it as JSON.
func (p patching) apply(obj runtime.Object, gvk schema.GroupVersionKind) ([]byte, error) {
	var b bytes.Buffer
	if err := jsonFormat().encode(named(obj, gvk), &b); err != nil {
		return nil, err
	}
	switch p.kind {
	case types.JSONPatchType:
		return p.operations(b.Bytes())
	case types.MergePatchType:
		if !json.Valid(p.body) {
			return nil, badRequest("error decoding patch: the body is no JSON")
		}
		out, err := jsonpatch.MergePatch(b.Bytes(), p.body)
		if err != nil {
			return nil, badRequest(err.Error())
		}
		return out, nil
	default:
		return p.strategic(b.Bytes(), obj)
	}
}

// strategic merges by the keys that the kind has for its lists.
func (p patching) strategic(doc []byte, obj runtime.Object) ([]byte, error) {
	out, err := strategicpatch.StrategicMergePatch(doc, p.body, obj)
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, mergepatch.ErrNoListOfLists):
		return nil, unprocessable(err)
	}
	return nil, badRequest(err.Error())
}

func (p patching) operations(doc []byte) ([]byte, error) {
	ops, err := jsonpatch.DecodePatch(p.body)
	if err != nil {
		return nil, badRequest("error decoding patch: " + err.Error())
	}
	if len(ops) > maxOperations {
		return nil, apierrors.NewRequestEntityTooLargeError("The allowed maximum operations in a JSON patch is " +
			strconv.Itoa(maxOperations) + ", got " + strconv.Itoa(len(ops)))
	}
	out, err := ops.Apply(doc)
	if err != nil {
		return nil, unprocessable(err)
	}
	return out, nil
}

func unprocessable(err error) error {
	return apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", err.Error(), 0, false)
}
