// The cluster: its brokers, features, quorum, and what this project does not serve.
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;

class Brokers extends Calls {
  Brokers(String bootstrap) {
    super(bootstrap);
  }

  Map<Integer, Uuid> voters() throws Exception {
    return admin.describeMetadataQuorum().quorumInfo().get().voters().stream().collect(Collectors.toMap(QuorumInfo.ReplicaState::replicaId, QuorumInfo.ReplicaState::replicaDirectoryId));
  }

  void run() throws Exception {
    call("describeCluster", () -> {
      var result = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
      return List.of(words(result.nodes()), result.controller().get() != null, result.clusterId().get().length(), words(result.authorizedOperations()));
    });
    call("describeCluster without operations", () -> List.of(words(admin.describeCluster().authorizedOperations()), words(admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true)).nodes())));
    call("describeLogDirs", () -> admin.describeLogDirs(List.of(1, 2, 3)).allDescriptions().get().entrySet().stream().map(e -> e.getKey() + ": " + e.getValue().values().stream()
        .map(d -> words(Optional.ofNullable(d.error())) + " " + d.totalBytes().isPresent() + d.usableBytes().isPresent() + " "
            + d.replicaInfos().entrySet().stream().filter(r -> r.getKey().topic().equals("a")).map(r -> r.getKey() + " " + words(r.getValue())).sorted().toList()).toList()).toList());
    call("describeLogDirs unknown broker", () -> admin.describeLogDirs(List.of(9), soon(new DescribeLogDirsOptions())).allDescriptions());
    call("describeReplicaLogDirs", () -> admin.describeReplicaLogDirs(List.of(new TopicPartitionReplica("a", 0, 1), new TopicPartitionReplica("none", 0, 1))).all().get().entrySet().stream()
        .map(e -> e.getKey() + " " + (e.getValue().getCurrentReplicaLogDir() != null) + e.getValue().getCurrentReplicaOffsetLag() + e.getValue().getFutureReplicaLogDir()).sorted().toList());
    call("describeFeatures", () -> admin.describeFeatures().featureMetadata().get().finalizedFeaturesEpoch().isPresent());
    call("describeFeatures of groups and transactions", () -> admin.describeFeatures().featureMetadata().get().finalizedFeatures().entrySet().stream()
        .filter(e -> e.getKey().matches("(group|transaction).version")).map(Object::toString).sorted().toList());
    var upgrade = FeatureUpdate.UpgradeType.UPGRADE;
    for (var update : new TreeMap<String, FeatureUpdate>(Map.of("no.such", new FeatureUpdate((short) 1, upgrade), "group.version", new FeatureUpdate((short) 99, upgrade),
        "transaction.version", new FeatureUpdate((short) 2, upgrade), "metadata.version", new FeatureUpdate((short) 1, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE))).entrySet())
      for (boolean dry : new boolean[] {true, false})
        call("updateFeatures " + update + (dry ? " validateOnly" : ""), () -> admin.updateFeatures(Map.of(update.getKey(), update.getValue()), new UpdateFeaturesOptions().validateOnly(dry)).all());
    call("updateFeatures downgrade", () -> admin.updateFeatures(Map.of("transaction.version", new FeatureUpdate((short) 1, upgrade)), new UpdateFeaturesOptions()).all());
    call("describeMetadataQuorum", () -> {
      var quorum = admin.describeMetadataQuorum().quorumInfo().get();
      return List.of(quorum.voters().size(), quorum.observers().size(), quorum.leaderId() > 0, quorum.leaderEpoch() >= 0, quorum.highWatermark() > 0,
          quorum.voters().stream().map(v -> v.replicaId() + " " + words(v.replicaDirectoryId()) + (v.logEndOffset() > 0) + v.lastFetchTimestamp().isPresent()).sorted().toList(), quorum.nodes().keySet());
    });
    call("addRaftVoter that there is", () -> admin.addRaftVoter(1, voters().get(1), Set.of(new RaftVoterEndpoint("CONTROLLER", "127.0.0.1", 1))).all());
    call("addRaftVoter unknown", () -> admin.addRaftVoter(9, new Uuid(5, 9), Set.of(new RaftVoterEndpoint("CONTROLLER", "127.0.0.1", 1)), soon(new AddRaftVoterOptions())).all());
    call("addRaftVoter of another cluster", () -> admin.addRaftVoter(9, new Uuid(5, 9), Set.of(new RaftVoterEndpoint("CONTROLLER", "127.0.0.1", 1)), new AddRaftVoterOptions().setClusterId(Optional.of("other"))).all());
    call("removeRaftVoter unknown", () -> admin.removeRaftVoter(9, new Uuid(5, 9)).all());
    call("removeRaftVoter of another directory", () -> admin.removeRaftVoter(1, new Uuid(5, 9)).all());
    call("removeRaftVoter of another cluster", () -> admin.removeRaftVoter(1, new Uuid(5, 9), new RemoveRaftVoterOptions().setClusterId(Optional.of("other"))).all());
    call("unregisterBroker unknown", () -> admin.unregisterBroker(9).all());
    call("unregisterController unknown", () -> admin.unregisterController(9).all());
    call("unregisterController of a voter", () -> admin.unregisterController(1).all());
    call("clientInstanceId", () -> admin.clientInstanceId(Duration.ofSeconds(3)));
    call("createDelegationToken", () -> admin.createDelegationToken().delegationToken());
    call("renewDelegationToken", () -> admin.renewDelegationToken(new byte[] {1}).expiryTimestamp());
    call("expireDelegationToken", () -> admin.expireDelegationToken(new byte[] {1}).expiryTimestamp());
    call("describeDelegationToken", () -> admin.describeDelegationToken().delegationTokens());
    call("alterReplicaLogDirs", () -> admin.alterReplicaLogDirs(Map.of(new TopicPartitionReplica("a", 0, 1), "/nowhere")).all());
    last();
  }

  void last() throws Exception {
    call("removeRaftVoter", () -> admin.removeRaftVoter(3, voters().get(3)).all());
    call("describeMetadataQuorum, then", () -> voters().keySet());
  }
}
