package recording

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"pitwall/fleet"
)

// scrubbedBegin is when every recording without names begins.
var scrubbedBegin = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// Scrub writes a recording anew without what its site calls things: names, keys, tenants, addresses and all texts become words such as
// pool-1 and text-7, the same for the same in the whole file. Times move, figures stay, and so do the words that pitwall itself has for
// states, levels and kinds. Of notes their time and kind stay.
func Scrub(f *Film, path string) error {
	s := &scrubber{words: map[string]string{"": ""}, count: map[string]int{}, by: scrubbedBegin.Sub(f.First())}
	w, err := Create(path, Header{Program: f.Header.Program, Context: s.word("context", f.Header.Context), Env: f.Header.Env,
		Begin: scrubbedBegin, Drill: f.Header.Drill})
	if err != nil {
		return err
	}
	if err := s.film(f, w); err != nil {
		_ = w.Close()
		return err
	}
	return w.Close()
}

// scrubber gives words to names.
type scrubber struct {
	words map[string]string
	count map[string]int
	by    time.Duration // that times move
}

func (s *scrubber) film(f *Film, w *Writer) error {
	notes, err := f.Notes(time.Time{}, f.Last().Add(time.Hour))
	if err != nil {
		return err
	}
	return f.each(func(snap *fleet.Snapshot, at time.Time) error {
		for len(notes) > 0 && !notes[0].At.After(at) {
			n := notes[0]
			notes = notes[1:]
			err := w.Note(Note{At: n.At.Add(s.by), Kind: n.Kind, By: s.word("person", n.By), Text: fleet.Label(s.word("text", n.Text.String()))})
			if err != nil {
				return err
			}
		}
		clean := s.value(reflect.ValueOf(snap).Elem())
		return w.Keep(clean.Addr().Interface().(*fleet.Snapshot))
	})
}

// each goes through all snapshots in their order.
func (f *Film) each(do func(s *fleet.Snapshot, at time.Time) error) error {
	for n := range f.chunks {
		c := &f.chunks[n]
		if c.Count == 0 {
			continue
		}
		for at := c.First; ; {
			snap, err := f.At(time.UnixMilli(at))
			if err != nil {
				return err
			}
			if err := do(snap, time.UnixMilli(f.play.at)); err != nil {
				return err
			}
			next, more := f.following()
			if !more || f.play.chunk != n {
				break
			}
			at = next
		}
	}
	return nil
}

// following is the position of the next snapshot of the chunk that is read.
func (f *Film) following() (at int64, more bool) {
	p := &f.play
	if p.left == 0 {
		return 0, false
	}
	peek := *p.d.in[streamForm]
	return p.at + int64(peek.uint()), true
}

// word is what a name is called.
func (s *scrubber) word(class, name string) string {
	w, known := s.words[name]
	if !known {
		s.count[class]++
		w = fmt.Sprintf("%s-%d", class, s.count[class])
		s.words[name] = w
	}
	return w
}

// class is what things of a type of text are called; "" for types whose words are pitwall's own.
func class(t reflect.Type) string {
	switch name := t.Name(); {
	case t == reflect.TypeFor[string]():
		return "text"
	case strings.HasSuffix(name, "ID"):
		return strings.ToLower(strings.TrimSuffix(name, "ID"))
	case strings.HasSuffix(name, "Name"):
		return strings.ToLower(strings.TrimSuffix(name, "Name"))
	default:
		return ""
	}
}

// value is a copy with other words. Points of trends are shared.
func (s *scrubber) value(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch kindOf(v.Type()) {
	case kindText:
		if c := class(v.Type()); c != "" {
			out.SetString(s.word(c, v.String()))
		}
	case kindSafe:
		*safeAt(out) = fleet.Label(s.word("text", safeAt(out).String()))
	case kindTime:
		s.move(timeAt(out))
	case kindTrend:
		s.move(&trendAt(out).End)
	case kindStruct, kindMaybe:
		s.fields(v, out)
	case kindPointer:
		if !v.IsNil() {
			out.Set(s.value(v.Elem()).Addr())
		}
	case kindList:
		s.list(v, out)
	case kindMap:
		s.table(v, out)
	}
	return out
}

func (s *scrubber) move(t *time.Time) {
	if !t.IsZero() {
		*t = t.Add(s.by)
	}
}

func (s *scrubber) table(v, out reflect.Value) {
	if v.Len() == 0 {
		return
	}
	out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
	for _, k := range v.MapKeys() {
		out.SetMapIndex(s.value(k), s.value(v.MapIndex(k)))
	}
}

func (s *scrubber) fields(v, out reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			out.Field(i).Set(s.value(v.Field(i)))
		}
	}
}

func (s *scrubber) list(v, out reflect.Value) {
	if v.Len() == 0 {
		return
	}
	out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
	for i := range v.Len() {
		out.Index(i).Set(s.value(v.Index(i)))
	}
}
