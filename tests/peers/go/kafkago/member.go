package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fulmar/peers/check"

	"github.com/segmentio/kafka-go"
)

const (
	sessionTimeout = 10 * time.Second
	pollTimeout    = 200 * time.Millisecond
	commitTimeout  = 60 * time.Second // a new coordinator is found within it
	commitRecords  = 50
)

// A member commits after so many records, and when no more come at once.
func member(arguments []string) {
	told := check.MemberOf(arguments)
	_, dialer := connecting()
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: told.Brokers, Dialer: dialer, GroupID: told.Group, Topic: told.Topic, StartOffset: kafka.FirstOffset,
		MaxWait: pollTimeout, SessionTimeout: sessionTimeout, RebalanceTimeout: sessionTimeout, HeartbeatInterval: time.Second,
		JoinGroupBackoff: pollTimeout, ErrorLogger: kafka.LoggerFunc(func(what string, more ...any) { check.Said(fmt.Sprintf(what, more...)) })})
	terminated := check.UntilTerminated()
	var pending []kafka.Message
	commit := func() {
		if len(pending) == 0 {
			return
		}
		committing, done := context.WithTimeout(context.Background(), commitTimeout)
		defer done()
		if err := reader.CommitMessages(committing, pending...); err != nil {
			check.Said("commit:", err)
		}
		pending = nil
	}
	for terminated.Err() == nil {
		polling, done := context.WithTimeout(terminated, pollTimeout)
		message, err := reader.FetchMessage(polling)
		done()
		if err == nil {
			check.Read(int32(message.Partition), message.Offset, message.Value)
			pending = append(pending, message)
		} else if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
			check.Said("fetch:", err)
		}
		if err != nil || len(pending) >= commitRecords {
			commit()
		}
	}
	commit()
	check.No(reader.Close(), "close")
}
