import { t } from "./strings.js";

/** As the server's announce.REMOVED and OUT_OF_SIGHT: nothing that was said stands any more. */
const GONE = { removed: "removed", protected: "removed_protected", suspended: "removed_suspended" };

/** The newest words of a ticket, or why there are none, or where they stand. */
export function newest({ text, sign }) {
  if (sign === "answer") return t("answered_there", { host: text });
  return sign ? t(GONE[sign] ?? `attachment_${sign}`) : text || t("no_words");
}
