package kubeapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// inputFormat is the codec of a request's body.
func inputFormat(r *http.Request) (runtime.SerializerInfo, error) {
	media := r.Header.Get("Content-Type")
	if media == "" {
		media = runtime.ContentTypeJSON
	}
	name, _, err := mime.ParseMediaType(media)
	if err != nil {
		return runtime.SerializerInfo{}, unsupported(bodyTypes)
	}
	info, ok := serializerFor(name)
	if !ok {
		return info, unsupported(bodyTypes)
	}
	return info, nil
}

const bodyTypes = "application/json, application/yaml, application/vnd.kubernetes.protobuf"

// tooLarge is what a body that could not be read means.
func tooLarge(err error) error {
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return apierrors.NewRequestEntityTooLargeError("limit is " + strconv.Itoa(maxBody))
	}
	return badRequest("the body could not be read: " + err.Error())
}

// read decodes the body as an object of the call's kind.
func (s *Server) read(c *call, set settings) (runtime.Object, error) {
	info, err := inputFormat(c.r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(c.r.Body)
	if err != nil {
		return nil, tooLarge(err)
	}
	return c.decode(info, raw, set)
}

// decode turns bytes into an object of the call's kind. Fields that the kind does not have are refused, told of or
// dropped, as the client wants.
func (c *call) decode(info runtime.SerializerInfo, raw []byte, set settings) (runtime.Object, error) {
	into, err := c.res.object()
	if err != nil {
		return nil, err
	}
	if c.res.Custom {
		return c.decodeCustom(raw)
	}
	return c.decodeAs(info, raw, set, into, c.res.gvk())
}

// decodeAs decodes into an object of a given kind.
func (c *call) decodeAs(
	info runtime.SerializerInfo, raw []byte, set settings, into runtime.Object, gvk schema.GroupVersionKind,
) (runtime.Object, error) {
	codec := info.Serializer
	if set.validation != metav1.FieldValidationIgnore && info.StrictSerializer != nil {
		codec = info.StrictSerializer
	}
	obj, actual, err := codec.Decode(raw, &gvk, into)
	if strict, ok := runtime.AsStrictDecodingError(err); ok {
		if set.validation == metav1.FieldValidationStrict {
			return nil, c.undecodable("strict decoding error: " + joined(strict.Errors()))
		}
		for _, one := range strict.Errors() {
			if w := "299 - " + strconv.Quote(one.Error()); !slices.Contains(c.w.Header()["Warning"], w) {
				c.w.Header().Add("Warning", w) // once, however often the write is tried
			}
		}
		err = nil
	}
	switch {
	case err != nil:
		return nil, c.undecodable(err.Error())
	case reflect.TypeOf(obj) != reflect.TypeOf(into) || *actual != gvk:
		return nil, badRequest("the object provided is unrecognized (must be of type " + gvk.Kind + "): got " + actual.String())
	}
	obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // stored objects bear none
	return obj, nil
}

// undecodable is the refusal of an object that is none: a bad request, or where a patch led to it an invalid patch.
func (c *call) undecodable(why string) error {
	if c.verb == "patch" {
		return apierrors.NewInvalid(schema.GroupKind{}, "", field.ErrorList{field.Invalid(field.NewPath("patch"), "", why)})
	}
	return badRequest(why)
}

func (c *call) decodeCustom(raw []byte) (runtime.Object, error) {
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		return nil, badRequest(err.Error())
	}
	if u.GroupVersionKind() != c.res.gvk() {
		return nil, badRequest("the object provided is unrecognized (must be of type " + c.res.Kind + ")")
	}
	return u, nil
}

func joined(errs []error) string {
	out := ""
	for i, e := range errs {
		if i > 0 {
			out += ", "
		}
		out += e.Error()
	}
	return out
}
