// One binary with everything that a control plane of the rehearsal is made of. The name it is called by, or else its first argument,
// says which part this process is.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Each part runs in a process of its own: they register flags, metrics and feature gates under the same names.
var parts = map[string]func() int{
	"etcd":                    etcd,
	"kube-apiserver":          apiserver,
	"kube-controller-manager": controllerManager,
	"kube-scheduler":          scheduler,
	"kwok":                    kwok,
	"kwok-node-stages":        kwokNodeStages,
	"kubectl":                 kubectl,
}

func main() {
	if os.Getenv("MAINSTAY_END_WITH_STDIN") != "" {
		go endWithStdin()
	}
	if run := parts[filepath.Base(os.Args[0])]; run != nil {
		os.Exit(run())
	}
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		os.Args = os.Args[1:]
		os.Exit(parts[os.Args[0]]())
	}
	names := make([]string, 0, len(parts))
	for name := range parts {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Fprintf(os.Stderr, "usage: %s %s [flags]\n", os.Args[0], strings.Join(names, "|"))
	os.Exit(2)
}

// Whoever started this process holds the other end of its standard input: it closes when that process ends, however that came about.
func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(os.Stderr, "whoever started this process has ended")
	os.Exit(1)
}
