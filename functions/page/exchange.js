"use strict";

// Hands a listener of Node's HTTP server, such as an express app, requests that come without a connection.

const { IncomingMessage, ServerResponse } = require("node:http");
const { Duplex } = require("node:stream");

// What the platform says itself about how a reply is sent.
const OF_CONNECTION = new Set(["connection", "content-length", "date", "keep-alive", "transfer-encoding"]);

function requestOf(event, socket) {
  const request = new IncomingMessage(socket);
  request.method = event.method;
  request.url = event.rawQuery ? `${event.path}?${event.rawQuery}` : event.path;
  request.httpVersion = "1.1";
  request.headers = { ...event.headers, "content-length": String(event.body.length) };
  request.complete = true;
  request.push(event.body);
  request.push(null);
  return request;
}

// Resolves to { status, headers, body }. The event's body must be a Buffer.
function answer(listener, event) {
  return new Promise((resolve, reject) => {
    const sent = [];
    const socket = new Duplex({
      read() {},
      write(chunk, encoding, done) {
        sent.push(chunk);
        done();
      },
    });
    const response = new ServerResponse({ method: event.method, httpVersionMajor: 1, httpVersionMinor: 1, headers: {} });
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once("error", reject);
    response.once("finish", () => {
      const bytes = Buffer.concat(sent);
      const headers = Object.entries(response.getHeaders()).filter(([name]) => !OF_CONNECTION.has(name));
      resolve({
        status: response.statusCode,
        headers: Object.fromEntries(headers),
        // Behind the head as it would have gone over the wire.
        body: bytes.subarray(bytes.indexOf("\r\n\r\n") + 4),
      });
    });
    listener(requestOf(event, socket), response);
  });
}

module.exports = { answer };
