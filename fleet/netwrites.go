package fleet

// Net is what writes that follow each other do together: one write for each object and part, in the order in which they
// were first touched, with each field's first Before and last After. Fields that end as they began, and those that were
// only compared, are left out; so are writes that set nothing then. Writes that have no inverse are left out too.
func Net(writes []ObjectWrite) []ObjectWrite {
	type place struct {
		object ObjectRef
		part   string
	}
	var out []ObjectWrite
	at := map[place]int{}
	for _, w := range writes {
		if w.Verb != WriteSet || w.Passing {
			continue
		}
		key := place{w.Object, w.Part}
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, ObjectWrite{Object: w.Object, API: w.API, UID: w.UID, Part: w.Part, Verb: WriteSet})
		}
		out[i].Text = joinTexts(out[i].Text, w.Text)
		for _, f := range w.Fields {
			out[i].Fields = follow(out[i].Fields, f)
		}
	}
	return trimNet(out)
}

func joinTexts(a, b Safe) Safe {
	if a.IsEmpty() {
		return b
	}
	return Concat(a, Text("; "), b)
}

// follow adds what one field does to what the fields did so far.
func follow(fields []Field, f Field) []Field {
	for i := range fields {
		if fields[i].Path == f.Path {
			fields[i].After = f.After
			return fields
		}
	}
	return append(fields, f)
}

func trimNet(writes []ObjectWrite) []ObjectWrite {
	kept := writes[:0]
	for _, w := range writes {
		fields := w.Fields[:0]
		for _, f := range w.Fields {
			if !f.Before.Equal(f.After) {
				fields = append(fields, f)
			}
		}
		if w.Fields = fields; len(fields) > 0 {
			kept = append(kept, w)
		}
	}
	return kept
}
