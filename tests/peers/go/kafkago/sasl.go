package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fulmar/peers/check"

	"github.com/segmentio/kafka-go"
)

// Authenticates, and describes the cluster. Arguments: address, mechanism, user, password. Exits with 3 if the broker refuses the user.
func authenticate(arguments []string) {
	mechanism := mechanismOf(arguments[1], arguments[2], arguments[3])
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	dialer := kafka.Dialer{SASLMechanism: mechanism, Timeout: 10 * time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", arguments[0])
	if errors.Is(err, kafka.SASLAuthenticationFailed) {
		fmt.Println("refused")
		os.Exit(3)
	}
	check.No(err, "a connection")
	brokers, err := connection.Brokers()
	check.No(err, "the brokers")
	check.That(len(brokers) == 1, "the client is served")
}
