// The newest versions of everything: create, describe, produce idempotently, read, offsets, delete records, log directories.

package main

import (
	"context"
	"time"

	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func basics(arguments []string) {
	brokers, factor := check.Basics(arguments)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	topic := check.Topic("franz")
	producer, err := kgo.NewClient(connecting(brokers, kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.Lz4Compression()))...)
	check.No(err, "client")
	defer producer.Close()
	admin := kadm.NewClient(producer)
	_, err = admin.CreateTopic(ctx, check.Partitions, int16(factor), map[string]*string{"retention.ms": kadm.StringPtr("3600000")}, topic)
	check.No(err, "create")
	check.Until(func() bool {
		topics, err := admin.ListTopics(ctx, topic)
		if err != nil || topics[topic].Err != nil || len(topics[topic].Partitions) != check.Partitions {
			return false
		}
		for _, partition := range topics[topic].Partitions {
			if partition.Leader < 0 {
				return false
			}
		}
		return true
	}, "the topic is there with its leaders")
	begun := time.UnixMilli(time.Now().UnixMilli())
	var records []*kgo.Record
	for n := range check.Values {
		records = append(records, &kgo.Record{Key: []byte(check.Key(n)), Value: []byte(check.Value(n)), Timestamp: begun.Add(time.Duration(n) * time.Millisecond)})
	}
	check.No(producer.ProduceSync(ctx, records...).FirstErr(), "produce")

	consumer, err := kgo.NewClient(connecting(brokers, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	check.No(err, "client")
	defer consumer.Close()
	read := map[string]bool{}
	for len(read) < check.Values {
		fetches := consumer.PollFetches(ctx)
		check.No(fetches.Err(), "poll")
		fetches.EachRecord(func(record *kgo.Record) { read[string(record.Value)] = true })
	}
	check.That(len(read) == check.Values, "all that was produced is read")

	starts, err := admin.ListStartOffsets(ctx, topic)
	check.No(err, "start offsets")
	ends, err := admin.ListEndOffsets(ctx, topic)
	check.No(err, "end offsets")
	var total int64
	ends.Each(func(end kadm.ListedOffset) {
		start, _ := starts.Lookup(topic, end.Partition)
		total += end.Offset - start.Offset
	})
	check.That(total == check.Values, "offsets are dense")
	var sixth *kgo.Record
	for _, record := range records {
		if record.Offset == 5 {
			sixth = record
		}
	}
	after, err := admin.ListOffsetsAfterMilli(ctx, sixth.Timestamp.UnixMilli(), topic)
	check.No(err, "offset by time")
	found, _ := after.Lookup(topic, sixth.Partition)
	check.That(found.Offset == 5, "an offset is found by its time", found)
	newest, err := admin.ListMaxTimestampOffsets(ctx, topic)
	check.No(err, "offset of the maximum")
	check.No(newest.Error(), "offset of the maximum")
	var ask kadm.Offsets
	ask.Add(kadm.Offset{Topic: topic, Partition: sixth.Partition, At: 4})
	removed, err := admin.DeleteRecords(ctx, ask)
	check.No(err, "delete records")
	check.No(removed.Error(), "delete records")
	left, _ := removed.Lookup(topic, sixth.Partition)
	check.That(left.LowWatermark == 4, "records are deleted", left)
	metadata, err := admin.Metadata(ctx, topic)
	check.No(err, "metadata")
	check.That(len(metadata.Brokers) > 0 && metadata.Cluster != "", "the cluster is described")
	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	check.No(err, "describe configs")
	check.That(len(configs) == 1 && configs[0].Err == nil && len(configs[0].Configs) > 10, "the topic's configuration is described")
	dirs, err := admin.DescribeAllLogDirs(ctx, nil)
	check.No(err, "describe log dirs")
	dirs.Each(func(dir kadm.DescribedLogDir) { check.No(dir.Err, "describe log dirs") })
	_, err = admin.UpdatePartitions(ctx, check.Partitions+1, topic)
	check.No(err, "add partitions")
	_, err = admin.DeleteTopic(ctx, topic)
	check.No(err, "delete")
	check.Until(func() bool {
		topics, err := admin.ListTopics(ctx, topic)
		return err == nil && topics[topic].Err == kerr.UnknownTopicOrPartition
	}, "the topic is gone")
}
