// Looks at the console in a headless browser; tests/console/page_test.py runs the brokers.
//   node console_test.js PHASE FACTS
// PHASE: able (is there a browser?), healthy, trouble, changes, guarded or token; FACTS: JSON, as that makes it. Exit code 77: there is no browser, or npm's packages
// are not there.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";

const [phase, text] = process.argv.slice(2);
const facts = JSON.parse(text);
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const puppeteer = await import("puppeteer-core").catch(() => null);
if (!browserPath || !puppeteer) {
  console.log("skipped: " + (browserPath ? "npm ci was not run in tests/page" : "there is no Chromium"));
  process.exit(77);
}
if (phase === "able") process.exit(0);
mkdirSync(facts.folder, { recursive: true });

const waitMax = 30_000; // on a machine that is busy with other tests
const searchMax = 400; // ms from a key to the rows of 1,000 topics; a quiet machine takes about 20
// What a cluster in trouble, or a broker that wants a token, answers is told in the browser's console, too.
const answeredInPhase = { healthy: /^$/, trouble: /status of (404|502|504)/, changes: /^$/, guarded: /^$/, token: /status of 401/ }[phase];
let answered = answeredInPhase; // a test may say otherwise

const browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"] });
let failed = 0;

async function test(name, run) {
  const page = await browser.newPage();
  answered = answeredInPhase;
  const wrong = [];
  const foreign = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && !answered.test(message.text()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => request.url().startsWith(new URL(facts.url).origin) || request.url().startsWith("data:") || foreign.push(request.url()));
  page.setDefaultTimeout(waitMax);
  await page.setViewport({ width: 1280, height: 850 });
  try {
    await run(page);
    assert.deepEqual(wrong, [], "errors in the console");
    assert.deepEqual(foreign, [], "nothing is loaded from anywhere else");
    assert.ok(!(await page.title()).includes("hacked"), "no record acts");
    console.log(`ok      ${phase}: ${name}`);
  } catch (error) {
    ++failed;
    await page.screenshot({ path: `${facts.folder}/console-failed.png` }).catch(() => {});
    console.log(`FAILED  ${phase}: ${name}\n${error.stack}\n${wrong.join("\n")}\n${await page.evaluate(() => document.body.innerText.slice(0, 2000))}`);
  }
  await page.close();
}

const open = async (page, hash) => {
  await page.goto(facts.url + hash);
  await page.waitForSelector("#view[data-rounds]"); // it was answered
};
const shot = (page, name, fullPage = false) => page.screenshot({ path: `${facts.folder}/console-${name}.png`, fullPage });
const says = (page, text) => page.waitForFunction((wanted) => document.getElementById("page").innerText.includes(wanted), {}, text);
const focused = (page) => page.evaluate(() => ({ tag: document.activeElement.tagName, text: document.activeElement.textContent, id: document.activeElement.id }));
const rows = (page, selector) => page.$$eval(`${selector} tbody tr`, (all) => all.map((row) => row.innerText));

// The form for a change, unfolded.
async function form(page, name) {
  const found = await page.waitForSelector(`[data-change="${name}"]`);
  await found.evaluate((one) => ((one.open = true), one.scrollIntoView({ block: "center" })));
  return found;
}
const into = (found, name) => found.$(`[name="${name}"]`);
const submit = (found) => found.$eval('button[type="submit"]', (one) => one.click());
const disabled = (found) => found.$eval('button[type="submit"]', (one) => one.disabled);
// The same by a request of the page, without a form.
const changed = (page, name, body) =>
  page.evaluate(async (path, text) => (await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: text })).json(), `api/changes/${name}`, JSON.stringify(body));

