// Evaluates an account, says so, waits for a line, and evaluates it again while its server dies and
// comes back: a test starts it.
import { once } from "node:events";

import { IndustryReference } from "@tiermark/client/v1/facts";
import { overGrpc, overHttp } from "@tiermark/client/node";

const { env } = process;
const options = { deadlineMs: 30_000, attemptsMax: 100 };
const client = env.TIERMARK_OVER === "grpc" ? overGrpc({ target: env.TIERMARK_ADDRESS, ...options })
  : overHttp({ target: env.TIERMARK_HTTP_ADDRESS, ...options });
const facts = {
  country: "CO",
  potentialMrr: [{ country: "CO", amount: { currencyCode: "USD", units: 60_000n } }],
  pastDueCases: 500_000,
  industryReference: IndustryReference.MARKET_LEADER,
  operatingCountries: ["CO", "PE", "EC", "CL", "MX"],
};
await client.evaluateAccount({ accountId: "outlive", facts });
console.log("ready");
await once(process.stdin, "data");
process.stdin.unref();
console.log((await client.evaluateAccount({ accountId: "outlive" })).evaluation.score);
