// Package security: how sarama's clients authenticate. It leaves SCRAM's messages to another library.
package security

import (
	"crypto/sha256"
	"crypto/sha512"

	"fulmar/peers/check"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

type conversation struct {
	hash scram.HashGeneratorFcn
	*scram.ClientConversation
}

func (c *conversation) Begin(user, password, authorization string) error {
	client, err := c.hash.NewClient(user, password, authorization)
	if err == nil {
		c.ClientConversation = client.NewConversation()
	}
	return err
}

// As lets a client authenticate as this user.
func As(config *sarama.Config, mechanism, user, password string) {
	config.Net.SASL.Enable = true
	config.Net.SASL.Mechanism = sarama.SASLMechanism(mechanism)
	config.Net.SASL.User, config.Net.SASL.Password = user, password
	config.Net.SASL.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient {
		if mechanism == "SCRAM-SHA-256" {
			return &conversation{hash: sha256.New}
		}
		return &conversation{hash: sha512.New}
	}
}

// Connecting lets a client connect as it is told.
func Connecting(config *sarama.Config) {
	if security := check.Secured(); security != nil {
		config.Net.TLS.Enable, config.Net.TLS.Config = true, security.TLS
		As(config, security.Mechanism, security.User, security.Password)
	}
}
