/* The question before what cannot be undone. */
import { one } from "./dom.js";

/** Asks in a dialog; true for yes. */
export function confirm(title, text, yes) {
  const dialog = one("#confirm");
  one("#confirm-title").textContent = title;
  one("#confirm-text").textContent = text;
  one("#confirm-yes").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
