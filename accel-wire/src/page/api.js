// The control endpoint, asked with the token. The token comes in the address's fragment, which no browser sends to anybody; it is
// taken out of the address at once, and kept for this tab alone.

const KEPT = "cloud-token";

/** The server does not let us in. */
export class Denied extends Error {}

/** Takes the token out of the address, if it is there. */
export function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token === null) return;
  keepToken(token);
  history.replaceState(null, "", location.pathname);
}

export function keepToken(token) {
  sessionStorage.setItem(KEPT, token.trim());
}

/** Sends one request and gives the text of the answer. */
export async function ask(what, method = "GET", body = undefined) {
  const token = sessionStorage.getItem(KEPT);
  if (!token) throw new Denied("No token has been given.");
  // What is no Latin letter cannot stand in a header, and is no token.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Denied("The token is wrong.");
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(what, { method, body, headers, cache: "no-store", credentials: "omit" });
  const text = await answer.text();
  if (answer.status === 401) throw new Denied("The token is wrong: each start of the server has its own.");
  if (!answer.ok) throw new Error(text || `status ${answer.status}`);
  return text;
}

export const askJson = async (what) => JSON.parse(await ask(what));

/** The calls after a number, at most the last 200. They are numbered as they end: who asks on misses none. */
export async function callsAfter(number) {
  const lines = await ask(`calls?after=${number}&last=200`);
  return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}
