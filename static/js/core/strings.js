import { readJson } from "./dom.js";

const strings = readJson("strings") ?? {};
const language = document.documentElement.lang || "en";
const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);
const money = new Intl.NumberFormat(language, {
  style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", maximumFractionDigits: 4,
});

/** The translated sentence of that name, its {places} filled. An unknown name shows itself. */
export function t(name, values = {}) {
  const sentence = strings[name] ?? name;
  return sentence.replace(/\{(\w+)\}/g, (place, key) => {
    const value = values[key];
    if (value === undefined) return place;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

/** Like t, but NAME_one or NAME_other by the number and the language. */
export function count(name, n, values = {}) {
  const form = `${name}_${plurals.select(n)}`;
  return t(form in strings ? form : `${name}_other`, { n, ...values });
}

export function number(n) {
  return numbers.format(n);
}

export function dollars(amount) {
  return money.format(amount);
}
