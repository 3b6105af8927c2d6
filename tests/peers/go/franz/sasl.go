package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Authenticates, and describes the cluster. Arguments: address, mechanism, user, password. Exits with 3 if the broker refuses the user.
func authenticate(arguments []string) {
	user, password := arguments[2], arguments[3]
	mechanism := mechanismOf(arguments[1], user, password)
	client, err := kgo.NewClient(kgo.SeedBrokers(arguments[0]), kgo.SASL(mechanism), kgo.RetryTimeout(5*time.Second))
	check.No(err, "a client")
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if errors.Is(err, kerr.SaslAuthenticationFailed) {
		fmt.Println("refused")
		os.Exit(3)
	}
	check.No(err, "the brokers")
	check.That(len(brokers) == 1, "the client is served")
}
