// What may be changed of topics.
import { element, table } from "../../../../reports/page/src/dom.js";
import { change } from "./ask.js";
import { changeForm, choice, field, numberGiven, textInput } from "./changes.js";

const countInput = (name, more = {}) => element("input", { type: "number", name, min: "1", ...more });

// "a=1" in lines, as an object.
function propertiesIn(text) {
  const found = {};
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const at = line.indexOf("=");
    if (at < 1) throw new Error(`Expected NAME=VALUE in a line, and not: ${line}`);
    found[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return found;
}

export function createTopic(after) {
  const name = textInput("topic", { required: true, maxlength: "249" });
  const partitions = countInput("partitions", { placeholder: "default" });
  const replicas = countInput("replication_factor", { placeholder: "default" });
  const configs = element("textarea", { name: "configs", rows: "3", spellcheck: "false", placeholder: "retention.ms=86400000" });
  return changeForm("create-topic", "Create a topic", {
    fields: [field("Name", name), field("Partitions", partitions), field("Replication factor", replicas), field("Properties, one a line", configs)],
    button: "Create it",
    make: async () =>
      change("create-topic", { topic: name.value.trim(), partitions: numberGiven(partitions), replication_factor: numberGiven(replicas), configs: propertiesIn(configs.value) }),
    after,
  });
}

// The partitions whose election failed.
const failures = (answer) =>
  answer.failures.length
    ? table(
        ["Topic", "#Partition", "Why not"],
        answer.failures.map((one) => [one.topic, String(one.partition), one.code]),
      )
    : null;

// `topic`: undefined for all.
export const electLeaders = (topic, after) =>
  changeForm("elect-leaders", topic === undefined ? "Elect the preferred leaders of all partitions" : "Elect the preferred leaders", {
    note: "Has each partition led by the first of its replicas, where that can lead it.",
    button: "Elect them",
    make: () => change("elect-leaders", { topic }),
    shown: failures,
    after,
  });

export function addPartitions(topic, after) {
  const partitions = countInput("partitions", { required: true });
  return changeForm("add-partitions", "Add partitions", {
    note: "Keys go to other partitions from then on; partitions can't be taken away again.",
    fields: [field("How many there are to be", partitions)],
    button: "Add them",
    make: () => change("add-partitions", { topic, partitions: numberGiven(partitions) }),
    after,
  });
}

// {node, setConfigs(configs)}: knows the topic's properties once setConfigs was called.
export function alterTopic(topic, after) {
  const property = choice("property", []);
  const how = choice("how", [["set", "set to"], ["unset", "back to the default"]]);
  const value = textInput("value", { "aria-label": "Value" });
  let known = [];
  const choose = () => (value.value = known.find((one) => one.name === property.value)?.value ?? "");
  property.addEventListener("change", choose);
  how.addEventListener("change", () => (value.disabled = how.value === "unset"));
  return {
    node: changeForm("alter-topic", "Change a property", {
      note: "A shorter retention deletes records.",
      fields: [field("Property", property), field("Is", how), field("Value", value)],
      button: "Change it",
      make: () => change("alter-topic", how.value === "set" ? { topic, set: { [property.value]: value.value } } : { topic, unset: [property.value] }),
      after,
    }),
    setConfigs(configs) {
      const first = !known.length;
      known = configs.filter((one) => one.changeable);
      if (!first) return;
      property.append(...known.map((one) => element("option", { value: one.name }, one.name)));
      choose();
    },
  };
}

export const deleteTopic = (topic) =>
  changeForm("delete-topic", "Delete the topic", {
    note: "All its records are gone for good.",
    confirm: topic,
    button: "Delete it",
    make: () => change("delete-topic", { topic }),
    after: () => (location.hash = "#/topics"),
  });
