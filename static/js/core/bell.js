/* The bell on the pages that show no tickets: it hears what is told to somebody alone, and knows nothing else. */
import { whenSignedOut } from "./api.js";
import { on } from "./bus.js";
import { one } from "./dom.js";
import { allowSingleKeys, listen } from "./keys.js";
import { Notifications } from "./notifications.js";
import { Live } from "./socket.js";
import { t } from "./strings.js";

const workspace = `/w/${document.querySelector('meta[name="workspace"]').content}`;
const told = new Notifications({ unseen: 0, items: [] }, `${workspace}/inbox/open/`);
const news = { notify: (item) => told.add(item), notified: () => told.load() };
const ASK_EVERY = 15_000;
const NO_MEMBER = 4403;
let heard = false;
let out = false;
let asking;
let note = null;
const live = new Live(`${workspace}/live/bell/`, null, {
  event: (type, payload) => news[type]?.(payload),
  resync: () => told.load(),
  // Where no socket gets through they are asked for as often as one is tried.
  state: (state) => {
    heard ||= state === "live";
    if (state === "waiting" && !heard) told.load();
    clearInterval(asking);
    if (state === "deaf") asking = setInterval(() => told.load(), ASK_EVERY);
  },
  out: signedOut,
});

// A form that is being filled in is not taken away; whoever comes back to it may have signed in elsewhere.
function signedOut(code) {
  out = true;
  if (note || code === NO_MEMBER) return;
  note = document.createElement("p");
  note.className = "banner warning sticks";
  note.setAttribute("role", "alert");
  note.textContent = t("signed_out");
  one("#main").prepend(note);
}

/** Signed in again, the page goes on, with what its forms need to be taken. */
async function back() {
  if (!out || document.hidden) return;
  const token = await fresh().catch(() => null);
  if (!token || !out) return;
  out = false;
  one('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = token;
  note?.remove();
  note = null;
  live.connect();
}

/** The token of forms as it is now; null for who may not see this workspace. */
async function fresh() {
  const answer = await fetch(`${workspace}/me/`);
  if (answer.redirected || !answer.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector('meta[name="csrf-token"]').content;
}

whenSignedOut(signedOut);
document.addEventListener("visibilitychange", back);
addEventListener("focus", back);
allowSingleKeys(document.documentElement.dataset.shortcuts !== "off");
on("shortcuts", allowSingleKeys);
listen();
live.connect();
