// Writes tests/protocol/kafka_messages.txt and kafka_records.txt: what Kafka's own classes make of messages and records
// whose every field is set, and of ones that have null wherever there may be. Usage, with the jars of Kafka 4.4:
//   java -cp "LIBS/*" tests/protocol/KafkaBytes.java tests/protocol
//
// A line of messages is: name, first-last version of that form, bytes in hex, fields in this project's words.
// A line of records: name, version of the value, key and value in hex ("-": a tombstone), key and value in words.
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.transaction.TransactionCoordinatorRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

public class KafkaBytes {
  static final String[] APIS = {"FindCoordinator", "JoinGroup", "SyncGroup", "Heartbeat", "LeaveGroup", "OffsetCommit",
    "OffsetFetch", "OffsetDelete", "DescribeGroups", "ListGroups", "DeleteGroups", "ConsumerGroupHeartbeat",
    "ConsumerGroupDescribe", "InitProducerId", "AddPartitionsToTxn", "AddOffsetsToTxn", "EndTxn", "TxnOffsetCommit",
    "WriteTxnMarkers", "DescribeTransactions", "ListTransactions", "DescribeProducers"};
  static final String[] CARRIED = {"ConsumerProtocolSubscription", "ConsumerProtocolAssignment"};
  static final String[] GROUP_RECORDS = {"LegacyOffsetCommit", "OffsetCommit", "GroupMetadata", "ConsumerGroupMetadata",
    "ConsumerGroupPartitionMetadata", "ConsumerGroupMemberMetadata", "ConsumerGroupTargetAssignmentMetadata",
    "ConsumerGroupTargetAssignmentMember", "ConsumerGroupCurrentMemberAssignment", "ConsumerGroupRegularExpression"};
  static final short[] ERRORS = {25, 16, 27, 0, 3, 69};
  // Where this project has another word.
  static final Map<String, String> WORDS = Map.ofEntries(Map.entry("partition_index", "index"),
      Map.entry("FindCoordinatorRequest.key", "key_name"), Map.entry("duration_filter", "duration_filter_ms"),
      Map.entry("results_by_transaction", "transactions"), Map.entry("topic_results", "topics"),
      Map.entry("results_by_topic_v3_and_below", "topics"), Map.entry("results_by_partition", "partitions"),
      Map.entry("partition_error_code", "error_code"), Map.entry("DescribeTransactionsResponse.topic", "name"),
      Map.entry("group", "group_id"), Map.entry("rebalance_timeout", "rebalance_timeout_ms"),
      Map.entry("session_timeout", "session_timeout_ms"));

