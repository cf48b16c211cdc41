"use strict";

// Looks a number's entry up in a table of about 100 MB of JavaScript objects, which is built when the module is loaded.
//
// Body: a number from 0 to 419999, 0 when empty. The reply is the entry and its checksum, as JSON.
//
// express and ejs are loaded as `page` loads them; what counts here is how much there is to initialise.

const express = require("express");
const ejs = require("ejs");

const ENTRIES = 420_000;
const app = express();
app.set("view engine", "ejs");
const line = ejs.compile("entry-<%= String(number).padStart(6, '0') %>");

// What the table holds for a number; a function of the number alone, so that a caller can check a reply.
function entry(number) {
  const mixed = Math.imul(number, 2654435761) >>> 0;
  return { name: "entry-" + String(number).padStart(6, "0"), mixed, ratio: mixed / 2 ** 32, tags: [number % 7, mixed % 11] };
}

const table = new Map();
for (let number = 0; number < ENTRIES; number++) table.set(String(number), entry(number));

// FNV-1a, 32 bits.
function checksum(text) {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return sum;
}

module.exports = async (event, context) => {
  const key = event.body.toString().trim() || "0";
  const value = table.get(key);
  if (value === undefined) {
    return context.status(404).succeed(`the table has 0 to ${ENTRIES - 1}, not ${key.slice(0, 40)}\n`);
  }
  const intact = value.name === line({ number: Number(key) });
  return context.succeed({ key, value, intact, checksum: checksum(`${value.name} ${value.mixed} ${value.ratio}`) });
};
