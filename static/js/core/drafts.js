/* Unsent words, per ticket and mode, as long as the tab lives. */

const name = (ticket, mode) => `draft:${ticket}:${mode}`;

export function read(ticket, mode) {
  return sessionStorage.getItem(name(ticket, mode)) ?? "";
}

export function keep(ticket, mode, words) {
  if (words.trim()) sessionStorage.setItem(name(ticket, mode), words);
  else sessionStorage.removeItem(name(ticket, mode));
}

/** Whether any mode of the ticket has unsent words. */
export function any(ticket) {
  return ["reply", "private", "note"].some((mode) => sessionStorage.getItem(name(ticket, mode)));
}
