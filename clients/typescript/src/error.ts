import { Code, ConnectError } from "@connectrpc/connect";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";

/** A call that failed. */
export class TiermarkError extends Error {
  override readonly name = "TiermarkError";
  readonly code: Code;
  /** Such as FACTS_MISSING; empty where the call did not reach the server. */
  readonly reason: string;
  /** Every field at fault. */
  readonly fieldViolations: { readonly field: string; readonly description: string }[];
  /** When the server says so, how long to wait before calling again. */
  readonly retryDelayMs: number | undefined;

  private constructor(cause: ConnectError) {
    const reason = cause.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
    const violations = cause.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
    const delay = cause.findDetails(RetryInfoSchema)[0]?.retryDelay;
    const fields = violations.map(({ field, description }) => `\n  ${field}: ${description}`);
    super(`${Code[cause.code]} ${reason}: ${cause.rawMessage}${fields.join("")}`, { cause });
    this.code = cause.code;
    this.reason = reason;
    this.fieldViolations = violations;
    this.retryDelayMs = delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6;
  }

  static from(error: unknown): TiermarkError {
    return error instanceof TiermarkError ? error : new TiermarkError(ConnectError.from(error));
  }
}

export async function* withOwnErrors<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    throw TiermarkError.from(error);
  }
}