const healthy = {
  async "the overview says that all is well"(page) {
    await open(page, "");
    await says(page, "All is well");
    await says(page, "3 of 3");
    assert.equal(await page.$$eval(".notice.bad", (all) => all.length), 0);
    // The charts begin with the second answer.
    await page.waitForFunction(() => Number(document.getElementById("view").dataset.rounds) >= 2);
    assert.equal(await page.$$eval(".chart canvas", (all) => all.length), 2);
  },
  async "a thousand topics are found by a few keys"(page) {
    await open(page, "#/topics");
    await says(page, `${facts.topics.toLocaleString("en")} topics`);
    assert.equal((await rows(page, "table")).length, 100);
    await page.keyboard.press("/");
    assert.equal((await focused(page)).id, "search");
    const took = await page.evaluate(async () => {
      const search = document.getElementById("search");
      const begun = performance.now();
      search.value = "T050";
      search.dispatchEvent(new Event("input"));
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - begun;
    });
    assert.ok(took < searchMax, `a search takes ${took} ms`);
    assert.equal((await rows(page, "table")).length, 10);
    // By the arrows to the third, and there.
    for (const key of ["ArrowDown", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
    assert.equal((await focused(page)).text, "t0502");
    await shot(page, "topics");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => location.hash === "#/topics/t0502");
    await says(page, "Records taken in");
    assert.equal((await focused(page)).tag, "H1", "who comes by the keyboard is told where they are");
  },
  async "topics are sorted by any column, and a refresh leaves the focus where it is"(page) {
    await open(page, "#/topics");
    const first = () => page.$eval("tbody tr", (row) => row.innerText.split("\t")[0]);
    await page.waitForSelector("tbody tr");
    const button = 'button[data-key="sort Partitions"]';
    await page.focus(button);
    await page.keyboard.press("Enter");
    assert.match(await first(), /__consumer_offsets/);
    assert.equal(await page.$eval(button, (one) => one.closest("th").getAttribute("aria-sort")), "descending");
    const rounds = await page.$eval("#view", (view) => Number(view.dataset.rounds));
    await page.waitForFunction((before) => Number(document.getElementById("view").dataset.rounds) > before, {}, rounds);
    assert.match((await focused(page)).text, /^Partitions/);
  },
  async "a topic shows its replicas, and its records as text, JSON and bytes"(page) {
    await open(page, "#/topics/orders");
    await says(page, "Partitions");
    assert.equal((await page.$$(".replica")).length, 18);
    await page.click('button[data-key="browse 0"]');
    await page.waitForSelector("details.record");
    const records = await page.$$("details.record");
    assert.equal(records.length, 20);
    assert.match(await records[0].evaluate((one) => one.innerText), /order-22/);
    // The last two are attacks, and are shown letter by letter.
    for (const [i, attack] of facts.attacks.entries()) {
      const record = records[18 + i];
      await record.$eval("summary", (one) => one.click());
      assert.equal(await record.$eval("summary .value", (one) => one.textContent), attack);
      await record.waitForSelector("pre");
      assert.ok((await record.$$eval("pre", (all) => all.map((one) => one.textContent))).includes(attack));
    }
    assert.equal(await page.$$eval("#page img, #page script", (all) => all.length), 0);
    await records[0].$eval("summary", (one) => one.click());
    await records[0].waitForSelector("pre");
    const value = (await records[0].$$("pre"))[1];
    assert.match(await value.evaluate((one) => one.textContent), /^\{\n {2}"order": 22,/);
    await (await records[0].$$("button.chip")).at(-1).evaluate((one) => one.click());
    assert.match(await value.evaluate((one) => one.textContent), /^000000 {2}7b 22 6f 72 64 65 72 22/);
    await shot(page, "records", true);
    // A refresh keeps what was opened.
    const rounds = await page.$eval("#view", (view) => Number(view.dataset.rounds));
    await page.waitForFunction((before) => Number(document.getElementById("view").dataset.rounds) > before, {}, rounds);
    assert.equal((await page.$$("details.record[open]")).length, 3);
    await page.$eval('button[data-key="older"]', (one) => one.click());
    await page.waitForFunction(() => document.querySelector("details.record .offset")?.textContent === "2");
    answered = /status of 400/;
    await page.select('select[aria-label="Where to begin"]', "offset");
    await page.$eval('input[aria-label="Offset"]', (one) => (one.value = "99"));
    await page.$eval("#show-records", (one) => one.click());
    await says(page, "begins at 0 and ends at 42");
  },
  async "a group shows its lag"(page) {
    await open(page, "#/groups");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.innerText.includes("billing <b>of</b> orders") && row.innerText.includes("37")));
    await page.click("tbody a");
    await says(page, "Progress");
    await says(page, "nobody");
    assert.equal(await page.$eval("h1", (one) => one.textContent), "Groups › billing <b>of</b> orders");
    const lags = await page.$$eval("tbody tr", (all) => all.filter((row) => row.innerText.includes("orders")).map((row) => row.cells[4].textContent));
    assert.ok(lags.includes("37"), `lags of ${lags}`);
    await shot(page, "group");
  },
  async "the configuration of a broker, and where each value is set"(page) {
    await open(page, "#/configs/1");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.innerText.includes("admin.http.console") && row.innerText.includes("at the broker's start")));
  },
  async "all is reached by the tabulator key"(page) {
    await open(page, "");
    const seen = [];
    await page.evaluate(() => document.activeElement.blur());
    for (let n = 0; n < 8; ++n) {
      await page.keyboard.press("Tab");
      seen.push((await focused(page)).text);
    }
    assert.deepEqual(seen.slice(0, 6), ["Skip to the content", "Overview", "Topics", "Groups", "Configuration", "Access"]);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", "the focus is seen");
  },
  async "dark, where the system is"(page) {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "light" }]);
    await open(page, "");
    const light = await ground();
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, {}, light);
    assert.equal(await ground(), "rgb(18, 22, 28)");
    await shot(page, "dark");
  },
  async "nothing is wider than a phone"(page) {
    await page.setViewport({ width: 390, height: 800, deviceScaleFactor: 2, isMobile: true });
    for (const hash of ["", "#/topics", "#/topics/orders", "#/groups", "#/configs/1", "#/access"]) {
      await page.goto("about:blank");
      await open(page, hash);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390), `${hash} is wider`);
    }
    await page.goto("about:blank");
    await open(page, "");
    await shot(page, "phone");
  },
  async "nothing offers a change where changes are not enabled"(page) {
    for (const hash of ["", "#/topics", "#/topics/orders", "#/groups/billing%20%3Cb%3Eof%3C%2Fb%3E%20orders", "#/access"]) {
      await page.goto("about:blank");
      await open(page, hash);
      assert.equal((await page.$$("[data-change], button.danger")).length, 0, hash);
    }
    await says(page, "Everybody may do everything");
    answered = /status of 403/;
    assert.match((await changed(page, "delete-topic", { topic: "orders" })).error, /admin.http.console.changes/);
  },
  async "what is not there is said"(page) {
    answered = /status of 404/;
    await page.goto(facts.url + "#/topics/nowhere");
    await says(page, "there is no topic nowhere");
  },
};

