// The calls that a CRM's backend in Node makes, by Connect's own library: over gRPC, and over the
// Connect protocol with JSON, with binary messages and with compressed ones. Started by
// test_node.py, which says where the servers are.
import assert from "node:assert/strict";
import test from "node:test";

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
} from "@connectrpc/connect-node";

import { BadRequestSchema, ErrorInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { AccountService } from "./gen/tiermark/v1/account_service_pb.js";
import { AdminService } from "./gen/tiermark/v1/admin_service_pb.js";
import { IndustryReference } from "./gen/tiermark/v1/facts_pb.js";
import { ScoringService } from "./gen/tiermark/v1/scoring_service_pb.js";
import { Segment } from "./gen/tiermark/v1/segment_pb.js";

const setting = (name) => {
  assert.ok(process.env[name], `${name} is not set: test_node.py does`);
  return process.env[name];
};
// A server without keys, one that has them, and a key of a scorer there.
const OPEN = { grpc: setting("TIERMARK_OPEN_GRPC"), http: setting("TIERMARK_OPEN_HTTP") };
const CLOSED = { grpc: setting("TIERMARK_CLOSED_GRPC"), http: setting("TIERMARK_CLOSED_HTTP") };
const KEY = setting("TIERMARK_KEY");

const overHttp = (address, options) =>
  createConnectTransport({ baseUrl: `http://${address.http}`, httpVersion: "1.1", ...options });
const TRANSPORTS = {
  grpc: (address) => createGrpcTransport({ baseUrl: `http://${address.grpc}` }),
  json: (address) => overHttp(address, { useBinaryFormat: false }),
  binary: (address) => overHttp(address, { useBinaryFormat: true }),
  gzip: (address) => overHttp(address, { sendCompression: compressionGzip, compressMinBytes: 1 }),
};

const BANK = {
  displayName: "Banco del Ejemplo",
  country: "CO",
  potentialMrr: [{ country: "CO", amount: { currencyCode: "USD", units: 60000n } }],
  pastDueCases: 500000,
  industryReference: IndustryReference.MARKET_LEADER,
  operatingCountries: ["CO", "PE", "EC", "CL", "MX"],
};

async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    return ConnectError.from(error);
  }
  assert.fail("was answered instead of refused");
}

function assertReason(error, code, reason) {
  assert.equal(Code[error.code], Code[code], error.message);
  assert.deepEqual(error.findDetails(ErrorInfoSchema).map((info) => info.reason), [reason]);
}

const drain = async (stream) => {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
};

