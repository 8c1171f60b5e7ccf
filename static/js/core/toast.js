import { one, parts, show, stamp } from "./dom.js";

const BRIEF = 5000;
const WITH_ACTION = 10_000;

/** A sentence at the foot of the page; with `action` {label, run} it stays longer. */
export function toast(words, action = null) {
  const node = stamp("toast");
  const { text, action: button, close } = parts(node);
  text.textContent = words;
  show(button, action);
  if (action) {
    button.textContent = action.label;
    button.addEventListener("click", () => {
      node.remove();
      action.run();
    });
  }
  close.addEventListener("click", () => node.remove());
  one("#toasts").append(node);
  leaveAfter(node, action ? WITH_ACTION : BRIEF);
}

function leaveAfter(node, milliseconds) {
  setTimeout(() => {
    if (node.matches(":hover, :focus-within")) leaveAfter(node, 2000);
    else node.remove();
  }, milliseconds);
}
