package fleet

// Text draws what is known of a version in one line, "" where nothing is.
func (v Version) Text() Safe {
	var parts []Safe
	add := func(name, value Safe) {
		if !value.IsEmpty() {
			parts = append(parts, Concat(name, value))
		}
	}
	add(Safe{}, v.Name)
	add(Text("image "), v.Image)
	add(Text("weights "), v.Weights)
	add(Text("revision "), v.Revision)
	if len(v.Served) > 0 {
		add(Text("served as "), Join(v.Served, Text(" ")))
	}
	return Join(parts, Text(", "))
}

// Text says what is waited for, "" for nothing but the field itself.
func (u Until) Text() Safe {
	switch {
	case u.Gone:
		return Text("until the pod is gone")
	case u.Done:
		return Text("until the roll is over")
	}
	var parts []Safe
	if u.Updated > 0 {
		parts = append(parts, Textf("%s of the new version are there and %s ready", Int(u.Updated), Int(u.Ready)))
	}
	if u.Split {
		parts = append(parts, Text("the traffic is split as asked"))
	}
	if u.Paused > 0 {
		parts = append(parts, Textf("its controller stands at the pause of step %s", Int(u.Paused)))
	}
	if len(parts) == 0 {
		return Safe{}
	}
	return Concat(Text("until "), Join(parts, Text(", and ")))
}

// Text draws an autoscaler with its bounds and how it is held, "" where there is none; what was not read says why.
func (s Scaler) Text() Safe {
	switch {
	case !s.Exists() && !s.Unread.IsEmpty():
		return Concat(Text("not known: "), s.Unread)
	case !s.Exists():
		return Safe{}
	}
	text := Textf("%s %s, %s to %s, wants %s", Label(s.Object.Kind), Label(s.Object.Name), Int(s.Min), Int(s.Max), Int(s.Wants))
	if !s.Held.IsEmpty() {
		text = Concat(text, Text(", held: "), s.Held)
	}
	if ways := s.Ways(); !ways.IsEmpty() {
		text = Concat(text, Text(", "), ways)
	}
	return text
}

// Ways says in which direction it does not scale; "" where it scales in both.
func (s Scaler) Ways() Safe {
	in, out := Concat(Text("takes none away ("), s.NoIn, Text(")")), Concat(Text("adds none ("), s.NoOut, Text(")"))
	switch {
	case s.NoIn.IsEmpty() && s.NoOut.IsEmpty():
		return Safe{}
	case s.NoIn.IsEmpty():
		return out
	case s.NoOut.IsEmpty():
		return in
	}
	return Concat(in, Text(", "), out)
}

// Text draws one value as JSON, "(absent)" where there is none.
func (j JSON) Text() Safe {
	if len(j) == 0 {
		return Text("(absent)")
	}
	return Quote(string(j))
}

// FreeGPUs counts the devices that nothing asks for on the nodes that may take the pods of a rollout; none where no node of
// the cluster was read.
func (c *Cluster) FreeGPUs(r *Rollout) Maybe[int] {
	if len(c.Nodes) == 0 {
		return None[int]()
	}
	free := 0
	for _, n := range c.Takers(r) {
		free += max(0, n.GPUUsable.Or(0)-n.GPUAsked)
	}
	return Some(free)
}
