"use strict";

const app = require("./app");
const { answer } = require("./exchange");

module.exports = async (event, context) => {
  const reply = await answer(app, event);
  return context.status(reply.status).headers(reply.headers).succeed(reply.body);
};
