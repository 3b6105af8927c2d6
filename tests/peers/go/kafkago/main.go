// segmentio/kafka-go: what goes without groups, and a member of a group. It has no transactional producer.
package main

import "fulmar/peers/check"

func main() {
	check.Programs(map[string]func([]string){"basics": basics, "member": member, "sasl": authenticate})
}
