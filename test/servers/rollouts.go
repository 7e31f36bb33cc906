package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// StartRollouts defines the kinds of Argo Rollouts and starts their controller beside those of Kubernetes. It also listens on
// other addresses than the loopback one, for its metrics and its health.
func (c *Cluster) StartRollouts(ctx context.Context) error {
	place, err := program(RolloutsVariable, "folder with the controller of Argo Rollouts")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, ready)
	defer cancel()
	files, err := filepath.Glob(filepath.Join(place, "*-crd.yaml"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("%s holds no definitions", place), err)
	}
	for _, name := range files {
		if err := c.defineFrom(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	ports, err := FreePorts(ctx, 2)
	if err != nil {
		return err
	}
	p, err := start(c.Dir, "rollouts-controller", filepath.Join(place, "rollouts-controller"), "--kubeconfig="+c.system.Kubeconfig,
		"--leader-elect=false", fmt.Sprintf("--metricsPort=%d", ports[0]), fmt.Sprintf("--healthzPort=%d", ports[1]), "--loglevel=warn")
	if err != nil {
		return err
	}
	c.processes = append(c.processes, p)
	if err := p.await(ctx, "was healthy", func(ctx context.Context) error { return get(ctx, url("http", ports[1])+"/healthz") }); err != nil {
		return err
	}
	return c.server.await(ctx, "served Rollouts", func(ctx context.Context) error {
		return c.Client.CoreV1().RESTClient().Get().AbsPath("/apis/argoproj.io/v1alpha1/rollouts").Do(ctx).Error()
	})
}

// defineFrom creates the definitions in a file.
func (c *Cluster) defineFrom(ctx context.Context, name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for doc := range strings.SplitSeq(string(text), "\n---") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		body, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			return err
		}
		err = c.Client.CoreV1().RESTClient().Post().AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").
			SetHeader("Content-Type", "application/json").Body(body).Do(ctx).Error()
		if err != nil {
			return err
		}
	}
	return nil
}
