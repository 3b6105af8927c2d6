// Bundles the sources of a page into one HTML file, built/page.html, which is committed, so that building the programs needs no npm.
//   node build.js [FOLDER]          writes it; FOLDER: the page's, this one unless given
//   node build.js --check [FOLDER]  fails if it is not what the sources give
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = new URL(".", import.meta.url);
const check = process.argv.includes("--check");
const folder = process.argv.slice(2).find((argument) => argument !== "--check");
const of = folder ? new URL(pathToFileURL(resolve(folder)).href + "/") : here;
const result = await build({
  entryPoints: [new URL("src/main.js", of).pathname],
  bundle: true,
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  format: "iife",
  legalComments: "none",
  nodePaths: [new URL("node_modules", here).pathname],
  outdir: new URL("built", of).pathname,
  write: false,
});
const output = (ending) => result.outputFiles.find((file) => file.path.endsWith(ending)).text.trim();
const licence = await readFile(new URL("node_modules/uplot/LICENSE", here), "utf8");
const frame = await readFile(new URL("src/frame.html", of), "utf8");
const style = output(".css");
// The browser ends a script at its end tag, wherever that is.
const script = output(".js").replaceAll("</script", "<\\/script");
// For a policy that allows this very script and style, and no other.
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const page = frame
  .replace("@SCRIPT-HASH@", () => hash(script))
  .replace("@STYLE-HASH@", () => hash(style))
  .replace("@LICENCE@", () => licence.trim())
  .replace("@STYLE@", () => style)
  .replace("@SCRIPT@", () => script);
const target = new URL("built/page.html", of);
if (check) {
  if ((await readFile(target, "utf8")) !== page) {
    console.error(`${target.pathname} is not what the sources give: run \`npm ci && npm run build\` in reports/page`);
    process.exit(1);
  }
} else {
  await writeFile(target, page);
  console.log(`${target.pathname}: ${page.length} bytes`);
}
