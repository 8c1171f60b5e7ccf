/* The dialog "My preferences", on every page of a workspace. */
import { patch } from "./api.js";
import { emit } from "./bus.js";
import { one } from "./dom.js";

export function preferences() {
  const dialog = document.getElementById("preferences");
  const button = document.getElementById("open-preferences");
  if (!dialog || !button) return;
  button.addEventListener("click", () => dialog.showModal());
  one("#preference-fields").addEventListener("change", (event) => save(event.target));
}

/** Saves one field; what the server refuses is shown and nothing is changed. */
export async function save(field) {
  const value = field.type === "checkbox" ? field.checked : field.value;
  const error = one("#preferences-error");
  error.textContent = "";
  try {
    await patch("me/", { [field.name]: value });
  } catch (problem) {
    error.textContent = problem.message;
    return;
  }
  if (field.name === "theme") document.documentElement.dataset.theme = value;
  if (field.name === "language") location.reload();
  if (field.name === "shortcuts") emit("shortcuts", value);
}
