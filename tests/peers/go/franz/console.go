// What Redpanda Console asks of brokers, by the client that it uses: franz-go's kadm.
package main

import (
	"context"
	"errors"
	"time"

	"fulmar/peers/check"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

type console struct {
	*kadm.Client
	ctx           context.Context
	topic, group  string
	factor, parts int
}

func likeConsole(arguments []string) {
	brokers, factor := check.Basics(arguments)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	topic := check.Topic("console")
	client, err := kgo.NewClient(connecting(brokers, kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	check.No(err, "client")
	defer client.Close()
	c := &console{kadm.NewClient(client), ctx, topic, topic + "-group", factor, check.Partitions}
	c.overview()
	c.topics()
	for range 10 {
		check.No(client.ProduceSync(ctx, &kgo.Record{Value: []byte("value")}).FirstErr(), "produce")
	}
	c.records()
	c.groups()
	c.reassignments()
	c.quotas()
	c.users()
	c.acls()
	deleted, err := c.DeleteTopics(ctx, topic)
	check.That(err == nil && deleted.Error() == nil, "the topic is deleted", err)
}

func (c *console) overview() {
	versions, err := c.ApiVersions(c.ctx)
	check.That(err == nil && len(versions) == c.factor, "each broker's versions of APIs", err)
	for _, broker := range versions {
		check.That(broker.Err == nil && broker.VersionGuess() != "", "by which its release is guessed", broker.VersionGuess())
	}
	metadata, err := c.Metadata(c.ctx)
	check.That(err == nil && len(metadata.Brokers) == c.factor && metadata.Controller > 0 && metadata.Cluster != "", "the cluster's brokers", err)
	configs, err := c.DescribeBrokerConfigs(c.ctx, 1)
	check.That(err == nil && len(configs) == 1 && configs[0].Err == nil && len(configs[0].Configs) > 50, "a broker's configuration", err)
}

func (c *console) topics() {
	_, err := c.CreateTopic(c.ctx, int32(c.parts), int16(c.factor), map[string]*string{"retention.ms": kadm.StringPtr("3600000")}, c.topic)
	check.No(err, "a topic is made")
	_, err = c.CreateTopic(c.ctx, 1, int16(c.factor), nil, c.topic)
	check.That(errors.Is(err, kerr.TopicAlreadyExists), "twice it is refused", err)
	check.Until(func() bool {
		metadata, err := c.Metadata(c.ctx, c.topic)
		if err != nil || len(metadata.Topics[c.topic].Partitions) != c.parts {
			return false
		}
		for _, partition := range metadata.Topics[c.topic].Partitions {
			if partition.Err != nil || partition.Leader < 0 {
				return false
			}
		}
		return true
	}, "it is shown with its leaders")
	altered, err := c.AlterTopicConfigs(c.ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "segment.ms", Value: kadm.StringPtr("7000000")}, {Op: kadm.AppendConfig, Name: "cleanup.policy", Value: kadm.StringPtr("compact")}}, c.topic)
	check.That(err == nil && altered[0].Err == nil, "its configuration is changed", err)
	check.Until(func() bool {
		described, err := c.DescribeTopicConfigs(c.ctx, c.topic)
		if err != nil || described[0].Err != nil {
			return false
		}
		for _, config := range described[0].Configs {
			if config.Key == "cleanup.policy" {
				return *config.Value == "delete,compact" && len(config.Synonyms) > 0
			}
		}
		return false
	}, "and shown, with where it comes from")
	_, err = c.AlterTopicConfigs(c.ctx, []kadm.AlterConfig{{Op: kadm.SubtractConfig, Name: "cleanup.policy", Value: kadm.StringPtr("compact")}}, c.topic)
	check.No(err, "changed back")
	dirs, err := c.DescribeAllLogDirs(c.ctx, nil)
	check.That(err == nil && len(dirs) == c.factor, "how much each broker holds", err)
	c.parts++
	updated, err := c.UpdatePartitions(c.ctx, c.parts, c.topic)
	check.That(err == nil && updated.Error() == nil, "a partition is added", err)
}

func (c *console) records() {
	starts, err := c.ListStartOffsets(c.ctx, c.topic)
	check.No(err, "start offsets")
	ends, err := c.ListEndOffsets(c.ctx, c.topic)
	check.No(err, "end offsets")
	start, _ := starts.Lookup(c.topic, 0)
	end, _ := ends.Lookup(c.topic, 0)
	check.That(start.Offset == 0 && end.Offset == 10, "offsets are shown", start, end)
	var ask kadm.Offsets
	ask.Add(kadm.Offset{Topic: c.topic, Partition: 0, At: 4})
	removed, err := c.DeleteRecords(c.ctx, ask)
	check.That(err == nil && removed.Error() == nil, "records are deleted", err)
	producers, err := c.DescribeProducers(c.ctx, kadm.TopicsSet{c.topic: {0: {}}})
	check.No(err, "producers")
	partition := producers[c.topic].Partitions[0]
	check.That(partition.Err == nil && len(partition.ActiveProducers) == 1, "a partition's producers are shown", partition.Err)
	_, err = c.ListTransactions(c.ctx, nil, nil)
	check.No(err, "transactions are listed")
}

func (c *console) groups() {
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: c.topic, Partition: 0, At: 6, LeaderEpoch: -1, Metadata: "words"})
	offsets.Add(kadm.Offset{Topic: c.topic, Partition: 1, At: 0, LeaderEpoch: -1})
	committed, err := c.CommitOffsets(c.ctx, c.group, offsets)
	check.That(err == nil && committed.Error() == nil, "a group's offsets are set", err)
	listed, err := c.ListGroups(c.ctx)
	check.That(err == nil && listed[c.group].State == "Empty", "groups are listed", err)
	described, err := c.DescribeGroups(c.ctx, c.group)
	check.That(err == nil && described[c.group].Err == nil && described[c.group].State == "Empty", "described", err)
	many := c.FetchManyOffsets(c.ctx, c.group)
	check.That(many[c.group].Err == nil && len(many[c.group].Fetched[c.topic]) == 2, "and their offsets shown", many[c.group].Err)
	lags, err := c.Lag(c.ctx, c.group)
	check.That(err == nil && lags[c.group].Lag.Total() == 4, "and how far behind they are", err, lags[c.group].Lag.Total())
	deleted, err := c.DeleteOffsets(c.ctx, c.group, kadm.TopicsSet{c.topic: {1: {}}})
	check.That(err == nil && deleted.Error() == nil, "an offset is deleted", err)
	_, err = c.DeleteGroup(c.ctx, c.group)
	check.No(err, "a group is deleted")
	_, err = c.DeleteGroup(c.ctx, c.group)
	check.That(errors.Is(err, kerr.GroupIDNotFound), "and can't be again", err)
}

