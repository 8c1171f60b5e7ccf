/* The server's JSON, by paths below /w/<slug>/api/. */

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";
const root = `/w/${meta("workspace")}/api/`;
const TIMEOUT = 15_000;

/** The server said no: `code` for programs, `message` for people, translated. */
export class Refused extends Error {
  constructor(status, error) {
    super(error.message ?? String(status));
    this.status = status;
    this.code = error.code ?? "error";
    this.fields = error.fields ?? {};
    this.details = error.details ?? {};
  }
}

/** No answer came: it is not known whether the server did it. */
export class Unreachable extends Error {}

export function get(path) {
  return call("GET", path);
}

/** `key` names the write: sent twice, it is done once. `more`: options of fetch. */
export function post(path, body = {}, key = newKey(), more = {}) {
  return call("POST", path, body, key, more);
}

export function patch(path, body, key = newKey()) {
  return call("PATCH", path, body, key);
}

/** A random UUID, also where the page is not served from a secure origin. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function call(method, path, body, key, more = {}) {
  const options = { method, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(TIMEOUT), ...more };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.headers["X-CSRFToken"] = meta("csrf-token");
    options.headers["Idempotency-Key"] = key;
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(root + path, options);
  } catch (error) {
    throw new Unreachable(error.message);
  }
  return read(response);
}

async function read(response) {
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401) signedOut();
  if (response.status >= 500 && !answer?.error) throw new Unreachable(String(response.status));
  throw new Refused(response.status, answer?.error ?? {});
}

/** Leaves for the sign-in page and comes back here afterwards. */
export function signIn() {
  location.assign(`/login/?next=${encodeURIComponent(location.pathname)}`);
}

let signedOut = signIn;

/** What a page does instead where the server says that nobody is signed in. */
export function whenSignedOut(call) {
  signedOut = call;
}
