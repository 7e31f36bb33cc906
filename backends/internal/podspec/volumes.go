package podspec

import (
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"pitwall/backends/internal/jsonptr"
	"pitwall/fleet"
)

// Schemes under which weights on volumes are named, as KServe writes them.
const (
	claimScheme = "pvc://"
	imageScheme = "oci://"
)

// mount is a volume that a container has, with what is behind a path in it.
type mount struct {
	index  int // of the volume
	volume *corev1.Volume
	rest   string
}

// under finds the volume that holds a path of a container.
func (t Template) under(c *corev1.Container, file string) (mount, bool) {
	best := -1
	for i := range c.VolumeMounts {
		m := &c.VolumeMounts[i]
		if within(file, m.MountPath) && (best < 0 || len(m.MountPath) > len(c.VolumeMounts[best].MountPath)) {
			best = i
		}
	}
	if best < 0 {
		return mount{}, false
	}
	m := &c.VolumeMounts[best]
	for i := range t.pod.Spec.Volumes {
		if v := &t.pod.Spec.Volumes[i]; v.Name == m.Name {
			rest := strings.Trim(strings.TrimPrefix(path.Clean(file), path.Clean(m.MountPath)), "/")
			return mount{i, v, path.Join(m.SubPath, rest)}, true
		}
	}
	return mount{}, false
}

func within(file, dir string) bool {
	file, dir = path.Clean(file), path.Clean(dir)
	return file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// onVolume says where a path of a container comes from.
func (t Template) onVolume(b box, file string) fleet.Safe {
	m, ok := t.under(b.c, file)
	if !ok {
		return fleet.Label(file) // of the image itself
	}
	if uri := m.uri(); uri != "" {
		return fleet.Label(uri)
	}
	if p, name := t.fetched(m.volume.Name); name != "" {
		return fleet.Textf("%s, fetched by %s", fleet.Quote(p.value), fleet.Quote(name))
	}
	return fleet.Label(file)
}

func (m mount) uri() string {
	switch {
	case m.volume == nil:
	case m.volume.PersistentVolumeClaim != nil:
		return claimScheme + path.Join(m.volume.PersistentVolumeClaim.ClaimName, m.rest)
	case m.volume.Image != nil:
		return imageScheme + path.Join(m.volume.Image.Reference, m.rest)
	}
	return ""
}

// onlyVolume stands in where nothing is named: the one claim or image that the container has.
func (t Template) onlyVolume(b box) fleet.Safe {
	var found []string
	for i := range b.c.VolumeMounts {
		if m, ok := t.under(b.c, b.c.VolumeMounts[i].MountPath); ok {
			if uri := m.uri(); uri != "" {
				found = append(found, uri)
			}
		}
	}
	if len(found) != 1 {
		return fleet.Safe{}
	}
	return fleet.Label(found[0])
}

// place is the text that says which claim or image a volume is.
func (m mount) place() (place, bool) {
	at := "/spec/volumes/" + strconv.Itoa(m.index)
	switch {
	case m.volume == nil:
		return place{}, false
	case m.volume.PersistentVolumeClaim != nil:
		s := m.volume.PersistentVolumeClaim.ClaimName
		return place{path: at + jsonptr.Path("persistentVolumeClaim", "claimName"), whole: s, to: len(s), value: s, known: true}, true
	case m.volume.Image != nil:
		s := m.volume.Image.Reference
		return place{path: at + jsonptr.Path("image", "reference"), whole: s, to: len(s), value: s, known: true}, true
	}
	return place{}, false
}

// fetched finds the init container that fills a volume, and what it fetches.
func (t Template) fetched(volume string) (place, string) {
	for i := range t.pod.Spec.InitContainers {
		b := box{"/spec/initContainers/" + strconv.Itoa(i), &t.pod.Spec.InitContainers[i]}
		for _, m := range b.c.VolumeMounts {
			if m.Name != volume {
				continue
			}
			if p, ok := b.download(); ok {
				return p, b.c.Name
			}
		}
	}
	return place{}, ""
}

// download is the word that says what is fetched: a URI of a store, or what follows "download".
func (b box) download() (place, bool) {
	words := b.words()
	for i, w := range words {
		if w.op {
			continue
		}
		p := b.at(w, 0)
		scheme, _, ok := strings.Cut(p.value, "://")
		switch {
		case ok && strings.Contains(" s3 gs hf https azure oss abfs ", " "+scheme+" "):
			return p, true
		case w.text == "download" && i+1 < len(words) && isValue(words[i+1]):
			return b.at(words[i+1], 0), true
		}
	}
	if p, _, ok := b.flag(weightFlags); ok {
		return p, true
	}
	return b.firstVariable(weightVars)
}