const trouble = {
  async "the overview says what is wrong, and what that means"(page) {
    await open(page, "");
    await says(page, "Something is wrong");
    await says(page, "Dead brokers: 3");
    await says(page, "Nobody can write to these or read from them.");
    await says(page, "2 of 3");
    await says(page, "offline: no leader");
    await page.waitForFunction(() => Number(document.getElementById("view").dataset.rounds) >= 3);
    await shot(page, "trouble");
  },
  async "the worst topics come first, if they are asked for"(page) {
    await open(page, "#/topics");
    await page.waitForSelector("tbody tr");
    for (let n = 0; n < 2; ++n) await page.$eval('button[data-key="sort State"]', (one) => one.click());
    assert.match((await rows(page, "table"))[0], /offline/);
  },
  async "a topic shows which replicas are missing"(page) {
    await open(page, "#/topics/orders");
    await says(page, "Not all partitions are as they should be");
    assert.equal((await page.$$(".replica.bad")).length, 6);
    await shot(page, "trouble-topic");
  },
};

const changes = {
  async "a topic is created, and what the cluster refuses is said"(page) {
    await open(page, "#/topics");
    const create = await form(page, "create-topic");
    await (await into(create, "topic")).type("made-here");
    await (await into(create, "partitions")).type("3");
    await (await into(create, "configs")).type("retention.ms=86400000\ncleanup.policy=compact");
    await submit(create);
    await says(page, "created topic made-here: 3 partitions, replication factor 3");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.innerText.includes("made-here")));
    await shot(page, "create");
    answered = /status of 409/;
    await submit(create);
    await says(page, "TOPIC_ALREADY_EXISTS: Topic 'made-here' already exists.");
    await (await into(create, "configs")).type("\nnonsense");
    await submit(create);
    await says(page, "Expected NAME=VALUE in a line");
  },
  async "its properties, partitions and leaders are changed"(page) {
    await open(page, "#/topics/made-here");
    const alter = await form(page, "alter-topic");
    await (await into(alter, "property")).select("retention.ms");
    assert.equal(await (await into(alter, "value")).evaluate((one) => one.value), "86400000", "it begins with what is in force");
    await (await into(alter, "value")).evaluate((one) => (one.value = "3600000"));
    await submit(alter);
    await says(page, "retention.ms is 3600000 now");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => /retention\.ms\s+3600000\s+this topic/.test(row.innerText)));
    await (await into(alter, "property")).select("cleanup.policy");
    await (await into(alter, "how")).select("unset");
    await submit(alter);
    await says(page, "cleanup.policy is the default now");
    const add = await form(page, "add-partitions");
    await (await into(add, "partitions")).type("5");
    await submit(add);
    await says(page, "topic made-here has 5 partitions now");
    await page.waitForFunction(() => document.querySelectorAll("button[data-key^='browse']").length === 5);
    const elect = await form(page, "elect-leaders");
    await submit(elect);
    await page.waitForFunction(() => /\d leaders? elected; \d partitions? needed none/.test(document.getElementById("page").innerText));
    await shot(page, "changes", true);
  },
  async "a topic is deleted once its name is typed"(page) {
    await open(page, "#/topics/made-here");
    const remove = await form(page, "delete-topic");
    assert.ok(await disabled(remove));
    await (await into(remove, "confirm")).type("made-her");
    assert.ok(await disabled(remove), "not by another name");
    await page.keyboard.press("Enter");
    assert.equal((await changed(page, "create-topic", { topic: "made-here-too" })).done.includes("created"), true);
    await (await into(remove, "confirm")).type("e");
    assert.ok(!(await disabled(remove)));
    await shot(page, "delete");
    await submit(remove);
    await page.waitForFunction(() => location.hash === "#/topics");
    await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].some((row) => row.innerText.includes("made-here-too")));
    assert.ok(!(await rows(page, "table")).some((row) => /made-here\s/.test(row)));
  },
  async "a group goes on elsewhere, and is deleted once its name is typed"(page) {
    const lag = () => page.$eval("dl.tiles .tile:nth-child(2) dd", (one) => parseInt(one.innerText, 10));
    await open(page, "#/groups/readers");
    assert.equal(await lag(), 25);
    const reset = await form(page, "reset-offsets");
    await submit(reset);
    await says(page, "nothing is changed yet");
    assert.equal(await lag(), 25);
    await (await into(reset, "really")).evaluate((one) => one.click());
    await submit(reset);
    await says(page, "group readers goes on elsewhere");
    await page.waitForFunction(() => document.querySelector("dl.tiles .tile:nth-child(2) dd").innerText.startsWith("30"));
    await shot(page, "reset", true);
    const remove = await form(page, "delete-group");
    await (await into(remove, "confirm")).type("readers");
    await submit(remove);
    await page.waitForFunction(() => location.hash === "#/groups");
    await says(page, "There are no consumer groups.");
  },
  async "forms are no wider than a phone"(page) {
    await page.setViewport({ width: 390, height: 800, deviceScaleFactor: 2, isMobile: true });
    for (const [hash, name] of [["", "elect-leaders"], ["#/topics", "create-topic"], ["#/topics/orders", "alter-topic"]]) {
      await page.goto("about:blank");
      await open(page, hash);
      await form(page, name);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 390), `${hash} is wider`);
    }
    await shot(page, "changes-phone");
  },
  async "the page of another site changes nothing"(page) {
    answered = /./;
    await page.goto("data:text/html,elsewhere");
    const tried = await page.evaluate(async (url) => {
      const body = JSON.stringify({ topic: "orders" });
      const tries = [
        { mode: "no-cors", body }, // as a form sends it; the browser sends it, and withholds the answer
        { mode: "no-cors", headers: { "Content-Type": "application/json" }, body }, // the browser leaves such a header out
        { mode: "cors", headers: { "Content-Type": "application/json" }, body }, // it asks first, and nobody allows it
      ];
      return Promise.all(tries.map((one) => fetch(url + "api/changes/delete-topic", { method: "POST", ...one }).then((response) => response.type, () => "refused")));
    }, facts.url);
    assert.deepEqual(tried, ["refused", "refused", "refused"]);
    await open(page, "#/topics/orders");
    await says(page, "Partitions");
  },
};

