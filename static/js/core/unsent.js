/* Answers that are on their way to the server, by their key, until it has said what became of them; as long as the tab
   lives. A page that is loaded again, or a ticket that is opened again, finds them here and may send them once more. */

const NAME = "unsent";

function all() {
  return JSON.parse(sessionStorage.getItem(NAME) ?? "{}");
}

export function keep(reply) {
  sessionStorage.setItem(NAME, JSON.stringify({ ...all(), [reply.key]: reply }));
}

export function forget(key) {
  const { [key]: known, ...rest } = all();
  if (known) sessionStorage.setItem(NAME, JSON.stringify(rest));
}

export function of(ticket) {
  return Object.values(all()).filter((reply) => reply.ticket === ticket);
}
