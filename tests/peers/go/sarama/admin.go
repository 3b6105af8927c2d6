// Every method of sarama's ClusterAdmin, also what has to fail.
package main

import (
	"errors"
	"time"

	"fulmar/peers/check"
	"fulmar/peers/sarama/security"

	"github.com/IBM/sarama"
)

func refused(err error, kind sarama.KError, what string) {
	var told *sarama.TopicError
	var partition *sarama.TopicPartitionError
	var code sarama.KError
	switch {
	case errors.As(err, &told):
		code = told.Err
	case errors.As(err, &partition):
		code = partition.Err
	case errors.As(err, &code):
	}
	check.That(errors.Is(err, kind) || code == kind, what, err)
}

func text(value string) *string { return &value }

type administrator struct {
	sarama.ClusterAdmin
	client sarama.Client
	topic  string
	factor int
}

func administer(arguments []string) {
	brokers, factor := check.Basics(arguments)
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	security.Connecting(config)
	client, err := sarama.NewClient(brokers, config)
	check.No(err, "connect")
	admin, err := sarama.NewClusterAdminFromClient(client)
	check.No(err, "admin")
	a := &administrator{admin, client, check.Topic("sarama-admin"), factor}
	a.topics()
	a.configs()
	a.records()
	a.groups()
	a.cluster()
	a.usersAndQuotas()
	a.acls()
	check.No(a.DeleteTopic(a.topic), "delete the topic")
	check.Until(func() bool { return errors.Is(a.DeleteTopic(a.topic), sarama.ErrUnknownTopicOrPartition) }, "it is gone")
	check.No(a.Close(), "close")
}

func (a *administrator) topics() {
	detail := &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: int16(a.factor), ConfigEntries: map[string]*string{"retention.ms": text("3600000")}}
	check.No(a.CreateTopic(a.topic, detail, true), "a topic is tried out")
	check.No(a.CreateTopic(a.topic, detail, false), "and made")
	refused(a.CreateTopic(a.topic, detail, false), sarama.ErrTopicAlreadyExists, "twice it is refused")
	refused(a.CreateTopic("bad name", detail, false), sarama.ErrInvalidTopic, "and with a bad name")
	refused(a.CreateTopic("other", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 99}, false), sarama.ErrInvalidReplicationFactor, "and for want of brokers")
	check.No(a.CreatePartitions(a.topic, 3, nil, true), "partitions are tried out")
	check.No(a.CreatePartitions(a.topic, 3, nil, false), "and added")
	refused(a.CreatePartitions(a.topic, 3, nil, false), sarama.ErrInvalidPartitions, "as many as before are refused")
	check.Until(func() bool {
		described, err := a.DescribeTopics([]string{a.topic})
		if err != nil || len(described) != 1 || len(described[0].Partitions) != 3 {
			return false
		}
		for _, partition := range described[0].Partitions {
			if partition.Leader < 0 || len(partition.Isr) != a.factor {
				return false
			}
		}
		return true
	}, "they have leaders")
	topics, err := a.ListTopics()
	check.That(err == nil && topics[a.topic].NumPartitions == 3 && *topics[a.topic].ConfigEntries["retention.ms"] == "3600000", "topics are listed with what is set", err)
}

func (a *administrator) value(name string) string {
	entries, err := a.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: a.topic, ConfigNames: []string{name}})
	check.No(err, "describe "+name)
	check.That(len(entries) == 1, "one property is described")
	return entries[0].Value
}

func (a *administrator) configs() {
	set := func(name, value string, operation sarama.IncrementalAlterConfigsOperation, only bool) error {
		entry := map[string]sarama.IncrementalAlterConfigsEntry{name: {Operation: operation, Value: text(value)}}
		return a.IncrementalAlterConfig(sarama.TopicResource, a.topic, entry, only)
	}
	check.No(set("segment.ms", "7000000", sarama.IncrementalAlterConfigsOperationSet, true), "a property is tried out")
	check.No(set("segment.ms", "7000000", sarama.IncrementalAlterConfigsOperationSet, false), "and set")
	check.No(set("cleanup.policy", "compact", sarama.IncrementalAlterConfigsOperationAppend, false), "appended to")
	check.Until(func() bool {
		return a.value("segment.ms") == "7000000" && a.value("cleanup.policy") == "delete,compact"
	}, "which is described")
	check.No(set("cleanup.policy", "compact", sarama.IncrementalAlterConfigsOperationSubtract, false), "taken from")
	check.No(set("segment.ms", "", sarama.IncrementalAlterConfigsOperationDelete, false), "and taken back")
	refused(set("segment.ms", "x", sarama.IncrementalAlterConfigsOperationSet, false), sarama.ErrInvalidConfig, "what is no number is refused")
	check.No(a.AlterConfig(sarama.TopicResource, a.topic, map[string]*string{"max.message.bytes": text("123456")}, false), "all are set anew, by the old request")
	check.Until(func() bool { return a.value("max.message.bytes") == "123456" && a.value("retention.ms") == "604800000" }, "which is described, too")
	described, err := a.DescribeConfigs([]*sarama.ConfigResource{{Type: sarama.BrokerResource, Name: "1"}, {Type: sarama.TopicResource, Name: a.topic}}, sarama.DescribeConfigsOptions{IncludeSynonyms: true, IncludeDocumentation: true})
	check.That(err == nil && len(described) == 2 && len(described[0].Configs) > 20 && len(described[1].Configs) > 20, "a broker's are described with a topic's", err)
}

