// Package check: what the peers have in common: the broker's address, the values, and how a failure is said.
package check

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	Partitions = 3
	Values     = 3000
)

// Arguments are BOOTSTRAP[,BOOTSTRAP...] and the replication factor of the topics to make.
func Arguments() (brokers []string, factor int) {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "arguments: BOOTSTRAP REPLICATION_FACTOR")
		os.Exit(2)
	}
	factor, err := strconv.Atoi(os.Args[2])
	No(err, "the replication factor")
	return strings.Split(os.Args[1], ","), factor
}

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
