package main

import (
	"context"
	"time"

	"fulmar/peers/check"
	"fulmar/peers/sarama/security"

	"github.com/IBM/sarama"
)

const (
	sessionTimeout    = 10 * time.Second
	heartbeatInterval = time.Second
	answerTimeout     = 5 * time.Second // a broker that is stopped is given up after that
	retryAfter        = 250 * time.Millisecond
)

// Of members and copiers. What is tried again within a session is left at a few times: each takes as long as a broker that is stopped is waited for.
func groupConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Net.DialTimeout, config.Net.ReadTimeout, config.Net.WriteTimeout = answerTimeout, answerTimeout, answerTimeout
	config.Metadata.RefreshFrequency = answerTimeout
	config.Consumer.Group.Session.Timeout = sessionTimeout
	config.Consumer.Group.Heartbeat.Interval = heartbeatInterval
	config.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Return.Errors = true
	security.Connecting(config)
	return config
}

// Consumes with the handler until the program is terminated; the session before that is left in order.
func consume(group sarama.ConsumerGroup, topic string, handler sarama.ConsumerGroupHandler) {
	go func() {
		for err := range group.Errors() {
			check.Said("group:", err)
		}
	}()
	terminated := check.UntilTerminated()
	for terminated.Err() == nil {
		err := group.Consume(terminated, []string{topic}, handler)
		if err != nil {
			check.Said("consume:", err)
			pause(terminated)
		}
	}
	check.No(group.Close(), "close")
}

// Between two tries, of which neither says when the next may do better.
func pause(terminated context.Context) {
	select {
	case <-time.After(retryAfter):
	case <-terminated.Done():
	}
}

// A member marks what it has read. Sarama commits that at intervals, and at the end of each session.
type reader struct{}

func (reader) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (reader) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (reader) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, more := <-claim.Messages():
			if !more {
				return nil
			}
			check.Read(message.Partition, message.Offset, message.Value)
			session.MarkMessage(message, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

func member(arguments []string) {
	told := check.MemberOf(arguments)
	config := groupConfig()
	config.Consumer.Offsets.AutoCommit.Interval = 200 * time.Millisecond
	group, err := sarama.NewConsumerGroup(told.Brokers, told.Group, config)
	check.No(err, "group")
	consume(group, told.Topic, reader{})
}
