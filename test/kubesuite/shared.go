package kubesuite

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	eventsv1 "k8s.io/api/events/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"pitwall/backends/kube"
	"pitwall/deploy"
	"pitwall/fleet"
)

// sharer is pitwall's own way to what operators share, as one user.
type sharer struct {
	fleet.SharedReader
	fleet.SharedWriter
}

func (c *clients) sharer(t *testing.T, token string) sharer {
	t.Helper()
	spec, deps := c.source(t, token)
	spec.Options = map[string]string{"shared_namespace": c.Namespace}
	connector := kube.Connector()
	return sharer{must(connector.NewSharedReader(spec, deps))(t), must(connector.NewSharedWriter(spec, deps))(t)}
}

// checkShared keeps locks, copies and words as operators on several machines do, on servers that have these kinds.
func checkShared(t *testing.T, c *clients) {
	if !c.Can.Shared {
		t.Skip("this server has no ConfigMaps")
	}
	t.Run("locks", c.sharesLocks)
	t.Run("one of many", c.sharesOneLock)
	t.Run("copies", c.sharesCopies)
	t.Run("words", c.sharesWords)
	t.Run("roles", c.bindsRoles)
}

func (c *clients) sharesLocks(t *testing.T) {
	s := c.sharer(t, c.Tokens.Admin)
	const name = "Deployment suite/locks"
	free := must(s.Lock(t.Context(), name))(t)
	free.Holder = fleet.LockHolder{Token: "t", UID: 7, Name: "mara <&> ü", Verified: true, Host: "bastion-1", PID: 4242, Change: "c7-1a2b"}
	free.Life, free.Renewed = fleet.SharedLockLife, time.Now().UTC()
	held := must(s.PutLock(t.Context(), free))(t)
	_, err := s.PutLock(t.Context(), free)
	fails(t, err, fleet.KindConflict)
	if same := must(s.PutLock(t.Context(), held))(t); same.Version != held.Version {
		t.Errorf("what changes nothing makes version %s of %s", same.Version, held.Version)
	}
	later := held
	later.Renewed = held.Renewed.Add(time.Millisecond) // a renewal shows by its time
	renewed := must(s.PutLock(t.Context(), later))(t)
	held.Renewed = later.Renewed.Add(time.Millisecond)
	_, err = s.PutLock(t.Context(), held)
	fails(t, err, fleet.KindConflict)
	list := must(s.Locks(t.Context()))(t)
	at := slices.IndexFunc(list, func(l fleet.SharedLock) bool { return l.Name == name })
	if at < 0 || list[at].Holder != free.Holder || list[at].Version != renewed.Version || list[at].Life != fleet.SharedLockLife ||
		list[at].Renewed.Sub(later.Renewed).Abs() > time.Millisecond {
		t.Fatalf("%+v", list)
	}
	renewed.Holder = fleet.LockHolder{}
	works(t, second(s.PutLock(t.Context(), renewed)))
	if now := must(s.Lock(t.Context(), name))(t); now.Holder.Token != "" || now.Version == renewed.Version {
		t.Errorf("given back: %+v", now)
	}
}

func second[T any](_ T, err error) error { return err }

// sharesOneLock lets many take one lock at the same time.
func (c *clients) sharesOneLock(t *testing.T) {
	s := c.sharer(t, c.Tokens.Admin)
	const many = 8
	free := must(s.Lock(t.Context(), "Deployment suite/race"))(t)
	var work sync.WaitGroup
	errs := make([]error, many)
	for i := range many {
		work.Go(func() {
			mine := free
			mine.Holder = fleet.LockHolder{Token: string(rune('a' + i))}
			_, errs[i] = s.PutLock(t.Context(), mine)
		})
	}
	work.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			fails(t, err, fleet.KindConflict)
		}
	}
	if won != 1 {
		t.Errorf("%d hold one lock", won)
	}
}

func (c *clients) sharesCopies(t *testing.T) {
	s := c.sharer(t, c.Tokens.Admin)
	first := fleet.ChangeCopy{ID: "c7-5017e", At: time.Now().UTC().Truncate(time.Microsecond), Origin: "mara@bastion-1/7",
		Summary: []byte(`{"why":"a < b & ü"}`), Journal: make([]byte, 40_000)}
	for i := range first.Journal {
		first.Journal[i] = byte(i * 31)
	}
	kept := must(s.PutCopy(t.Context(), first))(t)
	_, err := s.PutCopy(t.Context(), first)
	fails(t, err, fleet.KindConflict)
	got := must(s.Copy(t.Context(), first.ID))(t)
	if string(got.Journal) != string(first.Journal) || string(got.Summary) != string(first.Summary) || !got.At.Equal(first.At) ||
		got.Origin != first.Origin || got.Version != kept.Version {
		t.Errorf("%d bytes of journal, %s, %+v", len(got.Journal), got.Summary, got.At)
	}
	kept.Closed = first.At.Add(time.Hour)
	works(t, second(s.PutCopy(t.Context(), kept)))
	kept.Origin = "another"
	_, err = s.PutCopy(t.Context(), kept) // of a version that is over
	fails(t, err, fleet.KindConflict)
	list := must(s.Copies(t.Context()))(t)
	if at := slices.IndexFunc(list, func(o fleet.ChangeCopy) bool { return o.ID == first.ID }); at < 0 || !list[at].Closed.Equal(kept.Closed) {
		t.Errorf("%d copies", len(list))
	}
	large := fleet.ChangeCopy{ID: "c8-5017e", Journal: make([]byte, fleet.CopyLimit)}
	_, err = s.PutCopy(t.Context(), large)
	fails(t, err, fleet.KindInvalid, "larger than 64 kB")
	works(t, s.RemoveCopy(t.Context(), first.ID))
	works(t, s.RemoveCopy(t.Context(), first.ID))
	_, err = s.Copy(t.Context(), first.ID)
	fails(t, err, fleet.KindNotFound)
}

