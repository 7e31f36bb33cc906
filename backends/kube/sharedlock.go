package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"pitwall/fleet"
)

var leaseKind = fleet.ObjectKind{Group: "coordination.k8s.io", Version: "v1", Resource: "leases", Kind: "Lease"}

// lease is one Lease of ours.
type lease struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Metadata   metadata  `json:"metadata"`
	Spec       leaseSpec `json:"spec"`
}

type leaseSpec struct {
	HolderIdentity string `json:"holderIdentity,omitempty"`
	Seconds        int    `json:"leaseDurationSeconds,omitempty"`
	RenewTime      string `json:"renewTime,omitempty"`
}

// leaseName is where the lock of a name is: names of objects are no names of leases.
func leaseName(lock string) string {
	sum := sha256.Sum256([]byte(lock))
	return "pitwall-" + hex.EncodeToString(sum[:12])
}

// Locks implements fleet.SharedReader.
func (s *shared) Locks(ctx context.Context) ([]fleet.SharedLock, error) {
	list, err := s.List(ctx, leaseKind, s.namespace, ownsLabel(kindOfLock))
	if err != nil {
		return nil, err
	}
	out := make([]fleet.SharedLock, 0, len(list))
	for _, item := range list {
		if l, ok := lockOf(item); ok {
			out = append(out, l)
		}
	}
	return out, nil
}

// lockOf reads a Lease. One without a holder is free; one whose holder is told by no annotation of ours is held by whom it
// names, and never taken for free.
func lockOf(body []byte) (fleet.SharedLock, bool) {
	var l lease
	if json.Unmarshal(body, &l) != nil {
		return fleet.SharedLock{}, false
	}
	out := fleet.SharedLock{Name: l.Metadata.Annotations[markLock], Version: l.Metadata.ResourceVersion,
		Life: time.Duration(l.Spec.Seconds) * time.Second, Renewed: fromMicro(l.Spec.RenewTime)}
	if l.Spec.HolderIdentity != "" {
		if json.Unmarshal([]byte(l.Metadata.Annotations[markHolder]), &out.Holder) != nil || out.Holder.Token == "" {
			out.Holder = fleet.LockHolder{Token: l.Spec.HolderIdentity, Name: l.Spec.HolderIdentity}
		}
	}
	return out, out.Name != ""
}

// Lock implements fleet.SharedWriter.
func (s *shared) Lock(ctx context.Context, name string) (fleet.SharedLock, error) {
	body, err := s.Get(ctx, leaseKind, fleet.ObjectRef{Namespace: s.namespace, Name: leaseName(name)})
	if isAbsent(err) {
		return fleet.SharedLock{Name: name}, nil
	}
	if err != nil {
		return fleet.SharedLock{}, err
	}
	l, _ := lockOf(body)
	l.Name = name
	return l, nil
}

// PutLock implements fleet.SharedWriter.
func (s *shared) PutLock(ctx context.Context, l fleet.SharedLock) (fleet.SharedLock, error) {
	notes := map[string]string{markLock: l.Name}
	spec := leaseSpec{Seconds: max(1, int(l.Life/time.Second)), RenewTime: micro(l.Renewed)}
	if l.Holder.Token != "" {
		who, err := encodeJSON(l.Holder)
		if err != nil {
			return l, s.invalid("lock "+fleet.Quote(l.Name).String(), err)
		}
		notes[markHolder] = string(who)
		spec.HolderIdentity = fmt.Sprintf("%s@%s/%d %s", l.Holder.Name, l.Holder.Host, l.Holder.PID, l.Holder.Change)
	}
	m := s.meta(leaseName(l.Name), kindOfLock, l.Version, notes)
	got, err := s.keep(ctx, "lock "+fleet.Quote(l.Name).String(), leaseKind, m,
		lease{APIVersion: "coordination.k8s.io/v1", Kind: "Lease", Metadata: m, Spec: spec})
	if err != nil {
		return l, err
	}
	l.Version = versionOf(got.body)
	return l, nil
}
