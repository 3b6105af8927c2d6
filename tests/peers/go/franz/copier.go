package main

import (
	"context"
	"time"

	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	transactionTimeout = 20 * time.Second
	copyRecords        = 100 // in a transaction at most
	abortEvery         = 5   // transactions
)

// A copier: one transaction for each poll, some of which it aborts. A session that fails for good is followed by another.
func copier(arguments []string) {
	told := check.CopierOf(arguments)
	terminated := check.UntilTerminated()
	for terminated.Err() == nil {
		session, err := kgo.NewGroupTransactSession(connecting(told.Brokers,
			kgo.ConsumerGroup(told.Group), kgo.ConsumeTopics(told.From),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
			kgo.TransactionalID(told.TransactionalId), kgo.TransactionTimeout(transactionTimeout), kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.SessionTimeout(sessionTimeout), kgo.RequestTimeoutOverhead(answerTimeout))...)
		check.No(err, "session")
		if err := copyAll(terminated, session, told.To); err != nil {
			check.Said("session:", err)
		}
		session.Close()
	}
}

func copyAll(terminated context.Context, session *kgo.GroupTransactSession, to string) error {
	for number := 1; terminated.Err() == nil; number++ {
		fetches := session.PollRecords(terminated, copyRecords)
		fetches.EachError(func(_ string, _ int32, err error) { check.Said("poll:", err) })
		if fetches.NumRecords() == 0 {
			continue
		}
		abort := number%abortEvery == 0
		var copies []*kgo.Record
		fetches.EachRecord(func(record *kgo.Record) {
			copies = append(copies, &kgo.Record{Topic: to, Partition: record.Partition, Value: check.Copied(record.Value, abort)})
		})
		if err := session.Begin(); err != nil {
			return err
		}
		err := session.ProduceSync(context.Background(), copies...).FirstErr()
		if err != nil {
			check.Said("produce:", err)
		}
		committed, err := session.End(context.Background(), kgo.TransactionEndTry(err == nil && !abort))
		if err != nil {
			return err
		}
		check.Ended(committed, len(copies))
	}
	return nil
}
