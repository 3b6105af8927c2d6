"""What kafka_every_tool.py asks Apache Kafka's command line tools for, in this order. {place}: a directory with the files that write_files() makes."""
import json
import os

TOOLS = {"kafka-topics": "TopicCommand", "kafka-configs": "ConfigCommand", "kafka-consumer-groups": "consumer.group.ConsumerGroupCommand",
         "kafka-groups": "GroupsCommand", "kafka-acls": "AclCommand", "kafka-transactions": "TransactionsCommand", "kafka-log-dirs": "LogDirsCommand",
         "kafka-leader-election": "LeaderElectionCommand", "kafka-reassign-partitions": "reassign.ReassignPartitionsCommand",
         "kafka-metadata-quorum": "MetadataQuorumCommand", "kafka-features": "FeatureCommand", "kafka-get-offsets": "GetOffsetShell",
         "kafka-delete-records": "DeleteRecordsCommand", "kafka-broker-api-versions": "BrokerApiVersionsCommand",
         "kafka-client-metrics": "ClientMetricsCommand", "kafka-cluster": "ClusterTool", "kafka-verifiable-producer": "VerifiableProducer",
         "kafka-verifiable-consumer": "VerifiableConsumer", "kafka-producer-perf-test": "ProducerPerformance",
         "kafka-consumer-perf-test": "ConsumerPerformance", "kafka-console-producer": "ConsoleProducer",
         "kafka-console-consumer": "consumer.ConsoleConsumer", "kafka-share-groups": "consumer.group.ShareGroupCommand",
         "kafka-streams-groups": "streams.StreamsGroupCommand", "kafka-delegation-tokens": "DelegationTokenCommand",
         "kafka-replica-verification": "ReplicaVerificationTool", "kafka-streams-application-reset": "StreamsResetter",
         "kafka-e2e-latency": "EndToEndLatency"}
BOOTSTRAP_AFTER = {"kafka-cluster": 1}  # a word of a command; others take the bootstrap address first
# What the output of a step that is begun with @ must come to: what has been asked for is done a moment later.
UNTIL = {"kafka-topics": r"(?s)^(?!.*Leader: none)", "kafka-reassign-partitions": r"(?s)^(?!.*in progress)", "kafka-configs": "=",
         "kafka-consumer-groups": r"(?s)(?=.*\bg\b)(?=.*\bk\b)"}
OWN_PROCESS = {"kafka-verifiable-producer", "kafka-verifiable-consumer"}  # which do what they have to when their process ends


def write_files(place):
    def write(name, value):
        with open(os.path.join(place, name), "w", encoding="utf-8") as file:
            file.write(value if isinstance(value, str) else json.dumps(value))

    write("move.json", {"version": 1, "partitions": [{"topic": "t", "partition": 0, "replicas": [1, 2]}, {"topic": "t", "partition": 1, "replicas": [2, 3, 1]}]})
    write("bad.json", {"version": 1, "partitions": [{"topic": "none", "partition": 0, "replicas": [1, 2]}]})
    write("topics.json", {"version": 1, "topics": [{"topic": "t"}]})
    write("elect.json", {"partitions": [{"topic": "t", "partition": 0}, {"topic": "t", "partition": 1}]})
    write("delete.json", {"version": 1, "partitions": [{"topic": "t", "partition": 0, "offset": 2}]})
    write("delete-bad.json", {"version": 1, "partitions": [{"topic": "none", "partition": 0, "offset": 2}, {"topic": "t", "partition": 0, "offset": 2000}]})
    write("offsets.csv", "t,0,3\nt,1,1\n")
    write("configs.properties", "retention.ms=4000\nsegment.ms=7000\n")
    write("group.properties", "group.id=perf\nauto.offset.reset=earliest\n")
    write("admin.properties", "default.api.timeout.ms=8000\nrequest.timeout.ms=8000\n")


