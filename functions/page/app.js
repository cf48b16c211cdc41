"use strict";

// Renders a page of a list. GET shows the list below; POST takes {"title": "…", "items": [{"name": "…", "text": "…"}]}.

const path = require("node:path");
const express = require("express");

const MOULTS = [
  { name: "Egg", text: "One small, complete description of everything that follows." },
  { name: "First instar", text: "Hatches ready to move; all it lacks is size." },
  { name: "Second instar", text: "Sheds its skin and keeps its shape." },
  { name: "Third instar", text: "Wing buds appear under the skin." },
  { name: "Pupa", text: "Taken apart and put together again, in one place." },
  { name: "Imago", text: "The last moult; from here on it flies." },
];

const app = express();
app.disable("x-powered-by");
app.set("view engine", "ejs");
app.set("views", path.join(__dirname, "views"));
app.enable("view cache");
// Warm-up events come without a type.
app.use(express.json({ limit: "1mb", type: (request) => !request.headers["content-type"] || request.is("json") }));

function isList(items) {
  return (
    Array.isArray(items) &&
    items.length <= 1000 &&
    items.every((item) => item && typeof item.name === "string" && typeof item.text === "string")
  );
}

app.get("/", (request, response) => {
  response.render("list", { title: "From egg to imago", items: MOULTS });
});

app.post("/", (request, response) => {
  const { title = "A list", items = MOULTS } = request.body ?? {};
  if (typeof title !== "string" || !isList(items)) {
    response.status(400).json({ error: 'send {"title": "…", "items": [{"name": "…", "text": "…"}]}, at most 1000 items' });
    return;
  }
  response.render("list", { title, items });
});

app.use((error, request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  response.status(error.status ?? 500).json({ error: error.message });
});

module.exports = app;