func (a *administrator) records() {
	check.No(a.client.RefreshMetadata(a.topic), "refresh")
	begun := time.Now().UnixMilli() - 100_000
	producer, err := sarama.NewSyncProducerFromClient(a.client)
	check.No(err, "producer")
	for n := range int64(10) {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: a.topic, Partition: 0, Value: sarama.StringEncoder("value"), Timestamp: time.UnixMilli(begun + n)})
		check.No(err, "send")
	}
	for asked, wanted := range map[int64]int64{sarama.OffsetOldest: 0, sarama.OffsetNewest: 10, begun + 4: 4} {
		for _, isolation := range []sarama.IsolationLevel{sarama.ReadUncommitted, sarama.ReadCommitted} {
			listed, err := a.ListOffsets(map[string]map[int32]int64{a.topic: {0: asked}}, &sarama.ListOffsetsOptions{IsolationLevel: isolation})
			check.That(err == nil && listed[a.topic][0].Offset == wanted && listed[a.topic][0].Err == sarama.ErrNoError, "an offset is listed", asked, wanted, err, listed[a.topic][0])
		}
	}
	check.No(a.DeleteRecords(a.topic, map[int32]int64{0: 4}), "records are deleted")
	check.That(a.DeleteRecords(a.topic, map[int32]int64{0: 400}) != nil, "more than there are can't be")
}

func (a *administrator) groups() {
	group := a.topic + "-group"
	committed, err := a.AlterConsumerGroupOffsets(group, map[string]map[int32]sarama.OffsetAndMetadata{a.topic: {0: {Offset: 6, Metadata: "words", LeaderEpoch: -1}, 1: {Offset: 0, LeaderEpoch: -1}}}, nil)
	check.That(err == nil && committed.Errors[a.topic][0] == sarama.ErrNoError, "offsets are set", err)
	offsets, err := a.ListConsumerGroupOffsets(group, map[string][]int32{a.topic: {0, 1, 2}})
	check.No(err, "list offsets")
	block := offsets.GetBlock(a.topic, 0)
	check.That(block.Offset == 6 && block.Metadata == "words" && offsets.GetBlock(a.topic, 2).Offset == -1, "and listed")
	batch, err := a.ListConsumerGroupOffsetsBatch(map[string]map[string][]int32{group: nil, "none": nil})
	check.That(err == nil && len(batch) == 2 && batch[group].Err == sarama.ErrNoError, "of several groups at once", err)
	check.No(a.DeleteConsumerGroupOffset(group, a.topic, 1), "and deleted")
	listed, err := a.ListConsumerGroups()
	_, there := listed[group]
	check.That(err == nil && there, "groups are listed", err)
	described, err := a.DescribeConsumerGroups([]string{group, "none"})
	check.That(err == nil && len(described) == 2, "and described", err)
	for _, one := range described {
		check.That(one.State == map[string]string{group: "Empty", "none": "Dead"}[one.GroupId], "by their state", one.GroupId, one.State)
	}
	coordinator, err := a.Coordinator(group)
	check.That(err == nil && coordinator.ID() > 0, "they have a coordinator", err)
	left, err := a.RemoveMemberFromConsumerGroup(group, []string{"nobody"})
	check.That(err == nil && len(left.Members) == 1 && left.Members[0].Err == sarama.ErrUnknownMemberId, "no member is removed that there is not", err)
	check.No(a.DeleteConsumerGroup(group), "a group is deleted")
	refused(a.DeleteConsumerGroup(group), sarama.ErrGroupIDNotFound, "and can't be again")
}

