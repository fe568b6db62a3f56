"use strict";
/* Elements, and numbers for people. The page's files are one script, in the order of meson.build, and strict
 * because this one comes first. */

const $ = (id) => document.getElementById(id);

function element(name, properties, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

function fill(parent, children) {
  parent.replaceChildren(...children);
}

function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function short(value) {
  if (!isNumber(value)) return "\u2013";
  const size = Math.abs(value);
  const units = [[1e9, "G"], [1e6, "M"], [1e4, "k", 1e3]];
  for (const [from, unit, scale] of units)
    if (size >= from) {
      const scaled = value / (scale || from);
      const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
      return minus(String(Number(scaled.toFixed(digits)))) + unit;
    }
  if (Number.isInteger(value)) return minus(String(value));
  if (size >= 100) return minus(value.toFixed(0));
  if (size >= 10) return minus(value.toFixed(1));
  if (size >= 0.1) return minus(value.toFixed(2));
  if (size >= 1e-4) return minus(String(Number(value.toPrecision(2))));
  return minus(value.toExponential(1));
}

/* A round number along an axis, with all of its digits. */
function round(value) {
  for (const [from, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (value >= from && (value >= 1e4 || from > 1e3)) return Number((value / from).toPrecision(6)) + unit;
  return String(Number(value.toPrecision(6)));
}

function minus(text) {
  return text.replace(/-/g, "\u2212");
}

function percent(value) {
  return isNumber(value) ? Number((100 * value).toFixed(value < 0.0995 ? 1 : 0)) + " %" : "\u2013";
}

/* Of memory, given in 10^6 bytes. */
function megabytes(value) {
  if (!isNumber(value)) return "\u2013";
  return value >= 1000 ? Number((value / 1000).toPrecision(3)) + " GB" : value.toFixed(0) + " MB";
}

function duration(seconds) {
  if (!isNumber(seconds)) return "\u2013";
  const s = Math.round(seconds);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min" + (s % 60 && s < 600 ? " " + (s % 60) + " s" : "");
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours + " h" + (minutes ? " " + minutes + " min" : "");
}

/* A place along the axis of the charts. */
function along(value) {
  return choice.axis === "time" ? duration(value) : short(value);
}

/* A time, given in seconds since 1970, as "Nov 29, 15:04". */
function day(seconds) {
  if (!isNumber(seconds)) return "\u2013";
  return new Date(1000 * seconds).toLocaleString("en", { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
