package advisory

import (
	"regexp"
	"strings"
)

var (
	// release is the version within the tag of an image: behind the start, or behind a sign.
	release = regexp.MustCompile(`(?:^|[-_])[vr]?(\d+\.\d+(?:\.\d+)*(?:\.?(?:rc|post)\d+)?)`)
	// toolkit is the CUDA release within a tag: "cu128", "cuda12.8", "cuda-13.0".
	toolkit = regexp.MustCompile(`(?:^|[-_.])cu(?:da)?-?(\d{2})(?:\.?(\d))?(?:[-_.]|$)`)
)

// Image is what the reference of an image tells.
type Image struct {
	Product string // as the pack names it; "" where it knows none of the name
	Release string // "" for a tag without a version, such as "latest"
	CUDA    string // "12.8", or "12" alone; "" where the tag says none
	Pinned  bool   // by digest: the tag cannot be moved under it
}

// Image reads a reference: what it runs by its repository, and which release by its tag.
func (p *Pack) Image(reference string) Image {
	name, digest, pinned := strings.Cut(reference, "@")
	out := Image{Pinned: pinned && strings.HasPrefix(digest, "sha256:")}
	repository, tag := name, ""
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		repository, tag = name[:at], name[at+1:]
	}
	for _, product := range p.Products {
		for _, part := range product.Images {
			if out.Product == "" && strings.Contains("/"+repository+"/", "/"+part) {
				out.Product = product.Name
			}
		}
	}
	// The flavour of a tag may hold a number that is no release: "server-cuda12.8" runs no 12.8.
	if m := toolkit.FindStringSubmatch(tag); m != nil {
		out.CUDA = m[1]
		if m[2] != "" {
			out.CUDA += "." + m[2]
		}
		tag = strings.Replace(tag, m[0], "-", 1)
	}
	if m := release.FindStringSubmatch(tag); m != nil {
		out.Release = m[1]
	}
	return out
}
