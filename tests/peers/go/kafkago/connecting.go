package main

import (
	"crypto/tls"

	"fulmar/peers/check"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

func mechanismOf(name, user, password string) sasl.Mechanism {
	for known, algorithm := range map[string]scram.Algorithm{"SCRAM-SHA-256": scram.SHA256, "SCRAM-SHA-512": scram.SHA512} {
		if name == known {
			mechanism, err := scram.Mechanism(algorithm, user, password)
			check.No(err, name)
			return mechanism
		}
	}
	return plain.Mechanism{Username: user, Password: password}
}

// How clients and writers connect, and how readers do.
func connecting() (*kafka.Transport, *kafka.Dialer) {
	var secure *tls.Config
	var mechanism sasl.Mechanism
	if security := check.Secured(); security != nil {
		secure, mechanism = security.TLS, mechanismOf(security.Mechanism, security.User, security.Password)
	}
	return &kafka.Transport{TLS: secure, SASL: mechanism}, &kafka.Dialer{Timeout: kafka.DefaultDialer.Timeout, DualStack: true, TLS: secure, SASLMechanism: mechanism}
}
