package podspec

import (
	"slices"
	"strings"

	"pitwall/fleet"
)

// manifest is what annotations say of weights: the digest of their manifest, and what is known of its signature. A value
// that is neither says nothing.
func manifest(annotations map[string]string) (digest fleet.Safe, signed fleet.Trust) {
	said := fleet.Trust(annotations[fleet.AnnotationSigned])
	if slices.Contains([]fleet.Trust{fleet.TrustSigned, fleet.TrustStranger, fleet.TrustUnsigned}, said) {
		signed = said
	}
	return Digest(annotations), signed
}

// Digest is the digest of weights that annotations name: "sha256:…"; "" for none that is well formed.
func Digest(annotations map[string]string) fleet.Safe {
	const size = 64
	text := strings.ToLower(annotations[fleet.AnnotationManifest])
	hex, ok := strings.CutPrefix(text, "sha256:")
	if !ok || len(hex) != size || strings.Trim(hex, "0123456789abcdef") != "" {
		return fleet.Safe{}
	}
	return fleet.Label(text)
}
