// franz-go: what goes without groups, a member of groups of both kinds, and consume-transform-produce in transactions.
package main

import "fulmar/peers/check"

func main() {
	check.Programs(map[string]func([]string){"basics": basics, "console": likeConsole, "member": member, "copier": copier, "sasl": authenticate})
}