  static int number;
  static boolean nulls;

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    try (PrintWriter out = new PrintWriter(folder.resolve("kafka_messages.txt").toFile(), "UTF-8")) {
      for (String api : APIS)
        for (String side : new String[] {"Request", "Response"})
          messages(out, "org.apache.kafka.common.message.", api + side, "Data", api.equals("InitProducerId") ? 5 : 99);
      for (String name : CARRIED) messages(out, "org.apache.kafka.common.message.", name, "", 99);
    }
    try (PrintWriter out = new PrintWriter(folder.resolve("kafka_records.txt").toFile(), "UTF-8")) {
      for (String name : GROUP_RECORDS) records(out, "org.apache.kafka.coordinator.group.generated.", name, true);
      records(out, "org.apache.kafka.coordinator.transaction.generated.", "TransactionLog", false);
    }
  }

  static void messages(PrintWriter out, String where, String name, String suffix, int last) throws Exception {
    Class<?> type = Class.forName(where + name + suffix);
    Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
    int top = Math.min(schemas.length - 1, last);
    for (int version = 0; version <= top; ++version) {
      if (schemas[version] == null || (version > 0 && schemas[version] == schemas[version - 1])) continue;
      int until = version;
      while (until < top && schemas[until + 1] == schemas[version]) ++until;
      for (boolean bare : until == top ? new boolean[] {false, true} : new boolean[] {false}) {
        Message message = (Message) filled(type, version, bare);
        out.println(name + " " + version + "-" + until + " " + hex(message, version) + " " +
            words(name, message, version));
      }
    }
  }

  static void records(PrintWriter out, String where, String name, boolean group) throws Exception {
    Class<?> keyType = Class.forName(where + name + "Key"), valueType = Class.forName(where + name + "Value");
    Schema[] schemas = (Schema[]) valueType.getField("SCHEMAS").get(null);
    for (int version = 0; version < schemas.length; ++version)
      for (boolean bare : new boolean[] {false, true}) {
        ApiMessage key = (ApiMessage) filled(keyType, 0, false), value = (ApiMessage) filled(valueType, version, bare);
        CoordinatorRecord record = CoordinatorRecord.record(key, new ApiMessageAndVersion(value, (short) version));
        out.println(name + " " + version + " " + serialized(record, group) + " " + words(name + "Key", key, 0) + " " +
            words(name + "Value", value, version));
      }
    ApiMessage key = (ApiMessage) filled(keyType, 0, false);
    out.println(name + " 0 " + serialized(CoordinatorRecord.tombstone(key), group) + " " + words(name + "Key", key, 0));
  }

  static String serialized(CoordinatorRecord record, boolean group) {
    var serde = group ? new GroupCoordinatorRecordSerde() : new TransactionCoordinatorRecordSerde();
    byte[] value = serde.serializeValue(record);
    return HexFormat.of().formatHex(serde.serializeKey(record)) + " " +
        (value == null ? "-" : HexFormat.of().formatHex(value));
  }

  static String hex(Message message, int version) {
    var cache = new ObjectSerializationCache();
    ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, (short) version));
    message.write(new ByteBufferAccessor(buffer), cache, (short) version);
    return buffer.position() == 0 ? "-" : HexFormat.of().formatHex(buffer.array());
  }

  // An object of that class with all that it has in that version.
  static Object filled(Class<?> type, int version, boolean bare) throws Exception {
    number = 1;
    nulls = bare;
    return fill(type, version);
  }

  static List<Map.Entry<String, org.apache.kafka.common.protocol.types.Type>> fields(Class<?> type, int version)
      throws Exception {
    var all = new ArrayList<Map.Entry<String, org.apache.kafka.common.protocol.types.Type>>();
    Schema schema = ((Schema[]) type.getField("SCHEMAS").get(null))[version];
    for (BoundField field : schema.fields()) {
      if (!(field.def.type instanceof TaggedFields tagged)) {
        all.add(Map.entry(field.def.name, field.def.type));
        continue;
      }
      for (var tag : new TreeMap<>(tagged.fields()).values()) all.add(Map.entry(tag.name, tag.type));
    }
    return all;
  }

  static Object fill(Class<?> type, int version) throws Exception {
    var constructor = type.getDeclaredConstructor();
    Object object = constructor.newInstance();
    for (var entry : fields(type, version)) {
      Field field = type.getDeclaredField(camel(entry.getKey()));
      field.setAccessible(true);
      boolean empty = nulls && entry.getValue().isNullable();
      field.set(object, empty ? null : value(field.getName(), field.getType(), field.getGenericType(), version));
    }
    return object;
  }

  static Object value(String name, Class<?> raw, Type type, int version) throws Exception {
    int n = number++;
    if (name.toLowerCase().endsWith("errorcode")) return nulls ? (short) 0 : ERRORS[n % ERRORS.length];
    if (name.equals("transactionStatus")) return (byte) (nulls ? 0 : 1 + n % 7);
    if (raw == boolean.class) return !nulls;
    if (raw == byte.class) return (byte) (nulls ? -1 : n);
    if (raw == short.class || raw == Short.class) return (short) (nulls ? -1 : 0x100 + n);
    if (raw == int.class || raw == Integer.class) return nulls ? -1 : 0x10000 + n;
    if (raw == long.class || raw == Long.class) return nulls ? -1L : 0x100000000L + n;
    if (raw == String.class) return nulls ? "" : name.substring(0, 1) + n;
    if (raw == byte[].class) return bytes(n);
    if (raw == ByteBuffer.class) return ByteBuffer.wrap(bytes(n));
    if (raw == Uuid.class) return nulls ? Uuid.ZERO_UUID : new Uuid(0x1122334455667788L + n, 0x99L + n);
    if (!Collection.class.isAssignableFrom(raw)) return fill(raw, version);
    Type element = (raw == List.class ? (ParameterizedType) type : (ParameterizedType) raw.getGenericSuperclass())
        .getActualTypeArguments()[0];
    @SuppressWarnings("unchecked")
    Collection<Object> all = raw == List.class ? new ArrayList<>()
        : (Collection<Object>) raw.getDeclaredConstructor().newInstance();
    boolean plain = ((Class<?>) element).getName().startsWith("java.");
    for (int i = plain ? (nulls ? 0 : 2) : 1; i > 0; --i) all.add(value(name, (Class<?>) element, element, version));
    return all;
  }

  static byte[] bytes(int n) {
    byte[] all = new byte[nulls ? 0 : 1 + n % 5];
    for (int i = 0; i < all.length; ++i) all[i] = (byte) (n * 16 + i);
    return all;
  }

  static String camel(String name) {
    StringBuilder text = new StringBuilder();
    for (String part : name.split("_"))
      text.append(text.isEmpty() ? part : part.substring(0, 1).toUpperCase() + part.substring(1));
    return text.toString();
  }

  // As describe_text() has it: field by field what Kafka's own converter to JSON says.
  static String words(String message, Message object, int version) throws Exception {
    Class<?> converter = Class.forName(object.getClass().getName() + "JsonConverter");
    JsonNode json = (JsonNode) converter.getMethod("write", object.getClass(), short.class)
        .invoke(null, object, (short) version);
    return structure(message, object.getClass(), json, version);
  }

  static String structure(String message, Class<?> type, JsonNode json, int version) throws Exception {
    StringBuilder text = new StringBuilder("{");
    for (var entry : fields(type, version)) {
      Field field = type.getDeclaredField(camel(entry.getKey()));
      JsonNode value = json.get(field.getName());
      if (value == null) continue;
      if (text.length() > 1) text.append(", ");
      String name = entry.getKey().replaceFirst("^v3_and_below_", "");
      name = WORDS.getOrDefault(message + "." + name, WORDS.getOrDefault(name, name));
      text.append(name).append('=').append(word(message, field, value, version));
    }
    return text.append('}').toString();
  }

  static String word(String message, Field field, JsonNode value, int version) throws Exception {
    if (value.isNull()) return "null";
    if (value.isBinary()) return value.binaryValue().length + " bytes";
    if (field.getName().toLowerCase().endsWith("errorcode")) return Errors.forCode((short) value.asInt()).name();
    if (value.isObject()) return structure(message, field.getType(), value, version);
    if (!value.isArray()) return value.asText();
    Class<?> raw = field.getType();
    Class<?> element = (Class<?>) (raw == List.class ? (ParameterizedType) field.getGenericType()
        : (ParameterizedType) raw.getGenericSuperclass()).getActualTypeArguments()[0];
    List<String> all = new ArrayList<>();
    for (JsonNode one : value) all.add(one.isObject() ? structure(message, element, one, version) : one.asText());
    return "[" + String.join(", ", all) + "]";
  }
}