for (const [name, transportTo] of Object.entries(TRANSPORTS)) {
  const scoring = createClient(ScoringService, transportTo(OPEN));
  const accounts = createClient(AccountService, transportTo(OPEN));
  const id = (suffix) => `node-${name}-${suffix}`;

  test(`${name}: an account is evaluated and read back`, async () => {
    const { evaluation, recommendedAction } = await scoring.evaluateAccount({
      accountId: id("bank"), facts: BANK });
    assert.equal(evaluation.score, 100);
    assert.equal(evaluation.segment, Segment.STRATEGIC);
    assert.ok(recommendedAction);
    const { account } = await accounts.getAccount({ accountId: id("bank") });
    assert.equal(account.facts.displayName, BANK.displayName);
    assert.equal(account.facts.pastDueCases, BANK.pastDueCases);
    const read = await scoring.getEvaluation({ evaluationId: evaluation.evaluationId });
    assert.equal(read.evaluation.score, 100);
  });

  test(`${name}: every field at fault is told`, async () => {
    const error = await errorOf(scoring.evaluateAccount({
      accountId: " x", facts: { pastDueCases: -1, country: "co" } }));
    assertReason(error, Code.InvalidArgument, "INVALID_FIELDS");
    const [{ fieldViolations }] = error.findDetails(BadRequestSchema);
    assert.deepEqual(fieldViolations.map((fault) => fault.field).sort(),
      ["account_id", "facts.country", "facts.past_due_cases"]);
    assert.ok(fieldViolations.every((fault) => fault.description));
  });

  test(`${name}: an unknown account is not found`, async () => {
    assertReason(await errorOf(accounts.getAccount({ accountId: id("nobody") })),
      Code.NotFound, "ACCOUNT_NOT_FOUND");
  });

  test(`${name}: a request id is answered once`, async () => {
    const request = { accountId: id("again"), facts: BANK, requestId: "once" };
    const first = await scoring.evaluateAccount(request);
    const second = await scoring.evaluateAccount(request);
    assert.equal(second.evaluation.evaluationId, first.evaluation.evaluationId);
    const other = { ...request, facts: { ...BANK, pastDueCases: 1 } };
    assertReason(await errorOf(scoring.evaluateAccount(other)),
      Code.AlreadyExists, "REQUEST_ID_REUSED");
  });

  test(`${name}: the id of a call is handed back`, async () => {
    let headers;
    await scoring.listSegmentPlaybooks({}, {
      headers: { "x-request-id": "call-7" }, onHeader: (given) => (headers = given) });
    assert.equal(headers.get("x-request-id"), "call-7");
  });

  test(`${name}: all accounts are exported as a stream`, async () => {
    const given = Array.from({ length: 3 }, (_, i) => id(`export-${i}`));
    for (const accountId of given) await scoring.evaluateAccount({ accountId, facts: BANK });
    const messages = await drain(accounts.exportAccounts({}));
    const exported = new Set(messages.flatMap((m) => m.accounts.map((a) => a.accountId)));
    assert.ok(given.every((accountId) => exported.has(accountId)), [...exported].join());
  });

  test(`${name}: an error ends a stream`, async () => {
    assertReason(await errorOf(drain(accounts.exportAccounts({ resumeToken: "none" }))),
      Code.InvalidArgument, "INVALID_FIELDS");
  });

  test(`${name}: changes are watched until the watch is cancelled`, async () => {
    const { nextCursor } = await accounts.listAccountChanges({});
    const end = new AbortController();
    const seen = [];
    const error = await errorOf((async () => {
      const stream = accounts.watchAccounts({ cursor: nextCursor }, { signal: end.signal });
      for await (const message of stream) {
        seen.push(...message.changes.map((change) => change.accountId));
        if (seen.includes(id("watched"))) end.abort();
        if (seen.length === 0) {
          await scoring.evaluateAccount({ accountId: id("watched"), facts: BANK });
        }
      }
    })().finally(() => end.abort()));
    assert.equal(Code[error.code], "Canceled");
    assert.ok(seen.includes(id("watched")));
  });

  test(`${name}: a quiet watch ends with its time`, async () => {
    const begun = Date.now();
    const error = await errorOf(drain(accounts.watchAccounts({}, { timeoutMs: 300 })));
    assert.equal(Code[error.code], "DeadlineExceeded");
    assert.ok(Date.now() - begun < 5000);
  });

  test(`${name}: a key opens what its role may do`, async () => {
    const headers = { authorization: `Bearer ${KEY}` };
    const closed = createClient(ScoringService, transportTo(CLOSED));
    const admin = createClient(AdminService, transportTo(CLOSED));
    const request = { accountId: id("keyed"), facts: BANK };
    assertReason(await errorOf(closed.evaluateAccount(request)),
      Code.Unauthenticated, "KEY_NOT_ACCEPTED");
    assertReason(await errorOf(closed.evaluateAccount(
      request, { headers: { authorization: `Bearer ${KEY}x` } })),
      Code.Unauthenticated, "KEY_NOT_ACCEPTED");
    assert.equal((await closed.evaluateAccount(request, { headers })).evaluation.score, 100);
    assertReason(await errorOf(admin.getPolicy({}, { headers })),
      Code.PermissionDenied, "ROLE_TOO_LOW");
  });
}
