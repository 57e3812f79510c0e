// The calls as they come, newest first. Everything here is text of clients: it is only ever set as text.

const KEPT = 200;

/** A list of calls in an `ol`. */
export class Calls {
  constructor(section) {
    this.list = section.querySelector("ol");
    this.none = section.querySelector("#calls-none");
    this.filter = section.querySelector("input");
    this.filter.addEventListener("input", () => this.#sift());
    this.clear();
  }

  clear() {
    /** The number of the last call that is here. */
    this.last = 0;
    this.list.replaceChildren();
    this.none.hidden = false;
  }

  add(news) {
    // Two questions at a time can have the same answer.
    const calls = news.filter((call) => call.number > this.last);
    if (calls.length === 0) return;
    this.last = calls.at(-1).number;
    const rows = calls.map(row).reverse();
    // Who reads further down is not moved.
    const { scrollTop, scrollHeight } = this.list;
    this.list.prepend(...rows);
    while (this.list.children.length > KEPT) this.list.lastChild.remove();
    if (scrollTop > 0) this.list.scrollTop = scrollTop + this.list.scrollHeight - scrollHeight;
    this.none.hidden = true;
    this.#sift();
  }

  /** Shows what has every word of the filter. */
  #sift() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of this.list.children) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
  }
}

function row(call) {
  const item = document.createElement("li");
  item.classList.toggle("mutating", call.mutating);
  item.classList.toggle("refused", call.status >= 400);
  item.classList.toggle("faulty", Boolean(call.fault));
  item.classList.toggle("unknown", Boolean(call.unknown));
  const part = (name, text) => {
    const span = document.createElement("span");
    span.className = name;
    span.textContent = text;
    item.append(span);
  };
  part("number", `${call.number}`);
  part("action", `${call.service} ${call.action || "(unreadable)"}`);
  part("time", `${(call.at_ms / 1000).toFixed(3)} s`);
  part("where", `${call.region || "no region"} · ${call.account || "no account"} · …${call.key}`);
  const outcome = [];
  if (call.status >= 400) outcome.push(`✕ ${call.status} ${call.code ?? ""}`);
  if (call.fault) outcome.push(`⚡ fault ${call.fault}`);
  if (call.unknown) outcome.push(`? unknown ${call.unknown}`);
  if (outcome.length > 0) part("outcome", outcome.join(" · "));
  return item;
}
