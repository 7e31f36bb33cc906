package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// User is somebody whom the API server knows by a token.
type User struct {
	Name, Token string
	Kubeconfig  string // path of a kubeconfig with this user alone
}

// newUser writes the kubeconfig of a user. The context is named like the user, and is of Namespace, as those are that
// are given to people of one namespace.
func (c *Cluster) newUser(name string) (User, error) {
	u := User{Name: name, Token: secret(), Kubeconfig: filepath.Join(c.Dir, name+".kubeconfig")}
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: bed
  cluster: {server: %q, certificate-authority: %q}
users:
- name: %[3]s
  user: {token: %[4]q}
contexts:
- name: %[3]s
  context: {cluster: bed, user: %[3]s, namespace: %[5]s}
current-context: %[3]s
`, c.URL, filepath.Join(c.Dir, "ca.crt"), name, u.Token, c.Namespace)
	return u, os.WriteFile(u.Kubeconfig, []byte(text), 0o600)
}

// writeUsers makes all users and the file that tells the API server about them.
func (c *Cluster) writeUsers() error {
	var lines strings.Builder
	for _, u := range []struct {
		into        *User
		name, group string
	}{
		{&c.Admin, "admin", "system:masters"}, {&c.system, "control-plane", "system:masters"},
		{&c.Viewer, "viewer", "viewers"}, {&c.Scoped, "scoped", "scoped"}, {&c.Nobody, "nobody", "nobodies"},
		{&c.Operator, "operator", "operators"},
	} {
		var err error
		if *u.into, err = c.newUser(u.name); err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s,%s,%s,%q\n", u.into.Token, u.name, u.name, u.group)
	}
	return os.WriteFile(filepath.Join(c.Dir, "tokens.csv"), []byte(lines.String()), 0o600)
}

// reading is what a viewer may: all that the console reads, and no secrets.
func reading() []rbacv1.PolicyRule {
	read := []string{"get", "list", "watch"}
	return []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Verbs: read, Resources: []string{"pods", "nodes", "namespaces", "services", "endpoints", "events",
			"persistentvolumeclaims", "resourcequotas"}},
		{APIGroups: []string{""}, Verbs: []string{"get"}, Resources: []string{"pods/log", "pods/proxy", "services/proxy"}},
		{APIGroups: []string{"apps", "batch", "autoscaling", "policy", "coordination.k8s.io", "events.k8s.io", "discovery.k8s.io"},
			Verbs: read, Resources: []string{"*"}},
	}
}

// grant gives the viewers their role everywhere and the scoped one the same role in Namespace.
func (c *Cluster) grant(ctx context.Context) error {
	api := c.Client.RbacV1()
	role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "bed-reading"}
	group := func(name string) []rbacv1.Subject {
		return []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}}
	}
	_, err := api.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: role.Name}, Rules: reading()},
		metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = api.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "bed-viewers"},
		Subjects: group("viewers"), RoleRef: role}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	_, err = api.RoleBindings(c.Namespace).Create(ctx, &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "bed-scoped"},
		Subjects: group("scoped"), RoleRef: role}, metav1.CreateOptions{})
	return err
}

// granted asks as the users themselves, since the API server learns of roles a moment after they are made.
func (c *Cluster) granted(ctx context.Context) error {
	for _, ask := range []struct {
		who   User
		where string
	}{{c.Viewer, ""}, {c.Scoped, c.Namespace}} {
		api, err := kubernetes.NewForConfig(c.Config(ask.who))
		if err != nil {
			return err
		}
		if _, err := api.CoreV1().Pods(ask.where).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
			return fmt.Errorf("as %s: %w", ask.who.Name, err)
		}
	}
	return nil
}