# @: until the output is as UNTIL says; <: with twenty lines on standard input.
STEPS = """
kafka-cluster cluster-id
kafka-cluster list-endpoints
kafka-cluster list-endpoints --include-fenced-brokers
kafka-cluster unregister --id 9
kafka-broker-api-versions
kafka-topics --create --topic t --partitions 2 --replication-factor 3 --config retention.ms=5000
kafka-topics --create --topic t --partitions 2
kafka-topics --create --topic t --if-not-exists
kafka-topics --create --topic u --replica-assignment 1:2,2:3
kafka-topics --create --topic with.dot
kafka-topics --create --topic v --partitions 0
kafka-topics --create --topic v --replication-factor 9
kafka-topics --create --topic v --config no.such=1
kafka-topics --create --topic bad/name
kafka-topics --create --topic one --partitions 1
kafka-topics --list
kafka-topics --list --exclude-internal --topic [tu]
@kafka-topics --describe
kafka-topics --describe --topic t --under-replicated-partitions
kafka-topics --describe --unavailable-partitions
kafka-topics --describe --under-min-isr-partitions
kafka-topics --describe --at-min-isr-partitions
kafka-topics --describe --topics-with-overrides
kafka-topics --describe --topic none
kafka-topics --describe --topic none --if-exists
kafka-topics --alter --topic u --partitions 3
kafka-topics --alter --topic u --partitions 2
kafka-topics --alter --topic none --partitions 2
kafka-topics --alter --topic none --partitions 2 --if-exists
kafka-topics --delete --topic none
kafka-topics --delete --topic with.dot
<kafka-console-producer --topic t --reader-property parse.key=true --reader-property key.separator=: --sync
<kafka-console-producer --topic u --reader-property parse.key=true --reader-property key.separator=: --command-property enable.idempotence=false --compression-codec zstd
kafka-console-consumer --topic u --from-beginning --max-messages 20 --timeout-ms 20000
kafka-console-consumer --topic t --partition 0 --offset earliest --max-messages 1 --timeout-ms 20000 --formatter-property print.offset=true --formatter-property print.partition=true
kafka-get-offsets --topic u
kafka-get-offsets --topic u --time -2
kafka-get-offsets --topic u --time -4
kafka-get-offsets --topic u --time latest-tiered
kafka-get-offsets --topic one --time max-timestamp
kafka-get-offsets --topic-partitions u:0,u:1-
kafka-get-offsets --topic none
kafka-get-offsets --exclude-internal-topics
kafka-delete-records --offset-json-file {place}/delete.json
kafka-delete-records --offset-json-file {place}/delete-bad.json --command-config {place}/admin.properties
kafka-configs --describe --entity-type topics --entity-name t
kafka-configs --describe --topic t --all
kafka-configs --alter --entity-type topics --entity-name t --add-config-file {place}/configs.properties
kafka-configs --alter --topic t --add-config cleanup.policy=[compact,delete],segment.ms=8000
kafka-configs --describe --topic t
kafka-configs --alter --topic t --delete-config segment.ms,cleanup.policy
kafka-configs --alter --topic t --delete-config segment.bytes
kafka-configs --alter --topic t --add-config retention.ms=x
kafka-configs --alter --topic none --add-config retention.ms=1
kafka-configs --describe --topic none
kafka-configs --describe --entity-type topics
kafka-configs --describe --entity-type brokers --entity-default
kafka-configs --describe --broker 1
kafka-configs --alter --broker 1 --add-config log.retention.ms=100000
kafka-configs --alter --broker-defaults --add-config log.retention.ms=200000
@kafka-configs --describe --broker 1
kafka-configs --alter --broker 1 --delete-config log.retention.ms
kafka-configs --alter --broker-defaults --delete-config log.retention.ms
kafka-configs --alter --broker 1 --add-config node.id=3
kafka-configs --alter --broker 1 --add-config no.such=3
kafka-configs --describe --broker 9 --command-config {place}/admin.properties
kafka-configs --alter --broker-logger 1 --add-config no.such=DEBUG
kafka-configs --alter --entity-type users --entity-name u --add-config SCRAM-SHA-256=[iterations=8192,password=p],SCRAM-SHA-512=[password=q]
kafka-configs --alter --user u --add-config consumer_byte_rate=1000
@kafka-configs --describe --user u
kafka-configs --describe --entity-type users
kafka-configs --alter --user u --delete-config SCRAM-SHA-256
kafka-configs --alter --user u --delete-config SCRAM-SHA-256
kafka-configs --alter --user u --delete-config consumer_byte_rate
kafka-configs --alter --user-defaults --client-defaults --add-config producer_byte_rate=5
@kafka-configs --describe --user-defaults --client-defaults
kafka-configs --alter --user-defaults --client-defaults --delete-config producer_byte_rate
kafka-configs --alter --client c --add-config no_such=5
kafka-configs --alter --ip 10.0.0.1 --add-config connection_creation_rate=5
@kafka-configs --describe --ip 10.0.0.1
kafka-configs --alter --ip 10.0.0.1 --delete-config connection_creation_rate
kafka-configs --alter --group g --add-config consumer.session.timeout.ms=50000
kafka-configs --describe --group g
kafka-configs --alter --group g --delete-config consumer.session.timeout.ms
kafka-configs --alter --group g --add-config no.such=1
kafka-configs --describe --client-metrics m
kafka-client-metrics --list
kafka-client-metrics --describe
kafka-client-metrics --alter --name m --metrics x --interval 1000
kafka-console-consumer --topic t --group g --from-beginning --max-messages 18 --timeout-ms 20000 --command-property enable.auto.commit=false
kafka-console-consumer --topic u --group k --from-beginning --max-messages 20 --timeout-ms 20000 --command-property group.protocol=consumer
@kafka-consumer-groups --list
kafka-consumer-groups --list --state
kafka-consumer-groups --list --type consumer
kafka-consumer-groups --list --type classic --state Empty
kafka-consumer-groups --describe --group k
kafka-consumer-groups --describe --group k --verbose
kafka-consumer-groups --describe --group k --state
kafka-consumer-groups --describe --group k --state --verbose
kafka-consumer-groups --describe --group k --members --verbose
kafka-consumer-groups --describe --group k --offsets
kafka-consumer-groups --describe --all-groups
kafka-consumer-groups --describe --all-groups --state
kafka-consumer-groups --describe --group none
kafka-consumer-groups --describe --group none --members
kafka-consumer-groups --describe --group none --state
kafka-consumer-groups --reset-offsets --group new --topic u --to-earliest --dry-run
kafka-consumer-groups --reset-offsets --group new --topic u --to-earliest --execute
kafka-consumer-groups --reset-offsets --group new --topic u:0 --to-latest --execute
kafka-consumer-groups --reset-offsets --group new --topic u --shift-by 1 --execute
kafka-consumer-groups --reset-offsets --group new --topic u --shift-by -100 --execute
kafka-consumer-groups --reset-offsets --group new --topic u --to-offset 1 --execute
kafka-consumer-groups --reset-offsets --group new --topic u --to-datetime 2024-01-01T00:00:00.000 --execute
kafka-consumer-groups --reset-offsets --group new --topic u --by-duration P1D --execute
kafka-consumer-groups --reset-offsets --group new --topic u --to-current --export --dry-run
kafka-consumer-groups --reset-offsets --group new --from-file {place}/offsets.csv --dry-run
kafka-consumer-groups --reset-offsets --group new --all-topics --to-earliest --execute
kafka-consumer-groups --reset-offsets --group new --topic none --to-earliest --execute
kafka-consumer-groups --delete-offsets --group new --topic u:0
kafka-consumer-groups --delete-offsets --group new --topic u
kafka-consumer-groups --delete-offsets --group new --topic none
kafka-consumer-groups --delete-offsets --group none --topic u
kafka-consumer-groups --describe --group new --offsets
kafka-consumer-groups --validate-regex t.*
kafka-groups --list
kafka-groups --list --consumer
kafka-groups --list --share
kafka-groups --list --streams
kafka-groups --list --group-type classic
kafka-groups --list --protocol consumer
kafka-consumer-groups --delete --group new --group none
kafka-consumer-groups --delete --all-groups
kafka-consumer-groups --list
kafka-share-groups --list
kafka-share-groups --describe --group k
kafka-streams-groups --list
kafka-acls --add --allow-principal User:a --operation Read --operation Write --topic t
kafka-acls --add --allow-principal User:a --producer --idempotent --topic t --transactional-id x
kafka-acls --add --allow-principal User:a --consumer --topic t --group g --resource-pattern-type prefixed
kafka-acls --add --deny-principal User:b --deny-host 10.0.0.1 --operation All --cluster
kafka-acls --add --allow-principal User:b --operation Read --cluster
kafka-acls --add --allow-principal b --operation Read --topic t
kafka-acls --list
kafka-acls --list --principal User:b
kafka-acls --list --topic t --resource-pattern-type match
kafka-acls --remove --force --topic t --allow-principal User:a --operation Read
kafka-acls --remove --force --topic t --resource-pattern-type any
kafka-acls --remove --force --cluster
kafka-acls --remove --force --group g --transactional-id x --resource-pattern-type any
kafka-acls --list
kafka-log-dirs --describe --topic-list none
kafka-log-dirs --describe --broker-list 9
kafka-leader-election --election-type preferred --all-topic-partitions
kafka-leader-election --election-type preferred --topic t --partition 0
kafka-leader-election --election-type unclean --topic t --partition 0
kafka-leader-election --election-type preferred --topic none --partition 0
kafka-leader-election --election-type preferred --path-to-json-file {place}/elect.json
kafka-reassign-partitions --list
kafka-reassign-partitions --execute --reassignment-json-file {place}/bad.json
kafka-reassign-partitions --execute --reassignment-json-file {place}/move.json
@kafka-reassign-partitions --verify --reassignment-json-file {place}/move.json
kafka-reassign-partitions --cancel --reassignment-json-file {place}/move.json
kafka-reassign-partitions --execute --reassignment-json-file {place}/move.json --throttle 100000000 --additional
@kafka-reassign-partitions --verify --reassignment-json-file {place}/move.json --preserve-throttles
kafka-reassign-partitions --verify --reassignment-json-file {place}/move.json
kafka-metadata-quorum describe --status
kafka-metadata-quorum describe --replication
kafka-metadata-quorum remove-controller --controller-id 9 --controller-directory-id AAAAAAAAAAEAAAAAAAAAAQ
kafka-features describe
kafka-features upgrade --feature group.version=99
kafka-features upgrade --feature transaction.version=2
kafka-features upgrade --feature no.such=2
kafka-features downgrade --feature transaction.version=1 --dry-run
kafka-features disable --feature group.version --dry-run
kafka-features version-mapping
kafka-features feature-dependencies --feature group.version=1
kafka-verifiable-producer --topic one --max-messages 100 --acks -1
kafka-verifiable-consumer --topic one --group-id verifiable --max-messages 100 --group-protocol classic
kafka-verifiable-consumer --topic one --group-id verifiable2 --max-messages 100 --group-protocol consumer
kafka-producer-perf-test --topic one --num-records 2000 --record-size 100 --throughput -1
kafka-producer-perf-test --topic one --num-records 2000 --record-size 100 --throughput -1 --transactional-id perf --transaction-duration-ms 50
kafka-consumer-perf-test --topic one --num-records 2000 --timeout 30000 --command-config {place}/group.properties
kafka-e2e-latency --topic one --num-records 5 --producer-acks all --record-size 10
kafka-transactions list
kafka-transactions list --duration-filter 1000000
kafka-transactions list --transactional-id-pattern none.*
kafka-transactions describe --transactional-id perf
kafka-transactions describe --transactional-id none
kafka-transactions --command-config {place}/admin.properties describe-producers --topic u --partition 9
kafka-transactions describe-producers --topic one --partition 0
kafka-transactions find-hanging --topic u
kafka-transactions find-hanging --broker-id 1
kafka-transactions abort --topic u --partition 0 --start-offset 1
kafka-transactions forceTerminateTransaction --transactional-id none
kafka-delegation-tokens --describe
kafka-streams-application-reset --application-id app --input-topics u --dry-run
kafka-topics --delete --topic u
"""


def steps():
    """(command, its standard input, and what its output must come to or None), of each."""
    lines = "".join(f"key{n}:line {n}\n" for n in range(20))
    for command in STEPS.strip().splitlines():
        mark, command = (command[0], command[1:]) if command[0] in "@<" else ("", command)
        yield command, lines if mark == "<" else "", UNTIL[command.split()[0]] if mark == "@" else None
