// For Node: over gRPC, or over the server's HTTP endpoint.
import { readFileSync } from "node:fs";

import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";

import { clientOver, type Options, type Tiermark } from "./client.js";

export interface NodeOptions extends Options {
  /** HOST:PORT; 127.0.0.1:50051 over gRPC, 127.0.0.1:8080 over HTTP. */
  target?: string;
  /** Whether to use TLS: each of the files implies it, and so does a target on another machine,
   * unless this is false; then all can be read on its way, the key too. */
  tls?: boolean | undefined;
  /** PEM: roots to trust instead of the usual ones. */
  caFile?: string | undefined;
  /** PEM: what shows who calls. */
  certificateFile?: string | undefined;
  certificateKeyFile?: string | undefined;
}

const isOnThisMachine = (target: string) =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]):\d+$/.test(target);

function transportOptions(options: NodeOptions, target: string) {
  const { caFile, certificateFile, certificateKeyFile } = options;
  const files = Object.entries({ ca: caFile, cert: certificateFile, key: certificateKeyFile })
    .flatMap(([name, file]) => (file ? [[name, readFileSync(file)]] : []));
  const tls = options.tls ?? !isOnThisMachine(target);
  const scheme = tls || files.length > 0 ? "https" : "http";
  return { baseUrl: `${scheme}://${target}`, nodeOptions: Object.fromEntries(files) };
}
const withKey = (options: NodeOptions) =>
  ({ ...options, key: options.key ?? process.env.TIERMARK_KEY });

export const overGrpc = (options: NodeOptions = {}): Tiermark => clientOver(
  createGrpcTransport(transportOptions(options, options.target ?? "127.0.0.1:50051")),
  withKey(options));

export const overHttp = (options: NodeOptions = {}): Tiermark => clientOver(
  createConnectTransport({
    httpVersion: "1.1", ...transportOptions(options, options.target ?? "127.0.0.1:8080") }),
  withKey(options));
