// Building and asking, for all parts of the simulator's page.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function option(value, label, chosen) {
  return h("option", { value, selected: value === chosen }, label);
}

export function labelled(label, field) {
  return h("label", {}, h("span", {}, label), field);
}

export function ticked(label, properties) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", ...properties }), h("span", {}, label));
}

// One call to the simulator; its refusal becomes an Error with the reason. Nothing new gives null.
export async function ask(path, body, method = body ? "POST" : "GET") {
  const headers = body ? { "Content-Type": "application/json" } : {};
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (response.status === 204) return null;
  const found = await response.json();
  if (!response.ok) throw new Error(found.error || `HTTP ${response.status}`);
  return found;
}

export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`;
}

export function time(milliseconds) {
  const at = new Date(milliseconds);
  return h("time", { datetime: at.toISOString(), title: at.toLocaleString(), "data-at": String(milliseconds) }, ago(milliseconds));
}

export function refreshTimes(root) {
  for (const element of root.querySelectorAll("time[data-at]")) element.textContent = ago(Number(element.dataset.at));
}

export function face(name, ours) {
  const initials = name.split(/\s+/).map((word) => [...word][0] || "").slice(0, 2).join("").toUpperCase();
  const shade = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5;
  return h("span", { class: ours ? "face own" : `face shade${shade}`, "aria-hidden": "true" }, initials);
}

// Runs what a button does and shows in `line` why it was refused.
export async function attempt(line, work) {
  line.textContent = "";
  try {
    return await work();
  } catch (error) {
    line.textContent = error.message;
    return null;
  }
}
