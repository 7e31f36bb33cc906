package views

import (
	"strings"
	"time"

	"pitwall/fleet"
	"pitwall/themes"
	"pitwall/views/part"
)

// podPage tells one pod: why it is as it is, what to look at next, where it runs, what it serves, and what the cluster
// said about it.
func podPage(b *part.Block, sc Scene, of fleet.ObjectRef, right fleet.Safe, rows int) {
	c, p := PodOf(sc.Snap, of)
	if p == nil {
		objectGone(b, sc, of, c)
		return
	}
	r := &podRow{c, p}
	b.Rule(fleet.Concat(fleet.Text("POD "), nameText(of)), fleet.Label(string(c.ID)), right)
	f := newPage(sc, b.Width())
	standingLine(f, sc, c, r.state(), p.Since, podWhyText(r, sc.Now))
	if next := podNext(p); !next.IsEmpty() {
		f.tell(fleet.Text("next"), themes.Accent, next, 2)
	}
	status := fleet.Textf("%s  ready %s/%s  restarts %s", orUnknown(p.Phase), fleet.Int(p.Ready), fleet.Int(p.Containers),
		fleet.Int(p.Restarts))
	if !p.Created.IsZero() {
		status = fleet.Concat(status, fleet.Text("  made "), fleet.Age(sc.Now.Sub(p.Created)), fleet.Text(" ago"))
	}
	f.tell(fleet.Text("status"), rowRole(c, r.state()), status, 2)
	if !p.LastExit.IsEmpty() {
		f.tell(fleet.Text("last exit"), themes.Text, exitText(p, sc.Now), 2)
	}
	f.tell(fleet.Text("node"), themes.Text, podPlace(sc, c, p), 2)
	f.tell(fleet.Text("owner"), themes.Text, podOwnerText(sc, c, p), 1)
	f.tell(fleet.Text("serves"), themes.Text, servesText(sc, c, p), 2)
	f.tell(fleet.Text("image"), themes.Dim, orUnknown(fleet.Label(p.Image)), 2)
	if len(p.Args) > 0 {
		f.tell(fleet.Text("args"), themes.Dim, fleet.Label(strings.Join(p.Args, " ")), 3)
	}
	f.tell(fleet.Text("ports"), themes.Dim, portsText(p), 1)
	b.Append(f.Cut(max(6, rows-8)))
	objectEvents(b.End(), sc, c, of, rows-b.Len()-1)
}

// standingLine says the state of an object, for how long, and why.
func standingLine(f *page, sc Scene, c *fleet.Cluster, s fleet.State, since time.Time, why fleet.Safe) {
	text := stateText(s, c.At, sc.Now)
	if !since.IsZero() {
		text = fleet.Concat(text, fleet.Text(" for "), fleet.Age(sc.Now.Sub(since)))
	}
	f.heading(fleet.Text("state")).Put(themes.OfState(s), text)
	if why.IsEmpty() {
		f.End()
		return
	}
	if part.Width(why)+2 <= f.Room() {
		f.Gap(2).Put(roleOfWhy(s), why).End()
		return
	}
	f.End()
	f.say(roleOfWhy(s), why, tellIndent, 3)
}

// objectGone says that what was open is no longer there.
func objectGone(b *part.Block, sc Scene, o fleet.ObjectRef, c *fleet.Cluster) {
	b.Rule(RefText(o), fleet.Label(string(o.Cluster)), fleet.Text("esc back"))
	switch {
	case c == nil:
		b.Gap(2).Say(themes.Warn, "its cluster is not watched any more").End()
	default:
		b.Gap(2).Say(themes.Warn, "is not in the cluster any more").End()
		objectEvents(b.End(), sc, c, o, 12)
	}
}

// podNext says where to look next for the usual troubles of a pod.
func podNext(p *fleet.Pod) fleet.Safe {
	why := p.Why.String() + " " + p.LastExit.String()
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(why, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("Insufficient"):
		return fleet.Text(":nodes shows what is free; until then it waits, whatever the rollout says")
	case has("ImagePull", "ErrImage", "InvalidImage"):
		return fleet.Text("d shows the image and the pull secret; the events below name the registry's answer")
	case p.Phase == fleet.Text("Failed") && p.Restarts == 0 && p.LastExit.IsEmpty():
		return fleet.Text("no container began, so that there is no log: d shows what refused it, enter its node")
	case has("OOMKilled"):
		return fleet.Text("l then p: the log before the last restart; then its memory limit and batch size")
	case p.Restarts == 0 && has("Error"):
		return fleet.Text("l: its log; nothing was restarted")
	case has("CrashLoop", "Error"):
		return fleet.Text("l then p: the log before the last restart")
	case p.Phase == fleet.Text("Terminating"):
		return fleet.Text("enter its node: one that does not answer cannot confirm that the pod has ended")
	default:
		return fleet.Safe{}
	}
}

// podPlace says where a pod runs and how that machine does.
func podPlace(sc Scene, c *fleet.Cluster, p *fleet.Pod) fleet.Safe {
	if p.Node == "" {
		return fleet.Concat(fleet.Text("none yet; asks for "), fleet.Many(p.GPUs, "GPU"))
	}
	text := fleet.Label(p.Node)
	if _, n := NodeOf(sc.Snap, fleet.ObjectRef{Cluster: c.ID, Kind: kindNode, Name: p.Node}); n != nil {
		text = fleet.Concat(text, fleet.Text(" "), n.State.Text())
		if trouble(n.State) > 0 {
			text = because(text, n.Why)
		}
	}
	text = fleet.Concat(text, fleet.Text("  IP "), orUnknown(fleet.Label(p.IP)))
	return fleet.Concat(text, fleet.Text("  GPUs "), fleet.Int(p.GPUs))
}

// podOwnerText names the workload that keeps a pod and how many of its pods are ready.
func podOwnerText(sc Scene, c *fleet.Cluster, p *fleet.Pod) fleet.Safe {
	if p.Owner.Name == "" {
		return fleet.Text("none: nothing makes it again when it ends")
	}
	o := p.Owner
	o.Cluster, o.Namespace = c.ID, p.Namespace
	text := ownerText(o)
	if _, w := WorkloadOf(sc.Snap, o); w != nil {
		text = fleet.Concat(text, fleet.Textf(" %s, %s of %s ready", w.State.Text(), fleet.Int(w.Ready), fleet.Int(w.Desired)))
	}
	return text
}

// servesText names the replica of a pool that a pod is.
func servesText(sc Scene, c *fleet.Cluster, p *fleet.Pod) fleet.Safe {
	pool, r := ReplicaOfPod(sc.Snap, c, p)
	if r == nil {
		return fleet.Text("no replica of a pool has its name or its address")
	}
	text := fleet.Textf("pool %s as replica %s", fleet.Label(string(pool.Spec.ID)), fleet.Label(string(r.ID)))
	return because(fleet.Concat(text, fleet.Text(" "), r.State.Text()), r.Why)
}

func portsText(p *fleet.Pod) fleet.Safe {
	if len(p.Ports) == 0 {
		return fleet.Text("none declared")
	}
	parts := make([]fleet.Safe, 0, len(p.Ports))
	for _, x := range p.Ports {
		t := fleet.Int(x.Port)
		if x.Name != "" {
			t = fleet.Concat(t, fleet.Text(" "), fleet.Label(x.Name))
		}
		parts = append(parts, fleet.Concat(t, fleet.Text(" of "), fleet.Label(x.Container)))
	}
	return fleet.Join(parts, fleet.Text(", "))
}
