// sarama (IBM): what goes without groups, a member of a group, and consume-transform-produce in transactions.
package main

import (
	"fulmar/peers/check"
	"fulmar/peers/sarama/basics"
)

func main() {
	check.Programs(map[string]func([]string){"admin": administer, "basics": basics.Run, "member": member, "copier": copier, "sasl": authenticate})
}