const guarded = {
  async "entries of access control lists are added, and what they forbid is not offered"(page) {
    await open(page, "#/topics/guarded");
    await page.waitForSelector('[data-change="delete-topic"]');
    await page.goto("about:blank");
    await open(page, "#/access");
    const add = await form(page, "add-acl");
    for (const [rule, operation] of [["ALLOW", "ALL"], ["DENY", "DELETE"]]) {
      await (await into(add, "principal")).evaluate((one) => (one.value = "User:ANONYMOUS"));
      await (await into(add, "permission")).select(rule);
      await (await into(add, "operation")).select(operation);
      await (await into(add, "name")).evaluate((one) => (one.value = "guarded"));
      await submit(add);
      await says(page, `added: User:ANONYMOUS from host * ${rule === "ALLOW" ? "may" : "may not"} ${operation} TOPIC guarded`);
    }
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, {}, facts.entries + 2);
    await shot(page, "access");
    await page.goto("about:blank");
    await open(page, "#/topics/guarded");
    await page.waitForSelector('[data-change="add-partitions"]');
    assert.equal(await page.$('[data-change="delete-topic"]'), null);
    answered = /status of 403/;
    assert.match((await changed(page, "delete-topic", { topic: "guarded" })).error, /^TOPIC_AUTHORIZATION_FAILED/);
    await page.goto("about:blank");
    await open(page, "#/topics/guarded");
    await says(page, "guarded");
  },
  async "an entry is removed by two clicks"(page) {
    await open(page, "#/access");
    await page.type("#search", "guarded");
    const button = () => page.waitForSelector('button[data-key*="DELETE DENY"]');
    await (await button()).evaluate((one) => one.click());
    await says(page, "Really remove it?");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 2);
    await (await button()).evaluate((one) => one.click());
    await says(page, "removed: User:ANONYMOUS from host * may not DELETE TOPIC guarded");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    await page.goto("about:blank");
    await open(page, "#/topics/guarded");
    await page.waitForSelector('[data-change="delete-topic"]');
  },
};

const token = {
  async "a token is asked for, and kept nowhere"(page) {
    await page.goto(facts.url);
    await says(page, "This broker wants its token");
    await page.type("#token", "another token, for sure");
    await page.keyboard.press("Enter");
    await says(page, "That was not it");
    await page.type("#token", facts.token);
    await page.keyboard.press("Enter");
    await says(page, "All is well");
    assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie), "{}");
    await page.reload();
    await says(page, "This broker wants its token");
  },
};

for (const [name, run] of Object.entries({ healthy, trouble, changes, guarded, token }[phase])) await test(name, run);
await browser.close();
process.exit(failed ? 1 : 0);
