// Access control lists, quotas, users.
import java.util.HashMap;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.resource.*;

class Security extends Calls {
  Security(String bootstrap) {
    super(bootstrap);
  }

  void acls() throws Exception {
    var acl = new AclBinding(new ResourcePattern(ResourceType.TOPIC, "a", PatternType.LITERAL), new AccessControlEntry("User:x", "*", AclOperation.READ, AclPermissionType.ALLOW));
    var prefixed = new AclBinding(new ResourcePattern(ResourceType.GROUP, "g", PatternType.PREFIXED), new AccessControlEntry("User:y", "10.0.0.1", AclOperation.ALL, AclPermissionType.DENY));
    call("createAcls", () -> admin.createAcls(List.of(acl, prefixed, acl)).all());
    for (var bad : List.of(new AclBinding(new ResourcePattern(ResourceType.CLUSTER, "other", PatternType.LITERAL), acl.entry()), new AclBinding(new ResourcePattern(ResourceType.TOPIC, "a", PatternType.LITERAL),
            new AccessControlEntry("x", "*", AclOperation.READ, AclPermissionType.ALLOW)), new AclBinding(new ResourcePattern(ResourceType.TOPIC, "a", PatternType.LITERAL), new AccessControlEntry("User:x", "*", AclOperation.IDEMPOTENT_WRITE, AclPermissionType.ALLOW)),
        new AclBinding(new ResourcePattern(ResourceType.TOPIC, "", PatternType.LITERAL), acl.entry()), new AclBinding(new ResourcePattern(ResourceType.USER, "User:z", PatternType.LITERAL),
            new AccessControlEntry("User:x", "*", AclOperation.DESCRIBE_TOKENS, AclPermissionType.ALLOW)), new AclBinding(new ResourcePattern(ResourceType.DELEGATION_TOKEN, "t", PatternType.LITERAL), new AccessControlEntry("User:x", "*", AclOperation.DESCRIBE, AclPermissionType.ALLOW))))
      call("createAcls " + bad, () -> admin.createAcls(List.of(bad)).all());
    until("they are there", () -> admin.describeAcls(AclBindingFilter.ANY).values().get().size() >= 2);
    for (var pattern : List.of(PatternType.ANY, PatternType.MATCH, PatternType.LITERAL, PatternType.PREFIXED))
      for (var type : List.of(ResourceType.ANY, ResourceType.TOPIC, ResourceType.GROUP, ResourceType.USER))
        call("describeAcls " + pattern + " " + type, () -> admin.describeAcls(new AclBindingFilter(new ResourcePatternFilter(type, type == ResourceType.GROUP ? "ggg" : null, pattern), AccessControlEntryFilter.ANY)).values().get().stream()
            .map(Object::toString).sorted().toList());
    call("deleteAcls", () -> admin.deleteAcls(List.of(acl.toFilter(), acl.toFilter(), AclBindingFilter.ANY)).all().get().stream().map(Object::toString).sorted().toList());
    until("they are gone", () -> admin.describeAcls(AclBindingFilter.ANY).values().get().isEmpty());
    call("deleteAcls of none", () -> admin.deleteAcls(List.of(AclBindingFilter.ANY)).all());
  }

  void run() throws Exception {
    acls();
    quotas();
    users();
  }

  static ClientQuotaEntity entity(String... pairs) {
    var entries = new HashMap<String, String>();
    for (int i = 0; i < pairs.length; i += 2) entries.put(pairs[i], pairs[i + 1]);
    return new ClientQuotaEntity(entries);
  }

