package main

import (
	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func mechanismOf(name, user, password string) sasl.Mechanism {
	return map[string]sasl.Mechanism{
		"PLAIN":         plain.Auth{User: user, Pass: password}.AsMechanism(),
		"SCRAM-SHA-256": scram.Auth{User: user, Pass: password}.AsSha256Mechanism(),
		"SCRAM-SHA-512": scram.Auth{User: user, Pass: password}.AsSha512Mechanism(),
	}[name]
}

// The options of a client of these brokers: how it connects, and more.
func connecting(brokers []string, more ...kgo.Opt) []kgo.Opt {
	options := append([]kgo.Opt{kgo.SeedBrokers(brokers...)}, more...)
	if security := check.Secured(); security != nil {
		options = append(options, kgo.DialTLSConfig(security.TLS), kgo.SASL(mechanismOf(security.Mechanism, security.User, security.Password)))
	}
	return options
}
