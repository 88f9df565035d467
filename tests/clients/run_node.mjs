// Runs clients/cases/cases.json through the TypeScript client, over TIERMARK_OVER=grpc or http; the
// README there says how.
import { readFileSync } from "node:fs";

import { createRegistry, fromJson, toJson } from "@bufbuild/protobuf";
import { Code, services, TiermarkError } from "@tiermark/client";
import { file_google_rpc_error_details } from "@tiermark/client/google/rpc/error_details";
import { overGrpc, overHttp } from "@tiermark/client/node";

const { env } = process;
const DEADLINE_MS = 20_000;
const OVER = { grpc: [overGrpc, env.TIERMARK_ADDRESS], http: [overHttp, env.TIERMARK_HTTP_ADDRESS] };
const [over, target] = OVER[env.TIERMARK_OVER];
const has = new Set([
  ...(env.TIERMARK_KEY ? ["keys"] : []), ...(env.TIERMARK_OVER === "grpc" ? ["both_ways"] : [])]);
const registry = createRegistry(file_google_rpc_error_details, ...services.map((s) => s.file));
const methods = new Map(
  services.flatMap((s) => s.methods.map((m) => [`${s.typeName}/${m.name}`, m])));

const clients = new Map();
function clientOf(role) {
  if (!clients.has(role)) {
    const key = role === "wrong" ? "tmk_wrong"
      : env[role === undefined ? "TIERMARK_KEY" : `TIERMARK_${role.toUpperCase()}_KEY`];
    clients.set(role, over({ target, key, caFile: env.TIERMARK_CA_FILE, deadlineMs: DEADLINE_MS }));
  }
  return clients.get(role);
}

class Wrong extends Error {}

function replaced(value, names) {
  if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (all, name) => names[name] ?? all);
  if (Array.isArray(value)) return value.map((element) => replaced(element, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [replaced(key, names), replaced(item, names)]));
}

function compare(want, got, path) {
  if (Array.isArray(want) && Array.isArray(got)) {
    if (want.length !== got.length) {
      throw new Wrong(`${path} has ${got.length} elements, not ${want.length}`);
    }
    want.forEach((element, place) => compare(element, got[place], `${path}.${place}`));
  } else if (want && got && typeof want === "object" && typeof got === "object" &&
      Array.isArray(want) === Array.isArray(got)) {
    for (const [key, value] of Object.entries(want)) {
      compare(value, Object.hasOwn(got, key) ? got[key] : null, `${path}.${key}`);
    }
  } else if (want !== got) {
    throw new Wrong(`${path} is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
  }
}

const nameOf = (code) => Code[code].replace(/(?<!^)(?=[A-Z])/g, "_").toUpperCase()
  .replace("CANCELED", "CANCELLED");

function checkError(want, error) {
  if (!want && !error) return;
  if (!want) throw new Wrong(`failed: ${error.message}`);
  if (!error) throw new Wrong(`succeeded, but ${want.code} is wanted`);
  const sorted = want.fields ? { ...want, fields: [...want.fields].sort() } : want;
  const fields = error.fieldViolations.map(({ field }) => field).sort();
  compare(sorted, { code: nameOf(error.code), reason: error.reason, fields }, "error");
}

async function* messages(step) {
  const client = clientOf(step.as);
  const method = methods.get(step.rpc ?? step.iterate ?? step.stream);
  const given = (step.requests ?? [step.request ?? {}])
    .map((request) => fromJson(method.input, request, { registry }));
  const options = { timeoutMs: step.deadline_ms ?? (step.stream ? DEADLINE_MS : undefined) };
  let answers;
  let type = method.output;
  if (step.rpc) {
    answers = [await client[method.localName](given[0], options)];
  } else if (step.iterate) {
    answers = client[method.localName.replace(/^list/, "iterate")](given[0], options);
    type = method.output.fields.find((field) => field.fieldKind === "list").message;
  } else {
    const both = method.methodKind === "bidi_streaming";
    answers = client[method.localName](
      both ? (async function* () { yield* given; })() : given[0], options);
  }
  for await (const answer of answers) {
    yield toJson(type, answer, { registry, useProtoFieldName: true });
  }
}

async function runStep(step, names) {
  const got = [];
  let error;
  try {
    for await (const message of messages(step)) got.push(message);
  } catch (failure) {
    if (!(failure instanceof TiermarkError)) throw failure;
    error = failure;
  }
  checkError(step.error, error);
  if (step.want) compare(step.want, got[0], "answer");
  if (step.want_items) compare(step.want_items, got, "items");
  if (step.want_last) compare(step.want_last, got.at(-1), "last message");
  if (got.length !== (step.want_count ?? got.length)) {
    throw new Wrong(`${got.length} came, not ${step.want_count}`);
  }
  if (got.length < (step.want_count_min ?? 0)) {
    throw new Wrong(`${got.length} came, fewer than ${step.want_count_min}`);
  }
  for (const [name, path] of Object.entries(step.keep ?? {})) {
    names[name] = path.split(".").reduce((value, part) => value[part], step.iterate ? got : got.at(-1));
  }
}

const run = Math.random().toString(36).slice(2, 10);
let ran = 0;
let failed = 0;
for (const { name, needs = [], steps } of JSON.parse(readFileSync(env.TIERMARK_CASES, "utf8")).cases) {
  const missing = needs.filter((need) => !has.has(need));
  if (missing.length > 0) {
    console.log(`left out ${name}: needs ${missing.join(", ")}`);
    continue;
  }
  ran++;
  const names = { run };
  let number = 0;
  try {
    for (const step of steps) {
      number++;
      await runStep(replaced(step, names), names);
    }
    console.log(`ok ${name}`);
  } catch (wrong) {
    failed++;
    const { rpc, iterate, stream } = steps[number - 1];
    const why = wrong instanceof Wrong ? wrong.message : wrong.stack;
    console.log(`FAILED ${name}, step ${number} (${rpc ?? iterate ?? stream}): ${why}`);
  }
}
process.exitCode = failed > 0 || ran === 0 ? 1 : 0;
