'use strict';
// What few functions need: ES modules in .js files, and channels over `net` where the handles beneath it have changed.

const fs = require('fs');
const path = require('path');

// A .js file is an ES module if the nearest package.json says so.
function isModule(file) {
  for (let directory = path.dirname(file); ; directory = path.dirname(directory)) {
    const description = path.join(directory, 'package.json');
    if (fs.existsSync(description)) return JSON.parse(fs.readFileSync(description, 'utf8')).type === 'module';
    if (directory === path.dirname(directory)) return false;
  }
}

function openSocket(connection, end) {
  const socket = new (require('net').Socket)({ fd: connection.fd, readable: true, writable: true });
  socket.on('data', (chunk) => connection.data(chunk));
  socket.on('error', end);
  socket.on('close', end);
  connection.handle = socket._handle;
  connection.write = (bytes) => (socket.write(bytes) ? undefined : new Promise((resolve) => { socket.once('drain', resolve); }));
}

module.exports = { isModule, openSocket };