  void quotas() throws Exception {
    var whose = entity("user", "u", "client-id", null);
    for (var op : List.of(new ClientQuotaAlteration.Op("producer_byte_rate", 1000.0), new ClientQuotaAlteration.Op("consumer_byte_rate", 0.0), new ClientQuotaAlteration.Op("no_such", 1.0),
        new ClientQuotaAlteration.Op("request_percentage", 10.0), new ClientQuotaAlteration.Op("controller_mutation_rate", 1.5), new ClientQuotaAlteration.Op("connection_creation_rate", 5.0),
        new ClientQuotaAlteration.Op("producer_byte_rate", 1.5), new ClientQuotaAlteration.Op("consumer_byte_rate", null)))
      call("alterClientQuotas " + op, () -> admin.alterClientQuotas(List.of(new ClientQuotaAlteration(whose, List.of(op)))).all());
    for (var who : List.of(entity("ip", "10.0.0.1"), entity("ip", null), entity("ip", "no address"), entity("user", ""), entity("no", "x"), entity("user", "u", "ip", "10.0.0.1"), entity()))
      call("alterClientQuotas of " + who.entries(), () -> admin.alterClientQuotas(List.of(new ClientQuotaAlteration(who, List.of(new ClientQuotaAlteration.Op("connection_creation_rate", 5.0))))).all());
    call("alterClientQuotas validateOnly", () -> admin.alterClientQuotas(List.of(new ClientQuotaAlteration(whose, List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 7.0)))), new AlterClientQuotasOptions().validateOnly(true)).all());
    until("they are there", () -> !admin.describeClientQuotas(ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntityType("ip")))).entities().get().isEmpty());
    for (var filter : List.of(ClientQuotaFilter.all(), ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntity("user", "u"))), ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntity("user", "u"))),
        ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofDefaultEntity("client-id"))), ClientQuotaFilter.contains(List.of(ClientQuotaFilterComponent.ofEntityType("no"))),
        ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntityType("user"), ClientQuotaFilterComponent.ofEntityType("client-id")))))
      call("describeClientQuotas " + filter, () -> admin.describeClientQuotas(filter).entities().get().entrySet().stream().map(e -> e.getKey().entries() + " " + new TreeMap<>(e.getValue())).sorted().toList());
    for (var who : List.of(whose, entity("ip", "10.0.0.1"), entity("ip", null)))
      for (var name : List.of("producer_byte_rate", "controller_mutation_rate", "connection_creation_rate", "request_percentage"))
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(who, List.of(new ClientQuotaAlteration.Op(name, null))))).values().get(who).whenComplete((done, failed) -> {});
  }

  void users() throws Exception {
    var info = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 8192);
    call("describeUserScramCredentials none", () -> admin.describeUserScramCredentials().all());
    call("alterUserScramCredentials", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("x", info, "secret"), new UserScramCredentialUpsertion("y", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), "secret"))).all());
    call("alterUserScramCredentials, few iterations", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("x", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 10), "secret"))).all());
    call("alterUserScramCredentials, many iterations", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("x", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 100000), "secret"))).all());
    call("alterUserScramCredentials, no mechanism", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("x", ScramMechanism.UNKNOWN))).all());
    call("alterUserScramCredentials, no name", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("", info, "secret"))).all());
    call("alterUserScramCredentials, twice", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("x", info, "secret"), new UserScramCredentialDeletion("x", ScramMechanism.SCRAM_SHA_256))).values());
    call("alterUserScramCredentials deletes what is not there", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("z", ScramMechanism.SCRAM_SHA_256))).values());
    until("they are there", () -> admin.describeUserScramCredentials().users().get().size() == 2);
    call("describeUserScramCredentials", () -> admin.describeUserScramCredentials().all());
    call("describeUserScramCredentials some", () -> {
      var result = admin.describeUserScramCredentials(List.of("x", "z"));
      return List.of(words(result.users()), words(result.description("x")), words(result.description("z")));
    });
    call("describeUserScramCredentials twice", () -> admin.describeUserScramCredentials(List.of("x", "x")).all());
    call("alterUserScramCredentials deletes", () -> admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion("x", ScramMechanism.SCRAM_SHA_256), new UserScramCredentialDeletion("y", ScramMechanism.SCRAM_SHA_512))).all());
  }
}