func (a *administrator) cluster() {
	brokers, controller, err := a.DescribeCluster()
	check.That(err == nil && len(brokers) == a.factor && controller > 0, "the cluster is described", err)
	one, err := a.Controller()
	check.That(err == nil && one.ID() > 0, "it has a controller", err)
	directories, err := a.DescribeLogDirs([]int32{1})
	check.That(err == nil && len(directories[1]) == 1 && directories[1][0].ErrorCode == sarama.ErrNoError, "a broker's directory is described", err)
	for _, kind := range []sarama.ElectionType{sarama.PreferredElection, sarama.UncleanElection} {
		elected, err := a.ElectLeaders(kind, map[string][]int32{a.topic: {0}})
		check.That(err == nil && elected[a.topic][0].ErrorCode == sarama.ErrElectionNotNeeded, "a leader is not elected without need", err)
	}
	var replicas [][]int32
	for range 3 {
		replicas = append(replicas, []int32{1})
	}
	check.No(a.AlterPartitionReassignments(a.topic, replicas), "partitions are moved")
	check.Until(func() bool {
		moving, err := a.ListPartitionReassignments(a.topic, []int32{0, 1, 2})
		return err == nil && len(moving) == 0
	}, "until they are there")
	check.That(a.AlterPartitionReassignments(a.topic, [][]int32{{9}, {9}, {9}}) != nil, "and not to a broker that there is not")
	_, err = a.UpdateFeatures([]sarama.FeatureUpdate{{Feature: "group.version", MaxVersionLevel: 99}})
	check.That(err != nil, "a feature's unknown level is refused", err)
}

func (a *administrator) usersAndQuotas() {
	user := a.topic + "-user"
	results, err := a.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{{Name: user, Mechanism: sarama.SCRAM_MECHANISM_SHA_256, Iterations: 8192, Salt: []byte("salt of theirs"), Password: []byte("password")}})
	check.That(err == nil && results[0].ErrorCode == sarama.ErrNoError, "a user is added", err)
	check.Until(func() bool {
		described, err := a.DescribeUserScramCredentials([]string{user})
		return err == nil && len(described) == 1 && described[0].ErrorCode == sarama.ErrNoError && described[0].CredentialInfos[0].Iterations == 8192
	}, "and described")
	results, err = a.DeleteUserScramCredentials([]sarama.AlterUserScramCredentialsDelete{{Name: user, Mechanism: sarama.SCRAM_MECHANISM_SHA_256}})
	check.That(err == nil && results[0].ErrorCode == sarama.ErrNoError, "and deleted", err)
	entity := []sarama.QuotaEntityComponent{{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Name: user}}
	filter := []sarama.QuotaFilterComponent{{EntityType: sarama.QuotaEntityUser, MatchType: sarama.QuotaMatchExact, Match: user}}
	check.No(a.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: "producer_byte_rate", Value: 1000}, false), "a quota is set")
	check.Until(func() bool {
		described, err := a.DescribeClientQuotas(filter, true)
		return err == nil && len(described) == 1 && described[0].Values["producer_byte_rate"] == 1000
	}, "and described")
	check.That(a.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: "no_such", Value: 1000}, false) != nil, "an unknown one is refused")
	check.No(a.AlterClientQuotas(entity, sarama.ClientQuotasOp{Key: "producer_byte_rate", Remove: true}, false), "it is taken back")
}

func (a *administrator) acls() {
	resource := sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: a.topic, ResourcePatternType: sarama.AclPatternLiteral}
	entry := sarama.Acl{Principal: "User:sarama", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}
	filter := sarama.AclFilter{ResourceType: sarama.AclResourceTopic, ResourceName: &a.topic, ResourcePatternTypeFilter: sarama.AclPatternLiteral, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny}
	if check.Secured() == nil {
		_, err := a.DeleteACL(filter, false)
		refused(err, sarama.ErrSecurityDisabled, "without an authorizer there are no access control lists")
		return
	}
	check.No(a.CreateACL(resource, entry), "an entry of an access control list is added")
	write := entry
	write.Operation = sarama.AclOperationWrite
	check.No(a.CreateACLs([]*sarama.ResourceAcls{{Resource: resource, Acls: []*sarama.Acl{&write}}}), "and more")
	check.Until(func() bool {
		listed, err := a.ListAcls(filter)
		return err == nil && len(listed) == 1 && len(listed[0].Acls) == 2
	}, "they are listed")
	deleted, err := a.DeleteACL(filter, false)
	check.That(err == nil && len(deleted) == 2, "and deleted", err)
}
