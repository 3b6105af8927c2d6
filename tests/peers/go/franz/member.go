package main

import (
	"context"
	"time"

	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	sessionTimeout = 10 * time.Second // of the classic protocol; brokers decide on it in the other
	answerTimeout  = 5 * time.Second  // a broker that is stopped is given up after that
	commitTimeout  = 60 * time.Second // a new coordinator is found within it
	pollRecords    = 200
	// In KIP-848 it goes on asking a coordinator that has stopped answering until the metadata lacks that broker; by default it asks for metadata
	// every five minutes, or when a leader has changed.
	metadataAge = 5 * time.Second
)

// A member commits what it has read after each poll; the group does not rebalance in between.
func member(arguments []string) {
	told := check.MemberOf(arguments)
	options := connecting(told.Brokers, kgo.ConsumerGroup(told.Group), kgo.ConsumeTopics(told.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.SessionTimeout(sessionTimeout), kgo.RequestTimeoutOverhead(answerTimeout), kgo.MetadataMinAge(time.Second), kgo.MetadataMaxAge(metadataAge))
	if told.Protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	client, err := kgo.NewClient(options...)
	check.No(err, "client")
	terminated := check.UntilTerminated()
	for terminated.Err() == nil {
		fetches := client.PollRecords(terminated, pollRecords)
		fetches.EachError(func(_ string, partition int32, err error) { check.Said("poll:", err) })
		fetches.EachRecord(func(record *kgo.Record) { check.Read(record.Partition, record.Offset, record.Value) })
		committing, done := context.WithTimeout(context.Background(), commitTimeout)
		if err := client.CommitUncommittedOffsets(committing); err != nil {
			check.Said("commit:", err)
		}
		done()
		client.AllowRebalance()
	}
	client.CloseAllowingRebalance()
}
