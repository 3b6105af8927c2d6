// Access control lists: who is allowed or denied what.
import { count, element, section } from "../../../../reports/page/src/dom.js";
import { askAll, change } from "./ask.js";
import { changeForm, choice, field, offer, textInput } from "./changes.js";
import { fill, notice, searchField, sortedTable, state } from "./views.js";

const aclsMax = 5_000;
const types = ["TOPIC", "GROUP", "CLUSTER", "TRANSACTIONAL_ID", "USER"];
const operations = ["ALL", "READ", "WRITE", "CREATE", "DELETE", "ALTER", "DESCRIBE", "CLUSTER_ACTION", "DESCRIBE_CONFIGS", "ALTER_CONFIGS", "IDEMPOTENT_WRITE"];
const wordsOf = (acl) => [acl.principal, acl.name, acl.type, acl.pattern, acl.host, acl.operation, acl.permission].join(" ");

function addForm(after) {
  const type = choice("type", types.map((one) => [one]));
  const pattern = choice("pattern", [["LITERAL", "is"], ["PREFIXED", "begins with"]]);
  const name = textInput("name", { required: true });
  const permission = choice("permission", [["ALLOW", "may"], ["DENY", "may not"]]);
  const principal = textInput("principal", { required: true, value: "User:" });
  const operation = choice("operation", operations.map((one) => [one]));
  const host = textInput("host", { required: true, value: "*" });
  type.addEventListener("change", () => {
    name.value = type.value === "CLUSTER" ? "kafka-cluster" : "";
    pattern.value = "LITERAL";
  });
  return changeForm("add-acl", "Add an entry", {
    fields: [field("Who", principal), field("From (an address, or *)", host), field("Rule", permission), field("Operation", operation), field("On", type), field("Its name", pattern), field("Name", name)],
    button: "Add it",
    make: () =>
      change("add-acl", { type: type.value, pattern: pattern.value, name: name.value, principal: principal.value.trim(), host: host.value.trim(), operation: operation.value, permission: permission.value }),
    after,
  });
}

export function access() {
  const search = searchField("principals and names");
  const notes = element("div");
  const forms = element("div");
  const said = element("div", { role: "status" });
  let offered = false;
  let mayRemove = false;
  let armed = null; // the words of the entry whose button was pressed once
  const remove = async (acl) => {
    if (armed !== wordsOf(acl)) {
      armed = wordsOf(acl);
      list.draw();
      return;
    }
    armed = null;
    try {
      fill(said, notice("good", (await change("remove-acl", acl)).done));
      view.again();
    } catch (error) {
      fill(said, notice("bad", "That failed", error.message));
      list.draw();
    }
  };
  const list = sortedTable(
    "Entries of access control lists",
    [
      { name: "Who", value: (acl) => `${acl.principal} ${acl.name}`, cell: (acl) => acl.principal },
      { name: "From", value: (acl) => acl.host, cell: (acl) => acl.host },
      { name: "Rule", value: (acl) => acl.permission, cell: (acl) => (acl.permission === "ALLOW" ? state("good", "may") : state("bad", "may not")) },
      { name: "Operation", value: (acl) => acl.operation, cell: (acl) => acl.operation },
      { name: "On", value: (acl) => acl.type, cell: (acl) => acl.type },
      { name: "Name", value: (acl) => acl.name, cell: (acl) => [element("code", {}, acl.name), acl.pattern === "PREFIXED" ? element("span.muted", {}, " and what begins so") : null] },
      {
        name: "",
        value: () => "",
        cell: (acl) =>
          mayRemove
            ? element("button.small.danger", { type: "button", "data-key": `remove ${wordsOf(acl)}`, "aria-label": `Remove the entry ${wordsOf(acl)}`, click: () => remove(acl) }, armed === wordsOf(acl) ? "Really remove it?" : "Remove")
            : null,
      },
    ],
    { search, empty: "There are no entries." },
  );
  const view = {
    title: "Access",
    nodes: [notes, forms, said, section("Access control lists", "What denies goes before all that allows.", search, list.node)],
    period: 10_000,
    async refresh(signal) {
      const all = await askAll(["acls"], "acls", {}, aclsMax, signal);
      fill(
        notes,
        all.last.authorizer ? null : notice("warn", "Everybody may do everything", "The brokers have no authorizer: authorizer.class.name is not set."),
        all.entries.length < all.total ? notice("warn", "Not all are shown", `There are ${count(all.total)} entries; these are the first ${count(all.entries.length)}.`) : null,
      );
      if (!offered && all.last.authorizer)
        offered = await offer(forms, {}, signal, (may) => {
          mayRemove = may("cluster", "ALTER");
          return [mayRemove && addForm(() => view.again())];
        });
      list.setRows(all.entries);
      return `${count(all.total)} entries`;
    },
  };
  return view;
}
