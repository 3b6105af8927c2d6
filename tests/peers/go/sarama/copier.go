package main

import (
	"errors"
	"sync"
	"time"

	"fulmar/peers/check"

	"github.com/IBM/sarama"
)

const (
	transactionTimeout = 20 * time.Second
	copyRecords        = 100 // in a transaction at most
	abortEvery         = 5   // transactions
	retriesMax         = 60  // of what a transaction has to have: a new coordinator is found within them
)

var errNoProducer = errors.New("the producer failed in another partition")

// A copier: the claims of a member take turns with its one producer. A transaction that fails ends the session, and the next one begins at what
// is committed.
type copying struct {
	told         check.Copier
	producer     sarama.SyncProducer
	turn         sync.Mutex
	transactions int
}

func (c *copying) newProducer() (sarama.SyncProducer, error) {
	config := groupConfig()
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = c.told.TransactionalId
	config.Producer.Transaction.Timeout = transactionTimeout
	config.Producer.Transaction.Retry.Max, config.Producer.Transaction.Retry.Backoff = retriesMax, retryAfter
	config.Producer.Retry.Max, config.Producer.Retry.Backoff = retriesMax, retryAfter
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Net.MaxOpenRequests = 1
	return sarama.NewSyncProducer(c.told.Brokers, config)
}

func (c *copying) Setup(sarama.ConsumerGroupSession) (err error) {
	if c.producer == nil {
		c.producer, err = c.newProducer()
	}
	return err
}

func (c *copying) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (c *copying) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		batch := next(session, claim)
		if len(batch) == 0 {
			return nil
		}
		if err := c.copy(session, batch); err != nil {
			check.Said("transaction:", err)
			return err
		}
	}
}

// What is there of the claim's messages, at least one; none at the end of the session.
func next(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) (batch []*sarama.ConsumerMessage) {
	select {
	case message, more := <-claim.Messages():
		if !more {
			return nil
		}
		batch = append(batch, message)
	case <-session.Context().Done():
		return nil
	}
	for len(batch) < copyRecords {
		select {
		case message, more := <-claim.Messages():
			if !more {
				return batch
			}
			batch = append(batch, message)
		default:
			return batch
		}
	}
	return batch
}

func (c *copying) copy(session sarama.ConsumerGroupSession, batch []*sarama.ConsumerMessage) error {
	c.turn.Lock()
	defer c.turn.Unlock()
	if err := session.Context().Err(); err != nil {
		return err
	}
	if c.producer == nil {
		return errNoProducer
	}
	c.transactions++
	if c.transactions%abortEvery == 0 {
		if err := c.transaction(session, batch, true); err != nil {
			return err
		}
	}
	return c.transaction(session, batch, false)
}

// All of it or nothing. The offsets are committed with the records, unless it is one to abort.
func (c *copying) transaction(session sarama.ConsumerGroupSession, batch []*sarama.ConsumerMessage, abort bool) error {
	if err := c.producer.BeginTxn(); err != nil {
		return c.giveUp(err)
	}
	var copies []*sarama.ProducerMessage
	for _, message := range batch {
		copies = append(copies, &sarama.ProducerMessage{Topic: c.told.To, Partition: message.Partition, Value: sarama.ByteEncoder(check.Copied(message.Value, abort))})
	}
	if err := c.producer.SendMessages(copies); err != nil {
		return c.giveUp(err)
	}
	end := c.producer.AbortTxn
	if !abort {
		metadata := sarama.NewConsumerGroupMetadataFromSession(session, c.told.Group, nil)
		if err := c.producer.AddMessageToTxnWithGroupMetadata(batch[len(batch)-1], metadata, nil); err != nil {
			return c.giveUp(err)
		}
		end = c.producer.CommitTxn
	}
	if err := end(); err != nil {
		return c.giveUp(err)
	}
	check.Ended(!abort, len(batch))
	return nil
}

// The next producer of this transactional id aborts what this one has left open.
func (c *copying) giveUp(err error) error {
	if closing := c.producer.Close(); closing != nil {
		check.Said("close:", closing)
	}
	c.producer = nil
	return err
}

func copier(arguments []string) {
	told := check.CopierOf(arguments)
	config := groupConfig()
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	group, err := sarama.NewConsumerGroup(told.Brokers, told.Group, config)
	check.No(err, "group")
	copies := &copying{told: told}
	consume(group, told.From, copies)
	if copies.producer != nil {
		check.No(copies.producer.Close(), "close")
	}
}
