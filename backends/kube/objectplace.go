package kube

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"pitwall/fleet"
)

// The parts of an object that are written by themselves.
const (
	partObject = ""
	partStatus = "status"
	partScale  = "scale"
)

// versionPath is where the API keeps one version of a group: "/api/v1", "/apis/apps/v1".
func versionPath(group, version string) string {
	if group == "" {
		return "/api/" + url.PathEscape(version)
	}
	return "/apis/" + url.PathEscape(group) + "/" + url.PathEscape(version)
}

// kindPath is where the API keeps the objects of a kind, in one namespace or with "" everywhere.
func kindPath(kind fleet.ObjectKind, namespace string) (string, error) {
	if isDots(kind.Version) || isDots(kind.Resource) || slices.Contains([]string{".", ".."}, kind.Group) {
		return "", errors.New("its kind has no version or no resource")
	}
	path := versionPath(kind.Group, kind.Version)
	if namespace != "" {
		if isDots(namespace) {
			return "", errors.New("its namespace is no name")
		}
		path += "/namespaces/" + url.PathEscape(namespace)
	}
	return path + "/" + url.PathEscape(kind.Resource), nil
}

// objectPath is where the API keeps one object, or a part of it.
func objectPath(kind fleet.ObjectKind, o fleet.ObjectRef, part string) (string, error) {
	path, err := kindPath(kind, o.Namespace)
	switch {
	case err != nil:
		return "", err
	case isDots(o.Name):
		return "", errors.New("it has no name")
	case !slices.Contains([]string{partObject, partStatus, partScale, partEviction}, part):
		return "", errors.New("there is no part " + fleet.Quote(part).String())
	}
	path += "/" + url.PathEscape(o.Name)
	if part != partObject {
		path += "/" + part
	}
	return path, nil
}

// called names an object for people: "Deployment llm/chat".
func called(kind fleet.ObjectKind, o fleet.ObjectRef) string {
	name := o.Name
	if o.Namespace != "" {
		name = o.Namespace + "/" + o.Name
	}
	word := kind.Kind
	if word == "" {
		word = kind.Resource
	}
	return fleet.Quote(word + " " + name).String()
}

// resourceName names a kind as rights do: "deployments/scale of apps".
func resourceName(kind fleet.ObjectKind, part string) string {
	name := kind.Resource
	if part != partObject {
		name += "/" + part
	}
	if kind.Group != "" {
		name += " of " + kind.Group
	}
	return fleet.Quote(name).String()
}

// where names a namespace in a sentence.
func where(namespace string) string {
	if namespace == "" {
		return "in the whole cluster"
	}
	return "in the namespace " + fleet.Quote(namespace).String()
}

// lowerFirst makes a sentence of a server part of one of ours.
func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
