// What the TypeScript client repeats, and what it tells of failures: against a service that fails on
// purpose, over both of its transports.
import assert from "node:assert/strict";
import http from "node:http";
import http2 from "node:http2";
import test from "node:test";

import { create } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

import { Code, services, TiermarkError } from "@tiermark/client";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "@tiermark/client/google/rpc/error_details";
import { overGrpc, overHttp } from "@tiermark/client/node";
import { EvaluateAccountRequestSchema } from "@tiermark/client/v1/scoring_service";

const [ScoringService, AccountService] = services;

function failure(code, reason, ...more) {
  const details = [{ desc: ErrorInfoSchema, value: { reason, domain: "tiermark" } }, ...more];
  return new ConnectError("not now", code, undefined, details);
}
const long = { desc: RetryInfoSchema, value: { retryDelay: { seconds: 8n } } };
const wait = { desc: RetryInfoSchema, value: { retryDelay: { nanos: 300_000_000 } } };

/** Fails as `failures` say, one after the other, and then answers. */
async function serve(context, createServer, over, options) {
  const service = { failures: [], requests: [], breaks: 0, headers: undefined, left: false };
  const sockets = new Set();
  const take = (request, call) => {
    service.requests.push(request);
    if (service.breaks-- > 0) for (const socket of sockets) socket.destroy();
    service.headers = call.requestHeader;
    if (service.failures.length > 0) throw service.failures.shift();
    return {};
  };
  const server = createServer(connectNodeAdapter({ routes: (router) => router
    .service(ScoringService, {
      evaluateAccount: take, batchEvaluateAccounts: take, claimReevaluations: take })
    .service(AccountService, {
      getAccount: take,
      async *exportAccounts(request, call) { yield take(request, call); },
      async *watchAccounts(request, call) {
        call.signal.addEventListener("abort", () => (service.left = true));
        for (let cursor = 0; !call.signal.aborted; cursor++) {
          yield { cursor: `${cursor}` };
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      } }) }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.on("connection", (socket) => sockets.add(socket));
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const target = `127.0.0.1:${server.address().port}`;
  return { service, client: over({ target, ...options }) };
}

async function errorOf(promise) {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof TiermarkError, error);
    return error;
  }
  assert.fail("was answered instead of refused");
}

for (const [name, createServer, over] of [
  ["grpc", http2.createServer, overGrpc], ["http", http.createServer, overHttp]]) {
  const serving = (context, options) => serve(context, createServer, over, options);

  test(`${name}: a call is repeated with the same request id`, async (context) => {
    const { service, client } = await serving(context);
    service.failures = Array.from({ length: 2 }, () => failure(Code.Unavailable, "SHUTTING_DOWN"));
    await client.evaluateAccount({ accountId: "a" });
    await client.evaluateAccount({ accountId: "a" });
    const ids = service.requests.map(({ requestId }) => requestId);
    assert.equal(ids.length, 4);
    assert.ok(ids[0] && ids[0] === ids[1] && ids[1] === ids[2] && ids[2] !== ids[3], ids.join());
  });

  test(`${name}: a call whose connection breaks is repeated`, async (context) => {
    const { service, client } = await serving(context);
    service.breaks = 2;
    await client.evaluateAccount({ accountId: "a" });
    assert.equal(new Set(service.requests.map(({ requestId }) => requestId)).size, 1);
    assert.equal(service.requests.length, 3);
  });

  test(`${name}: given request ids are kept`, async (context) => {
    const { service, client } = await serving(context);
    const requests = [{ accountId: "a" }, { accountId: "a", requestId: "mine" }, { accountId: "a" }]
      .map((item) => create(EvaluateAccountRequestSchema, item));
    await client.batchEvaluateAccounts({ requests });
    const [first, mine, last] = service.requests[0].requests.map(({ requestId }) => requestId);
    assert.ok(first && mine === "mine" && last && first !== last, [first, mine, last].join());
    assert.equal(requests[0].requestId, "");
  });

  for (const [code, reason, calls, least, ...more] of [
    ["Unknown", "COMMIT_UNKNOWN", 2, 0],
    ["Unavailable", "SHUTTING_DOWN", 2, 300, wait],
    ["ResourceExhausted", "TOO_MANY_CALLS", 2, 300, wait],
    ["ResourceExhausted", "NO", 1, 0],
    ["Unknown", "NO", 1, 0],
    ["InvalidArgument", "NO", 1, 0],
    ["NotFound", "NO", 1, 0],
    ["FailedPrecondition", "NO", 1, 0],
    ["AlreadyExists", "NO", 1, 0],
    ["Aborted", "NO", 1, 0],
    ["Internal", "NO", 1, 0],
  ]) {
    test(`${name}: ${code} ${reason} ends after ${calls} calls`, async (context) => {
      const { service, client } = await serving(context);
      service.failures = [failure(Code[code], reason, ...more)];
      const started = performance.now();
      const call = client.evaluateAccount({ accountId: "a" });
      if (calls === 1) {
        const error = await errorOf(call);
        assert.deepEqual([error.code, error.reason], [Code[code], reason]);
      } else {
        await call;
      }
      assert.equal(service.requests.length, calls);
      assert.ok(performance.now() - started >= least);
    });
  }

  test(`${name}: a claim is repeated only when nothing was claimed`, async (context) => {
    const { service, client } = await serving(context);
    service.failures = [failure(Code.ResourceExhausted, "WRITE_QUEUE_FULL", wait)];
    await client.claimReevaluations({ workerId: "w" });
    assert.equal(service.requests.length, 2);
    service.failures = [failure(Code.Unknown, "COMMIT_UNKNOWN")];
    await errorOf(client.claimReevaluations({ workerId: "w" }));
    assert.equal(service.requests.length, 3);
    service.breaks = 1;
    await errorOf(client.claimReevaluations({ workerId: "w" }));
    assert.equal(service.requests.length, 4);
  });

  test(`${name}: other machines are spoken to by TLS`, async (context) => {
    // Not by its name of this machine.
    const elsewhere = ({ target, ...options }) =>
      over({ target: target.replace("127.0.0.1", "0x7f.1"), ...options });
    const refused = await serve(context, createServer, elsewhere, { attemptsMax: 1 });
    await errorOf(refused.client.getAccount({ accountId: "a" }));
    assert.equal(refused.service.requests.length, 0);
    const allowed = await serve(context, createServer, elsewhere, { tls: false });
    await allowed.client.getAccount({ accountId: "a" });
  });

  test(`${name}: it gives up in the end`, async (context) => {
    const { service, client } = await serving(context);
    service.failures = Array.from({ length: 99 }, () => failure(Code.Unavailable, "DOWN"));
    await errorOf(client.getAccount({ accountId: "a" }));
    assert.equal(service.requests.length, 5);
  });

  // Without its bound a client would go on for minutes.
  for (const [whose, options, call] of [
    ["options", { deadlineMs: 200, attemptsMax: 99 }, {}],
    ["call", { attemptsMax: 99 }, { timeoutMs: 200 }]]) {
    test(`${name}: the deadline of the ${whose} bounds repetitions too`, async (context) => {
      const { service, client } = await serving(context, options);
      service.failures = Array.from({ length: 99 }, (_, i) =>
        failure(Code.Unavailable, "DOWN", ...(i === 1 ? [long] : [])));
      const started = performance.now();
      await errorOf(client.getAccount({ accountId: "a" }, call));
      assert.ok(performance.now() - started < 5000);
    });
  }

  test(`${name}: all fields at fault are told`, async (context) => {
    const { service, client } = await serving(context);
    const fieldViolations = [
      { field: "a", description: "is long" }, { field: "b.c", description: "is late" }];
    service.failures = [failure(
      Code.InvalidArgument, "INVALID_FIELDS", { desc: BadRequestSchema, value: { fieldViolations } })];
    const error = await errorOf(client.getAccount({ accountId: "a" }));
    assert.equal(error.message,
      "InvalidArgument INVALID_FIELDS: not now\n  a: is long\n  b.c: is late");
    assert.equal(error.fieldViolations.length, 2);
  });

  test(`${name}: streams fail in the same way, and only once`, async (context) => {
    const { service, client } = await serving(context);
    service.failures = [failure(Code.Unavailable, "DOWN")];
    const error = await errorOf((async () => {
      for await (const _ of client.exportAccounts({}));
    })());
    assert.deepEqual([error.reason, service.requests.length], ["DOWN", 1]);
  });

  test(`${name}: a stream that is left is cancelled`, async (context) => {
    const { service, client } = await serving(context);
    for await (const { cursor } of client.watchAccounts({})) if (cursor === "1") break;
    for (let i = 0; i < 100 && !service.left; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(service.left);
  });

  test(`${name}: the caller's signal ends a call and a stream`, async (context) => {
    const { service, client } = await serving(context);
    service.failures = [failure(Code.Unavailable, "DOWN", long)];
    const started = performance.now();
    const waiting = new AbortController();
    const call = errorOf(client.getAccount({}, { signal: waiting.signal }));
    setTimeout(() => waiting.abort(), 200);
    assert.equal((await call).code, Code.Canceled);
    assert.ok(performance.now() - started < 5000);
    assert.ok(service.requests.length <= 1);
    const end = new AbortController();
    assert.equal((await errorOf((async () => {
      for await (const _ of client.watchAccounts({}, { signal: end.signal })) end.abort();
    })())).code, Code.Canceled);
  });

  test(`${name}: the key is the option's or the environment's`, async (context) => {
    for (const [key, environment, sent] of [
      ["tmk_1", "", "Bearer tmk_1"], [undefined, "tmk_2\n", "Bearer tmk_2"],
      ["tmk_1", "tmk_2", "Bearer tmk_1"], [undefined, "", null]]) {
      process.env.TIERMARK_KEY = environment;
      const { service, client } = await serving(context, { key });
      await client.getAccount({ accountId: "a" });
      assert.equal(service.headers.get("authorization"), sent);
    }
  });
}
