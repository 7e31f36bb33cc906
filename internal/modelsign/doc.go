// Package modelsign checks a folder of model weights against its OpenSSF model signature: the signature over the manifest,
// the files against the manifest, and the form of safetensors files. It reads an fs.FS and nothing else: it opens no
// connection, asks no transparency log, and writes nothing.
package modelsign
