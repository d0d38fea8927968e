// The public audits of GraphQL over HTTP against a running service: `node audit.js ADDRESS`.
// Prints a line for each, and ends with 1 if any is not passed.
import { serverAudits } from "graphql-http";

const [url] = process.argv.slice(2);
if (!url) {
  console.error("usage: node audit.js http://127.0.0.1:8000/graphql");
  process.exit(2);
}

const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
const audits = serverAudits({ url });
const results = await Promise.all(audits.map((audit) => audit.fn()));
for (const { id, name, status, reason } of results) {
  counts[status] += 1;
  console.log(`${status === "ok" ? "ok " : "NOT"} ${id} ${name}${reason ? ` -- ${reason}` : ""}`);
}
// Notices are MAYs, warnings SHOULDs, errors MUSTs that are not met.
console.log(`${results.length} audits:`, JSON.stringify(counts));
process.exit(counts.ok === results.length ? 0 : 1);
