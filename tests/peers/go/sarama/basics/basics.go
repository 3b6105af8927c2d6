// Create, describe, produce, consume, offsets by time, delete records, partitions, delete.
//
// Package basics is also built with a version of sarama that leaves the maximum timestamp of batches at -1 (sarama145).
package basics

import (
	"time"

	"fulmar/peers/check"
	"fulmar/peers/sarama/security"

	"github.com/IBM/sarama"
)

// Run is the program.
func Run(arguments []string) {
	brokers, factor := check.Basics(arguments)
	config := sarama.NewConfig()
	config.Version = sarama.V3_6_0_0
	config.Producer.Return.Successes = true
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Compression = sarama.CompressionZSTD
	security.Connecting(config)
	client, err := sarama.NewClient(brokers, config)
	check.No(err, "connect")
	admin, err := sarama.NewClusterAdminFromClient(client)
	check.No(err, "admin")
	topic := check.Topic("sarama")
	check.No(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: check.Partitions, ReplicationFactor: int16(factor)}, false), "create")
	check.Until(func() bool {
		topics, err := admin.ListTopics()
		_, there := topics[topic]
		return err == nil && there
	}, "the topic is listed")
	check.Until(func() bool {
		described, err := admin.DescribeTopics([]string{topic})
		if err != nil || len(described) != 1 || len(described[0].Partitions) != check.Partitions {
			return false
		}
		for _, partition := range described[0].Partitions {
			if partition.Leader < 0 || len(partition.Replicas) != factor {
				return false
			}
		}
		return true
	}, "it is described with leaders and replicas")
	check.No(client.RefreshMetadata(topic), "refresh")

	producer, err := sarama.NewSyncProducerFromClient(client)
	check.No(err, "producer")
	begun := time.Now()
	var messages []*sarama.ProducerMessage
	for n := range check.Values {
		messages = append(messages, &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(check.Key(n)),
			Value: sarama.StringEncoder(check.Value(n)), Timestamp: begun.Add(time.Duration(n) * time.Millisecond)})
	}
	check.No(producer.SendMessages(messages), "produce")

	consumer, err := sarama.NewConsumerFromClient(client)
	check.No(err, "consumer")
	read := map[string]bool{}
	for partition := range int32(check.Partitions) {
		end, err := client.GetOffset(topic, partition, sarama.OffsetNewest)
		check.No(err, "newest offset")
		if end == 0 {
			continue
		}
		reading, err := consumer.ConsumePartition(topic, partition, sarama.OffsetOldest)
		check.No(err, "consume")
		for message := range reading.Messages() {
			read[string(message.Value)] = true
			if message.Offset == end-1 {
				break
			}
		}
		check.No(reading.Close(), "close")
	}
	check.That(len(read) == check.Values, "all that was produced is read")

	first := messages[0]
	for _, message := range messages {
		if message.Partition == first.Partition && message.Offset == first.Offset+5 {
			at, err := client.GetOffset(topic, message.Partition, message.Timestamp.UnixMilli())
			check.No(err, "offset by time")
			check.That(at == message.Offset, "an offset is found by its time")
		}
	}
	check.No(admin.DeleteRecords(topic, map[int32]int64{first.Partition: 3}), "delete records")
	oldest, err := client.GetOffset(topic, first.Partition, sarama.OffsetOldest)
	check.No(err, "oldest offset")
	check.That(oldest == 3, "records are deleted")
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
	check.No(err, "describe configs")
	check.That(len(entries) > 10, "the topic's configuration is described")
	check.No(admin.CreatePartitions(topic, check.Partitions+2, nil, false), "create partitions")
	check.Until(func() bool {
		described, err := admin.DescribeTopics([]string{topic})
		return err == nil && len(described[0].Partitions) == check.Partitions+2
	}, "partitions are added")
	_, _, err = admin.DescribeCluster()
	check.No(err, "describe cluster")
	_, err = admin.DescribeLogDirs([]int32{1})
	check.No(err, "describe log dirs")
	check.No(admin.DeleteTopic(topic), "delete")
	check.Until(func() bool {
		topics, err := admin.ListTopics()
		_, there := topics[topic]
		return err == nil && !there
	}, "the topic is gone")
	check.No(producer.Close(), "close")
	check.No(admin.Close(), "close")
}
