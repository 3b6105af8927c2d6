package check

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// Programs runs the one of a client's programs that the first argument names, with the arguments after it.
func Programs(programs map[string]func(arguments []string)) {
	if len(os.Args) > 1 {
		if run := programs[os.Args[1]]; run != nil {
			run(os.Args[2:])
			return
		}
	}
	fmt.Fprintln(os.Stderr, "the first argument names the program: basics, member or copier, as far as this client has it")
	os.Exit(2)
}

func need(arguments []string, names ...string) {
	if len(arguments) != len(names) {
		fmt.Fprintln(os.Stderr, "arguments:", strings.Join(names, " "))
		os.Exit(2)
	}
}

// Basics has the arguments BOOTSTRAP[,BOOTSTRAP...] and the replication factor of the topics to make.
func Basics(arguments []string) (brokers []string, factor int) {
	need(arguments, "BOOTSTRAP", "REPLICATION_FACTOR")
	factor, err := strconv.Atoi(arguments[1])
	No(err, "the replication factor")
	return strings.Split(arguments[0], ","), factor
}

// Member is what a member of a group is told (../../members.py begins it, and reads what it prints).
type Member struct {
	Brokers                []string
	Group, Topic, Protocol string // the protocol: "classic" or "consumer"
}

func MemberOf(arguments []string) Member {
	need(arguments, "BOOTSTRAP", "GROUP", "TOPIC", "PROTOCOL")
	return Member{strings.Split(arguments[0], ","), arguments[1], arguments[2], arguments[3]}
}

// Read tells of a record that a member has read.
func Read(partition int32, offset int64, value []byte) {
	fmt.Printf("read %d %d %s\n", partition, offset, value)
}

// Copier is what a program is told that passes records on in transactions (../../copiers.py begins it): from each partition of one topic to the
// same of another, as a member of a group.
type Copier struct {
	Brokers                          []string
	Group, From, To, TransactionalId string
}

func CopierOf(arguments []string) Copier {
	need(arguments, "BOOTSTRAP", "GROUP", "FROM", "TO", "TRANSACTIONAL_ID")
	return Copier{strings.Split(arguments[0], ","), arguments[1], arguments[2], arguments[3], arguments[4]}
}

// Said is for whoever reads why a test failed: an error that a client may have while brokers are killed and stopped.
func Said(what string, more ...any) { fmt.Fprintln(os.Stderr, append([]any{what}, more...)...) }

// UntilTerminated is done when the program is sent SIGTERM: it is to commit what it has, leave its group, and end with 0.
func UntilTerminated() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	return ctx
}

// Copied is the copy of a value. In a transaction that will be aborted it says so, for nobody may read it.
func Copied(value []byte, abort bool) []byte {
	if abort {
		return append([]byte("aborted "), value...)
	}
	return value
}

// Ended tells how a transaction ended.
func Ended(committed bool, records int) {
	if committed {
		fmt.Println("committed", records)
	} else {
		fmt.Println("aborted", records)
	}
}
