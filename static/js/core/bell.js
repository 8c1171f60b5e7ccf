/* The bell on the pages that show no tickets: it hears what is told to somebody alone, and knows nothing else. */
import { whenSignedOut } from "./api.js";
import { on } from "./bus.js";
import { allowSingleKeys, listen } from "./keys.js";
import { Notifications } from "./notifications.js";
import { Live } from "./socket.js";

const workspace = `/w/${document.querySelector('meta[name="workspace"]').content}`;
const told = new Notifications({ unseen: 0, items: [] }, `${workspace}/inbox/open/`);
const news = { notify: (item) => told.add(item), notified: () => told.load() };
const ASK_EVERY = 15_000;
let heard = false;
let out = false;
let asking;
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
  out: () => { out = true; },
});
// A form that is being filled in is not taken away; whoever comes back to it may have signed in elsewhere.
whenSignedOut(() => {});
document.addEventListener("visibilitychange", () => {
  if (!out || document.hidden) return;
  out = false;
  live.connect();
});
allowSingleKeys(document.documentElement.dataset.shortcuts !== "off");
on("shortcuts", allowSingleKeys);
listen();
live.connect();
