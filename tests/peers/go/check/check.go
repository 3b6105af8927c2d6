// Package check: what the peers have in common: their arguments, the values, and how a failure is said.
package check

import (
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	Partitions = 3
	Values     = 3000
)

func Topic(client string) string { return fmt.Sprintf("%s-%d", client, time.Now().UnixNano()) }
func Key(n int) string           { return fmt.Sprintf("key %d", n%17) }
func Value(n int) string         { return fmt.Sprintf("value %d %s", n, strings.Repeat("x", n%100)) }

func That(holds bool, what string, more ...any) {
	if !holds {
		fmt.Fprintln(os.Stderr, "FAILED:", what, fmt.Sprint(more...))
		os.Exit(1)
	}
	fmt.Println("ok:", what)
}

// No error.
func No(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "FAILED: %s: %v\n", what, err)
		os.Exit(1)
	}
}

// Until retries what is true a moment later, as clients have to: for at most 20 seconds.
func Until(holds func() bool, what string) {
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			That(false, what)
		}
	}
	fmt.Println("ok:", what)
}
