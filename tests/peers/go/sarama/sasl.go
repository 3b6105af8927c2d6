package main

import (
	"errors"
	"fmt"
	"os"

	"fulmar/peers/check"
	"fulmar/peers/sarama/security"

	"github.com/IBM/sarama"
)

// Authenticates, and describes the cluster. Arguments: address, mechanism, user, password. Exits with 3 if the broker refuses the user.
func authenticate(arguments []string) {
	config := sarama.NewConfig()
	config.Metadata.Retry.Max = 0
	security.As(config, arguments[1], arguments[2], arguments[3])
	client, err := sarama.NewClient([]string{arguments[0]}, config)
	if errors.Is(err, sarama.ErrSASLAuthenticationFailed) {
		fmt.Println("refused")
		os.Exit(3)
	}
	check.No(err, "a client")
	defer client.Close()
	check.That(len(client.Brokers()) == 1, "the client is served")
}
