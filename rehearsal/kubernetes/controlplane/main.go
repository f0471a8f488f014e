// One binary with all components of the rehearsal's control plane. The program name, or else the first argument, selects the component.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Each component runs in its own process, because they register flags, metrics, and feature gates under the same names.
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

// The parent process holds the other end of standard input, which closes when the parent ends for any reason.
func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(os.Stderr, "the parent process has ended")
	os.Exit(1)
}
