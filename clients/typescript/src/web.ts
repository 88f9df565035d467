// For pages: over the server's HTTP endpoint, which has to allow the page's origin (--cors-origins).
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { clientOver, type Options, type Tiermark } from "./client.js";

/** What fetch throws when there is no answer is no more than a TypeError. */
const reach: typeof fetch = (input, init) => fetch(input, init).catch((error) => {
  throw error instanceof TypeError
    ? new ConnectError("the server was not reached", Code.Unavailable, {}, [], error) : error;
});

export const overHttp = (options: Options & { baseUrl: string }): Tiermark =>
  clientOver(createConnectTransport({ baseUrl: options.baseUrl, fetch: reach }), options);