func (c *clients) sharesWords(t *testing.T) {
	s := c.sharer(t, c.Tokens.Admin)
	n := fleet.ObjectNote{Object: fleet.ObjectRef{Kind: "Deployment", Namespace: c.Namespace, Name: c.Deployment}, API: deploymentKind,
		UID: string(c.deployment(t).UID), Change: "c7-5017e", By: "mara@bastion-1/7", Reason: "ChangeStarted",
		Text: fleet.Label(strings.Repeat("ü", 900)), Warn: true, At: time.Now()}
	works(t, s.Tell(t.Context(), n))
	works(t, s.Tell(t.Context(), n))
	node := n
	node.Object, node.UID = fleet.ObjectRef{Kind: "Node", Name: "suite"}, ""
	node.API = fleet.ObjectKind{Version: "v1", Resource: "nodes", Kind: "Node"}
	works(t, s.Tell(t.Context(), node))
	var list eventsv1.EventList
	c.get(t, "/apis/events.k8s.io/v1/namespaces/"+c.Namespace+"/events").want(t, http.StatusOK).read(t, &list)
	told := 0
	for i := range list.Items {
		if e := &list.Items[i]; e.ReportingController == "pitwall.dev/pitwall" {
			told++
			if e.Regarding.UID != c.deployment(t).UID || e.Type != "Warning" || e.Reason != "ChangeStarted" || len(e.Note) > 1024 {
				t.Errorf("%+v", e)
			}
		}
	}
	if told != 1 {
		t.Errorf("%d events of one word", told)
	}
}

// bindsRoles applies each manifest as it is shipped, and asks as somebody who has nothing else what it grants.
func (c *clients) bindsRoles(t *testing.T) {
	files := must(deploy.Files.ReadDir("."))(t)
	as := c.sharer(t, c.Tokens.Nobody)
	_, err := as.PutLock(t.Context(), fleet.SharedLock{Name: "roles", Holder: fleet.LockHolder{Token: "n"}, Life: time.Second})
	fails(t, err, fleet.KindAuth, "cannot create resource")
	for _, f := range files {
		t.Run(strings.TrimSuffix(f.Name(), ".yaml"), func(t *testing.T) {
			c.bindsRole(t, must(deploy.Files.ReadFile(f.Name()))(t))
		})
	}
}

func (c *clients) bindsRole(t *testing.T, manifest []byte) {
	var role rbacv1.ClusterRole
	works(t, yaml.UnmarshalStrict(manifest, &role))
	if role.Kind == "Role" {
		role.Namespace = c.Namespace // it is shipped for the namespace "pitwall"
	}
	const group = "/apis/rbac.authorization.k8s.io/v1/"
	plural := map[string]string{"Role": "namespaces/" + c.Namespace + "/roles", "ClusterRole": "clusterroles"}[role.Kind]
	send := func(path string, o any) {
		body := must(json.Marshal(o))(t)
		c.ask(t, request{Method: http.MethodPost, Path: group + path + "?fieldValidation=Strict", Token: c.Tokens.Admin, Accept: jsonType,
			Type: jsonType, Body: string(body)}).want(t, http.StatusCreated)
	}
	before := c.nobodyMay(t, &role)
	if slices.Contains(before, true) {
		t.Errorf("before it is bound: %v", before)
	}
	send(plural, role)
	defer c.drop(t, group+plural+"/"+role.Name)
	binding := rbacv1.RoleBinding{TypeMeta: metav1.TypeMeta{APIVersion: role.APIVersion, Kind: "RoleBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: "suite-" + role.Name, Namespace: c.Namespace},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: c.Names.Nobody}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: role.Kind, Name: role.Name}}
	send("namespaces/"+c.Namespace+"/rolebindings", binding)
	defer c.drop(t, group+"namespaces/"+c.Namespace+"/rolebindings/"+binding.Name)
	may := c.nobodyMay(t, &role)
	for end := time.Now().Add(patience); slices.Contains(may, false) && time.Now().Before(end); may = c.nobodyMay(t, &role) {
		time.Sleep(50 * time.Millisecond) // the server learns of bindings a moment later
	}
	if slices.Contains(may, false) {
		t.Errorf("once it is bound: %v", may)
	}
	if role.Kind == "Role" {
		as := c.sharer(t, c.Tokens.Nobody)
		l := must(as.PutLock(t.Context(), fleet.SharedLock{Name: "roles", Holder: fleet.LockHolder{Token: "n"}, Life: time.Second}))(t)
		works(t, second(as.PutLock(t.Context(), l)))
		works(t, second(as.PutCopy(t.Context(), fleet.ChangeCopy{ID: "c9-5017e", Summary: []byte("{}")})))
		works(t, second(as.Copies(t.Context())))
		works(t, as.RemoveCopy(t.Context(), "c9-5017e"))
	}
}

// nobodyMay asks each right of a role as the user who has nothing.
func (c *clients) nobodyMay(t *testing.T, role *rbacv1.ClusterRole) []bool {
	t.Helper()
	api := c.typed(t, c.Tokens.Nobody).AuthorizationV1()
	var out []bool
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			name, sub, _ := strings.Cut(resource, "/")
			for _, verb := range rule.Verbs {
				r := must(api.SelfSubjectAccessReviews().Create(t.Context(), &authorizationv1.SelfSubjectAccessReview{
					Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
						Verb: verb, Group: rule.APIGroups[0], Resource: name, Subresource: sub, Namespace: c.Namespace}},
				}, metav1.CreateOptions{}))(t)
				out = append(out, r.Status.Allowed)
			}
		}
	}
	return out
}
