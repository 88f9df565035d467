// A thin wrapper of the generated services: deadlines, repetitions, lists as iterators, and errors
// that say why. What the server serves decides, so new RPCs need no code.
import { clone, create } from "@bufbuild/protobuf";
import type { DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import type { CallOptions, Client, Transport } from "@connectrpc/connect";

import { TiermarkError, withOwnErrors } from "./error.js";
import { AccountService } from "./gen/tiermark/v1/account_service_pb.js";
import { AdminService } from "./gen/tiermark/v1/admin_service_pb.js";
import { ModelService } from "./gen/tiermark/v1/model_service_pb.js";
import { ScoringService } from "./gen/tiermark/v1/scoring_service_pb.js";

export { Code, TiermarkError };

export interface Options {
  /** An API key; in Node the environment variable TIERMARK_KEY stands in for it. */
  key?: string | undefined;
  /** Bounds each call together with its repetitions; 10 seconds. A call's own `timeoutMs` goes
   * before it. Streams have no bound but that. */
  deadlineMs?: number;
  /** How often a call is made at most; 5. */
  attemptsMax?: number;
}

type Services = [typeof ScoringService, typeof AccountService, typeof AdminService, typeof ModelService];
type Methods = Services[0]["method"] & Services[1]["method"] & Services[2]["method"] &
  Services[3]["method"];
type Fields<Message> = Exclude<keyof Message, `$${string}`>;
/** The only list in a page. */
type Item<Page> = { [K in Fields<Page>]: Page[K] extends (infer T)[] ? T : never }[Fields<Page>];
/** `iterateAccounts` for `listAccounts`. */
type IteratorName<Name, Method> = Method extends DescMethodUnary<infer I>
  ? "pageToken" extends keyof MessageShape<I>
    ? Name extends `list${infer Items}` ? `iterate${Items}` : never : never : never;

/** Every RPC is a method that takes its request, or the fields of it. Every list with pages is also
 * an iterator over all its items. */
export type Tiermark = Client<Services[0]> & Client<Services[1]> & Client<Services[2]> &
  Client<Services[3]> & {
  [P in keyof Methods as IteratorName<P, Methods[P]>]:
    Methods[P] extends DescMethodUnary<infer I, infer O>
      ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncGenerator<Item<MessageShape<O>>>
      : never };

type Call = (request: object, options?: CallOptions) => unknown;
export const services: Services = [ScoringService, AccountService, AdminService, ModelService];
const BACKOFF_MS = 100; // Doubled with each attempt; RetryInfo of the server goes before it.

/** A client over any transport of Connect. */
export function clientOver(transport: Transport, options: Options): Tiermark {
  const client: Record<string, Call> = {};
  for (const service of services) {
    const calls = createClient(service, repeating(transport, options)) as unknown as typeof client;
    for (const { localName, methodKind, input } of service.methods) {
      const call = calls[localName]!;
      client[localName] = methodKind === "unary" ? call : cancelledWhenLeft(call);
      if (input.fields.some((field) => field.localName === "pageToken")) {
        client[localName.replace(/^list/, "iterate")] = allItems(call);
      }
    }
  }
  return client as unknown as Tiermark;
}

const allItems = (list: Call): Call => async function* (request, options) {
  for (let token: string | undefined; token !== "";) {
    const asked = token === undefined ? request : { ...request, pageToken: token };
    const page = await list(asked, options) as { nextPageToken: string };
    yield* Object.values(page).find(Array.isArray) ?? [];
    token = page.nextPageToken;
  }
};

/** Connect reads on when a loop over a stream is left. */
const cancelledWhenLeft = (call: Call): Call => async function* (request, options) {
  const left = new AbortController();
  const signals = options?.signal ? [options.signal, left.signal] : [left.signal];
  try {
    yield* call(request, { ...options, signal: AbortSignal.any(signals) }) as AsyncIterable<object>;
  } finally {
    left.abort();
  }
};

const newId = () =>
  Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

/** In a copy, gives writes a request id if they have none. The items of a batch carry their own. */
const prepared: typeof clone = (type, input) => {
  const message = clone(type, input);
  const { requests = [] } = message as { requests?: object[] };
  for (const write of [message, ...requests] as { requestId?: string }[]) {
    if (write.requestId === "") write.requestId = newId();
  }
  return message;
};

/** Whether the same call can succeed later. What a lost commit answer hides, a request id finds out;
 * a claim has none, and would claim others. A connection that broke leaves no reason. */
const mayHelp = ({ code, reason, retryDelayMs }: TiermarkError, method: { name: string }) =>
  !(method.name === "ClaimReevaluations" && ["", "COMMIT_UNKNOWN"].includes(reason)) && (
  code === Code.Unavailable || reason === "COMMIT_UNKNOWN" ||
  (code === Code.ResourceExhausted && retryDelayMs !== undefined) ||
  ((code === Code.Aborted || code === Code.Canceled) && reason === ""));

const passed = (ms: number, signal?: AbortSignal) => new Promise<void>((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

function repeating(inner: Transport, options: Options): Transport {
  const { deadlineMs = 10_000, attemptsMax = 5 } = options;
  const key = options.key?.trim();
  const withKey = (given?: HeadersInit) => {
    const header = new Headers(given);
    if (key && !header.has("authorization")) header.set("authorization", `Bearer ${key}`);
    return header;
  };
  return {
    async unary(method, signal, timeoutMs, header, input, values) {
      const end = performance.now() + (timeoutMs ?? deadlineMs);
      const request = prepared(method.input, create(method.input, input));
      for (let attempt = 1; ; attempt++) {
        const left = Math.ceil(end - performance.now()); // The header takes whole milliseconds.
        try {
          if (left <= 0) throw new ConnectError("no time is left", Code.DeadlineExceeded);
          return await inner.unary(method, signal, left, withKey(header), request, values);
        } catch (reason) {
          const error = TiermarkError.from(reason);
          const pause = error.retryDelayMs ||
            BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
          const last = attempt >= attemptsMax || performance.now() + pause >= end;
          if (last || signal?.aborted || !mayHelp(error, method)) throw error;
          await passed(pause, signal);
        }
      }
    },
    // Never repeated: who streams knows what was answered.
    async stream(method, signal, timeoutMs, header, input, values) {
      try {
        const response =
          await inner.stream(method, signal, timeoutMs, withKey(header), input, values);
        return { ...response, message: withOwnErrors(response.message) };
      } catch (reason) {
        throw TiermarkError.from(reason);
      }
    },
  };
}
