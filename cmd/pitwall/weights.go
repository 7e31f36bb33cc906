package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"pitwall/fleet"
	"pitwall/internal/modelsign"
)

// weightsCommand checks folders of model weights. It needs no fleet and opens no connection.
func weightsCommand(c console) *cobra.Command {
	cmd := &cobra.Command{Use: "weights", Short: "Folders of model weights: verify", Args: cobra.NoArgs}
	var key, signature, output string
	var unlisted bool
	check := &cobra.Command{Use: "verify DIR", Args: cobra.ExactArgs(1),
		Short: "Check a folder of weights against its OpenSSF model signature",
		Long: "The signature over the manifest is checked with the signer's public key, every file is compared with the manifest, and\n" +
			"the headers of safetensors files are looked at. No connection is opened. Without --key nobody vouches for the\n" +
			"manifest: the files are compared, and the exit code is 6.",
		Example: "  pitwall weights verify /models/llama-70b --key /etc/pitwall/signer.pub",
		RunE: func(cmd *cobra.Command, args []string) error {
			return verifyWeights(cmd.Context(), c, args[0], key, signature, output, unlisted)
		}}
	fl := check.Flags()
	fl.StringVar(&key, "key", "", "public key of the signer, PEM, on P-256, P-384 or P-521")
	fl.StringVar(&signature, "signature", "", "signature file (default: "+modelsign.DefaultSignature+" in the folder)")
	fl.BoolVar(&unlisted, "allow-unlisted", false, "tell of files that the manifest does not list, and go on")
	fl.StringVarP(&output, "output", "o", "text", "text or json")
	cmd.AddCommand(check)
	return cmd
}

func verifyWeights(ctx context.Context, c console, dir, key, signature, output string, unlisted bool) error {
	if output != formatJSON && output != "text" {
		return usage(fmt.Errorf("there is no output %q; there are text and json", output))
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return usage(err)
	}
	defer func() { _ = root.Close() }()
	o := modelsign.Options{Unlisted: unlisted}
	if key != "" {
		if o.Key, err = readBounded(key, maxKey); err != nil {
			return usage(err)
		}
	}
	if signature != "" {
		if o.Bundle, err = readBounded(signature, maxSignature); err != nil {
			return usage(err)
		}
	}
	r, err := modelsign.Verify(ctx, root.FS(), o)
	if err != nil {
		return err
	}
	if err := report(c, output, r, func() string { return weightsText(dir, &r) }); err != nil {
		return err
	}
	switch {
	case len(r.Findings) > 0:
		return exit{exitFailed, nil}
	case r.Signature != modelsign.SignedVerified:
		return exit{exitPartial, nil}
	}
	return nil
}

// Bounds of the files that are named on the command line.
const (
	maxKey       = 64 << 10
	maxSignature = 64 << 20
)

func readBounded(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(body)) > most {
		err = fmt.Errorf("%s is larger than %d bytes", fleet.Label(path), most)
	}
	return body, err
}

func weightsText(dir string, r *modelsign.Report) string {
	var b strings.Builder
	line := func(name string, value any) { fmt.Fprintf(&b, "%-10s %s\n", name, fleet.Label(fmt.Sprint(value))) }
	line("folder", dir)
	line("model", r.Name)
	line("manifest", r.Digest)
	line("signature", r.Signature)
	line("files", fmt.Sprintf("%d match, %d bytes", r.Files, r.Bytes))
	for _, p := range r.Ignored {
		line("ignored", p+" (left out by the signer)")
	}
	for _, f := range r.Findings {
		line(strings.ToUpper(string(f.Kind)), f.Path+": "+f.Text)
	}
	for _, n := range r.Notes {
		line("note", n)
	}
	switch {
	case len(r.Findings) > 0:
		line("verdict", fmt.Sprintf("NOT AS SIGNED: %s; do not serve it", fleet.Many(len(r.Findings), "finding")))
	case r.Signature != modelsign.SignedVerified:
		line("verdict", "as its manifest says, and nobody vouches for that: give --key")
	default:
		line("verdict", "as signed")
	}
	return b.String()
}