func (c *console) reassignments() {
	var ask kadm.AlterPartitionAssignmentsReq
	ask.Assign(c.topic, 0, []int32{1})
	altered, err := c.AlterPartitionAssignments(c.ctx, ask)
	check.That(err == nil && altered.Error() == nil, "a partition is moved", err)
	check.Until(func() bool {
		moving, err := c.ListPartitionReassignments(c.ctx, nil)
		return err == nil && len(moving) == 0
	}, "until it is there")
	check.Until(func() bool {
		elected, err := c.ElectLeaders(c.ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{c.topic: {0: {}}})
		return err == nil && errors.Is(elected[c.topic][0].Err, kerr.ElectionNotNeeded)
	}, "and leads, so that none has to be elected")
}

func (c *console) quotas() {
	user := c.topic + "-user"
	entity := kadm.ClientQuotaEntity{{Type: "user", Name: &user}}
	altered, err := c.AlterClientQuotas(c.ctx, []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: []kadm.AlterClientQuotaOp{{Key: "consumer_byte_rate", Value: 1000}}}})
	check.That(err == nil && altered[0].Err == nil, "a quota is set", err)
	check.Until(func() bool {
		described, err := c.DescribeClientQuotas(c.ctx, false, []kadm.DescribeClientQuotaComponent{{Type: "user", MatchName: &user}})
		return err == nil && len(described) == 1 && described[0].Values[0].Value == 1000
	}, "and shown")
	altered, err = c.AlterClientQuotas(c.ctx, []kadm.AlterClientQuotaEntry{{Entity: entity, Ops: []kadm.AlterClientQuotaOp{{Key: "consumer_byte_rate", Remove: true}}}})
	check.That(err == nil && altered[0].Err == nil, "and taken back", err)
}

func (c *console) users() {
	user := c.topic + "-user"
	altered, err := c.AlterUserSCRAMs(c.ctx, nil, []kadm.UpsertSCRAM{{User: user, Mechanism: kadm.ScramSha512, Iterations: 4096, Password: "password"}})
	check.That(err == nil && altered[user].Err == nil, "a user is added", err)
	check.Until(func() bool {
		described, err := c.DescribeUserSCRAMs(c.ctx)
		return err == nil && len(described[user].CredInfos) == 1
	}, "and shown")
	altered, err = c.AlterUserSCRAMs(c.ctx, []kadm.DeleteSCRAM{{User: user, Mechanism: kadm.ScramSha512}}, nil)
	check.That(err == nil && altered[user].Err == nil, "and deleted", err)
}

func (c *console) acls() {
	entries := kadm.NewACLs().Topics(c.topic).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpRead, kadm.OpWrite).Allow("User:console")
	if check.Secured() == nil {
		created, err := c.CreateACLs(c.ctx, entries)
		check.That(err == nil && len(created) == 2 && errors.Is(created[0].Err, kerr.SecurityDisabled), "without an authorizer there are no access control lists", err)
		return
	}
	created, err := c.CreateACLs(c.ctx, entries)
	check.That(err == nil && len(created) == 2 && created[0].Err == nil, "access control lists are made", err)
	all := kadm.NewACLs().Topics(c.topic).ResourcePatternType(kadm.ACLPatternLiteral).Operations(kadm.OpAny).Allow().AllowHosts().Deny().DenyHosts()
	check.Until(func() bool {
		described, err := c.DescribeACLs(c.ctx, all)
		shown := 0
		for _, of := range described {
			shown += len(of.Described)
		}
		return err == nil && shown >= 2
	}, "shown")
	deleted, err := c.DeleteACLs(c.ctx, all)
	check.That(err == nil && len(deleted) > 0 && deleted[0].Err == nil, "and deleted", err)
}
