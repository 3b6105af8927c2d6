// sarama 1.45.2: what goes without groups. It sends batches whose maximum timestamp is -1, which later versions compute.
package main

import (
	"fulmar/peers/check"
	"fulmar/peers/sarama/basics"
)

func main() {
	check.Programs(map[string]func([]string){"basics": basics.Run})
}
