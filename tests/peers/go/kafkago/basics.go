// Create, list, produce, read without a group, offsets by time, delete; and asks whether it is gone.

package main

import (
	"context"
	"errors"
	"time"

	"fulmar/peers/check"

	"github.com/segmentio/kafka-go"
)

func basics(arguments []string) {
	brokers, factor := check.Basics(arguments)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	transport, dialer := connecting()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 20 * time.Second, Transport: transport}
	topic := check.Topic("kafka-go")
	created, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: check.Partitions, ReplicationFactor: factor}}})
	check.No(err, "create")
	check.No(created.Errors[topic], "create the topic")
	check.Until(func() bool {
		metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		if err != nil || len(metadata.Topics) != 1 || metadata.Topics[0].Error != nil || len(metadata.Topics[0].Partitions) != check.Partitions {
			return false
		}
		for _, partition := range metadata.Topics[0].Partitions {
			if partition.Error != nil || partition.Leader.Port == 0 {
				return false
			}
		}
		return true
	}, "the topic is there with its leaders")
	check.Until(func() bool {
		all, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		there := false
		for _, one := range all.Topics {
			there = there || one.Name == topic
		}
		return err == nil && there
	}, "the topic is listed")

	writer := &kafka.Writer{Addr: kafka.TCP(brokers...), Topic: topic, Balancer: &kafka.Hash{}, RequiredAcks: kafka.RequireAll,
		Compression: kafka.Snappy, BatchTimeout: 10 * time.Millisecond, Transport: transport}
	begun := time.UnixMilli(time.Now().UnixMilli())
	var messages []kafka.Message
	for n := range check.Values {
		messages = append(messages, kafka.Message{Key: []byte(check.Key(n)), Value: []byte(check.Value(n)), Time: begun.Add(time.Duration(n) * time.Millisecond)})
	}
	check.No(writer.WriteMessages(ctx, messages...), "produce")
	check.No(writer.Close(), "close")

	read := map[string]bool{}
	var sixth kafka.Message
	for partition := range check.Partitions {
		offsets, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
			topic: {kafka.FirstOffsetOf(partition), kafka.LastOffsetOf(partition)}}})
		check.No(err, "list offsets")
		end := offsets.Topics[topic][0].LastOffset
		if end == 0 {
			continue
		}
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: topic, Partition: partition, MaxWait: 100 * time.Millisecond, Dialer: dialer})
		for {
			message, err := reader.ReadMessage(ctx)
			check.No(err, "read")
			read[string(message.Value)] = true
			if message.Offset == 5 {
				sixth = message
			}
			if message.Offset == end-1 {
				break
			}
		}
		check.No(reader.Close(), "close")
	}
	check.That(len(read) == check.Values, "all that was produced is read")
	found, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		topic: {kafka.TimeOffsetOf(sixth.Partition, sixth.Time)}}})
	check.No(err, "offset by time")
	_, right := found.Topics[topic][0].Offsets[5]
	check.That(right, "an offset is found by its time", found.Topics[topic])
	described, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{
		{ResourceType: kafka.ResourceTypeTopic, ResourceName: topic}}})
	check.No(err, "describe configs")
	check.That(len(described.Resources) == 1 && described.Resources[0].Error == nil && len(described.Resources[0].ConfigEntries) > 10, "the topic's configuration is described")
	deleted, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	check.No(err, "delete")
	check.No(deleted.Errors[topic], "delete the topic")
	// Its Metadata always lets the broker create what is asked for: the first answer must tell that the topic is gone all the same.
	check.Until(func() bool {
		metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
		return err == nil && len(metadata.Topics) == 1 && errors.Is(metadata.Topics[0].Error, kafka.UnknownTopicOrPartition)
	}, "a deleted topic is said to be gone, once asked for")
}
