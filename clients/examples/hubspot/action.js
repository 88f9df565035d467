// A custom coded action of a HubSpot workflow: tells Tiermark what the company's properties say, and
// gives its score, segment, what to do and when it is due to the workflow. Paste it as it is.
const crypto = require("crypto");

const TOTAL_MS = 18_000; // HubSpot ends an action after 20 seconds.
const ATTEMPT_MS = 5_000;
const BACKOFF_MS = 200; // Doubled with each attempt; what the server asks for goes before it.

const list = (text) => String(text).split(";").map((entry) => entry.trim()).filter(Boolean);
const day = (ms) => {
  const date = new Date(Number(ms));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};
const choice = (prefix) => (value) => prefix + String(value).toUpperCase();
// HubSpot's default stages; all before an opportunity are leads.
const STAGES = { opportunity: "PROSPECT", customer: "CLIENT", evangelist: "CLIENT" };

function money(amount, currency) {
  const [units, cents = ""] = String(amount).split(".");
  return { currencyCode: currency || "USD", units, nanos: Number(cents.padEnd(9, "0").slice(0, 9)) };
}

// Input field of the action      the fact that it is, and how it is read
const FACTS = {
  name:                ["displayName", String],
  country_code:        ["country", String],
  potential_mrr:       ["potentialMrr", (amount, inputs) => [
                         { country: inputs.country_code, amount: money(amount, inputs.currency) }]],
  past_due_cases:      ["pastDueCases", String],
  industry_reference:  ["industryReference", choice("INDUSTRY_REFERENCE_")],
  operating_countries: ["operatingCountries", list],
  expansion_countries: ["expansionCountries", list],
  lifecyclestage:      ["lifecycleStage", (stage) => `LIFECYCLE_STAGE_${STAGES[stage] || "LEAD"}`],
  first_meeting_date:  ["firstMeetingDate", day],
};

// An input that the action has and that is empty makes its fact unknown; one that it has not leaves
// the fact as other systems gave it.
function requestOf(event) {
  const facts = {}, mask = [];
  for (const [input, [fact, read]] of Object.entries(FACTS)) {
    if (!(input in event.inputFields)) continue;
    const value = event.inputFields[input];
    mask.push(fact);
    if (value !== null && value !== undefined && value !== "") {
      facts[fact] = read(value, event.inputFields);
    }
  }
  const request = { accountId: `hubspot-${event.object.objectId}`, facts };
  if (mask.length) request.updateMask = mask.join(",");
  return request;
}

// However often this execution is tried, it is one evaluation.
function withId(request, method, event) {
  const requestId = crypto.createHash("sha256")
    .update(JSON.stringify([event.callbackId, method, request])).digest("hex");
  return { ...request, requestId };
}

class CallError extends Error {
  constructor(message, status, body = {}) {
    super(message);
    this.status = status;
    this.code = body.code;
    const debug = (body.details || []).map((detail) => detail.debug || {});
    this.reason = debug.map((d) => d.reason).find(Boolean);
    this.violations = debug.flatMap((d) => d.fieldViolations || []);
    this.retryMs = 1000 * parseFloat(debug.map((d) => d.retryDelay).find(Boolean) || "0");
    this.mayPass = status === undefined || status === 408 || status === 429 || status >= 500;
  }
}

// Whether nobody on the way there can read a key.
function isPrivate(base) {
  try {
    const { protocol, hostname } = new URL(base);
    return protocol === "https:" ||
      protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  } catch {
    return false;
  }
}

async function call(url, key, request, timeoutMs) {
  let response, text;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Connect-Timeout-Ms": String(timeoutMs),
                 ...(key ? { Authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify(request),
      redirect: "manual", // The key goes to this address alone; any other is an answer that fails.
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    throw new CallError(`no answer from Tiermark: ${(error.cause || error).message}`);
  }
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    // Something between here and the server answered.
    throw new CallError(`Tiermark's address answered ${response.status} without JSON`,
                        response.status >= 400 ? response.status : 400);
  }
  if (response.ok) return body;
  throw new CallError(`Tiermark: ${body.code}: ${body.message}`, response.status, body);
}

async function callUntil(end, url, key, request) {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call(url, key, request, Math.max(1, Math.min(ATTEMPT_MS, end - Date.now())));
    } catch (error) {
      const pause = error.retryMs || BACKOFF_MS * 2 ** attempt;
      if (!error.mayPass || Date.now() + pause >= end) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

exports.main = async (event, callback) => {
  const end = Date.now() + TOTAL_MS;
  const base = process.env.TIERMARK_URL, key = process.env.TIERMARK_KEY;
  if (!base) throw new Error("the secret TIERMARK_URL is not chosen for this action");
  if (key && !isPrivate(base)) throw new Error("TIERMARK_URL is not an https:// address");
  const request = requestOf(event);
  const ask = (method) => callUntil(end, `${base.replace(/\/$/, "")}/tiermark.v1.${method}`, key,
                                    withId(request, method, event));
  let answer;
  try {
    answer = await ask("ScoringService/EvaluateAccount");
  } catch (error) {
    // No score comes of these facts, and so none was kept.
    if (error.code === "failed_precondition") await ask("AccountService/UpsertAccount");
    // The company's own fault is the workflow's to branch on. All else fails the action.
    if (error.status !== 400 || !error.violations || !error.violations.length) throw error;
    return callback({ outputFields: {
      status: error.reason === "FACTS_MISSING" ? "incomplete" : "refused",
      message: error.violations.map((v) => `${v.field}: ${v.description}`).join("\n"),
    } });
  }
  const { evaluation, recommendedAction, nextReevaluation } = answer;
  return callback({ outputFields: {
    status: "scored",
    message: evaluation.criteria.map((c) => `${c.displayName}: ${c.points} (${c.tierLabel})`).join("\n"),
    score: evaluation.score,
    segment: evaluation.effectiveSegment.replace("SEGMENT_", ""),
    action: recommendedAction,
    // HubSpot's dates are midnight, UTC, in milliseconds.
    reevaluation_date: nextReevaluation && Date.parse(nextReevaluation.dueTime.slice(0, 10)),
    reevaluation_reason: nextReevaluation && nextReevaluation.reason.replace("REEVALUATION_REASON_", ""),
  } });
};
