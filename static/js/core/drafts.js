/* Unsent words, per ticket and mode, and the message they are for, as long as the tab lives. */

const name = (ticket, mode) => `draft:${ticket}:${mode}`;

export function read(ticket, mode) {
  return sessionStorage.getItem(name(ticket, mode)) ?? "";
}

export function keep(ticket, mode, words) {
  if (words.trim()) sessionStorage.setItem(name(ticket, mode), words);
  else sessionStorage.removeItem(name(ticket, mode));
}

/** The message that unsent words of the ticket answer, or null. */
export function target(ticket) {
  const kept = ["reply", "private"].some((mode) => read(ticket, mode)) && sessionStorage.getItem(name(ticket, "to"));
  return kept ? Number(kept) : null;
}

/** `message`: null where the next words go to the newest. */
export function aim(ticket, message) {
  if (message === null) sessionStorage.removeItem(name(ticket, "to"));
  else sessionStorage.setItem(name(ticket, "to"), message);
}

/** Whether any mode of the ticket has unsent words. */
export function any(ticket) {
  return ["reply", "private", "note"].some((mode) => sessionStorage.getItem(name(ticket, mode)));
}
