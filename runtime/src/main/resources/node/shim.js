'use strict';
// The Node shim: loads a handler and serves invocations on descriptors 3, 4, ... all from one event loop. The protocol
// is described in docs/protocol.md. Nothing is required here that a cold start can do without: INIT is read and READY
// written synchronously, and the event loop takes over after that.
//
// Timers and promises that a call leaves running are not stopped when its reply has gone out: the engine freezes or ends
// instances, the shim does not know which.

const fs = require('fs');
const path = require('path');

const INIT = 1, INVOKE = 2, DATA = 3, PARK = 4, READY = 10, INIT_FAILED = 11, REPLY = 12, FAILED = 13;
const MAX_HEAD = 256 * 1024;
const MAX_BODY = 1024 * 1024;
const PROTOCOL_BROKEN = 70;
const EMPTY = Buffer.alloc(0);

const FILES = ['handler', 'index', 'app', 'function', 'main'];
const EXTENSIONS = ['.js', '.mjs', '.cjs'];
const NAMES = ['handler', 'handle', 'main'];

class BadRequest extends Error {}

class HandlerError extends Error {
  constructor(message) {
    super(message);
    this.name = 'HandlerError';
  }
}

function broken(what) {
  fs.writeSync(2, 'instar: the channel carried ' + what + '\n');
  process.exit(PROTOCOL_BROKEN);
}

// Takes one frame from the start of `data`; undefined if it is not complete yet.
function parse(data) {
  if (data.length < 16) return undefined;
  const headLength = data.readUInt32LE(0);
  const bodyLength = data.readUInt32LE(4);
  if (headLength > MAX_HEAD || bodyLength > MAX_BODY || data[9] > 1 || data.readUIntLE(10, 6) !== 0) {
    broken('a malformed frame');
  }
  const start = 16 + headLength;
  if (data.length < start + bodyLength) return undefined;
  const head = data.toString('utf8', 16, start).split('\0');
  if (head.pop() !== '') broken('a head that does not end with NUL');
  return { type: data[8], more: data[9] === 1, head, body: data.subarray(start, start + bodyLength), end: start + bodyLength };
}

function frame(type, head, body, more) {
  const headLength = Buffer.byteLength(head);
  if (headLength > MAX_HEAD) throw new HandlerError("the reply's headers take more than 256 KiB");
  const data = Buffer.allocUnsafe(16 + headLength + body.length);
  data.writeUInt32LE(headLength, 0);
  data.writeUInt32LE(body.length, 4);
  data.writeUInt32LE(more ? type | 256 : type, 8);
  data.writeUInt32LE(0, 12);
  data.write(head, 16);
  body.copy(data, 16 + headLength);
  return data;
}

function failure(type, error) {
  const some = error !== null && typeof error === 'object';
  const name = some ? String(error.name || error.constructor?.name || 'Error') : 'Error';
  let message = some && 'message' in error ? String(error.message) : asText(error);
  let trace = some && typeof error.stack === 'string' && !(error instanceof HandlerError) ? error.stack : '';
  [message, trace] = [message, trace].map((text) => text.slice(0, 16384).replaceAll('\0', '\\0'));
  return frame(type, name + '\0' + message + '\0' + trace + '\0', EMPTY, false);
}

function asText(value) {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

// Reads INIT before there is an event loop; what has come behind it is handed on to the first connection.
function readInit() {
  let data = EMPTY;
  const chunk = Buffer.allocUnsafe(65536);
  for (;;) {
    const count = fs.readSync(3, chunk, 0, chunk.length, null);
    if (count === 0) process.exit(0);
    data = Buffer.concat([data, chunk.subarray(0, count)]);
    const first = parse(data);
    if (first !== undefined) {
      if (first.type !== INIT) broken('a frame of type ' + first.type + ' instead of INIT');
      return [settingsOf(first.head), data.subarray(first.end)];
    }
  }
}

function settingsOf(head) {
  const settings = { 'warm-up': [], command: [] };
  for (let i = 0; i + 1 < head.length; i += 2) {
    if (Array.isArray(settings[head[i]])) settings[head[i]].push(head[i + 1]);
    else settings[head[i]] = head[i + 1];
  }
  return settings;
}

function writeAll(data) {
  for (let sent = 0; sent < data.length; ) sent += fs.writeSync(3, data, sent);
}

// File of the handler and the name of its export, from a setting such as "dir/module.export".
function locate(directory, wanted) {
  const names = new Set(fs.readdirSync(directory));
  if (wanted) {
    const dot = wanted.lastIndexOf('.');
    const exported = dot > wanted.lastIndexOf('/') && !EXTENSIONS.includes(wanted.slice(dot)) ? wanted.slice(dot + 1) : '';
    const base = exported ? wanted.slice(0, dot) : wanted;
    for (const extension of ['', ...EXTENSIONS, '/index.js']) {
      const file = path.join(directory, base + extension);
      if (fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return [file, exported];
    }
    if (exported || wanted.includes('/')) throw new HandlerError('there is no file ' + base + '.js for the handler ' + wanted);
    return [usual(directory, names), wanted];
  }
  return [usual(directory, names), ''];
}

function usual(directory, names) {
  if (names.has('package.json')) {
    const main = readPackage(directory).main;
    if (main) return require.resolve(path.join(directory, main));
  }
  for (const file of FILES) {
    for (const extension of EXTENSIONS) if (names.has(file + extension)) return path.join(directory, file + extension);
  }
  throw new HandlerError('there is no handler file: looked for "main" of package.json, '
    + FILES.map((file) => file + '.js').join(', ') + ' (also .mjs, .cjs)'
    + '; name another one in instar.yaml, for example `handler: module.export`');
}

function readPackage(directory) {
  try {
    return JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'));
  } catch (error) {
    throw new HandlerError('package.json cannot be read: ' + error.message);
  }
}

async function importModule(file) {
  if (!file.endsWith('.mjs')) {
    try {
      return require(file);
    } catch (error) {
      if (error.code !== 'ERR_REQUIRE_ESM' && !(error instanceof SyntaxError && require('./fallbacks.js').isModule(file))) throw error;
    }
  }
  return import(require('url').pathToFileURL(file).href);
}

// The handler among a module's exports: [function, name of the export]; the name is empty for the module itself.
function choose(exported, wanted, file) {
  const inner = exported.default;
  if (wanted) {
    const found = exported[wanted] ?? inner?.[wanted];
    if (typeof found !== 'function') throw new HandlerError(path.basename(file) + ' exports no function ' + wanted);
    return [found, wanted];
  }
  if (typeof exported === 'function') return [exported, ''];
  for (const scope of [exported, inner]) {
    for (const name of NAMES) if (typeof scope?.[name] === 'function') return [scope[name], name];
  }
  if (typeof inner === 'function') return [inner, ''];
  throw new HandlerError(path.basename(file) + ' exports no handler: looked for module.exports = function, a default export, and '
    + NAMES.map((name) => 'exports.' + name).join(', '));
}

function recognise(name) {
  return name === '' || name === 'handle' ? 'openfaas-http' : 'lambda';
}

async function loadHandler(settings, directory) {
  const [file, wanted] = locate(directory, settings.handler);
  let convention = settings.convention || 'auto';
  if (convention === 'lambda') require('./lambda.js').setEnvironment(settings, path.basename(file));
  const exported = await importModule(file);
  const [handler, name] = choose(exported, wanted, file);
  if (convention === 'auto') convention = recognise(name);
  if (convention !== 'openfaas-http' && convention !== 'lambda' && convention !== 'sebs') {
    throw new HandlerError('the convention ' + convention + ' does not fit a Node handler');
  }
  const room = convention === 'openfaas-http' ? require('./openfaas.js') : require('./lambda.js');
  const respond = room.responder(settings, convention, handler, path.basename(file) + '.' + name, BadRequest);
  if (settings.init) {
    const hook = exported[settings.init] ?? exported.default?.[settings.init];
    if (typeof hook !== 'function') {
      throw new HandlerError(path.basename(file) + ' exports no function ' + settings.init + ', which the key init names');
    }
    await hook();
  }
  for (const event of settings['warm-up']) await warmUp(event, respond);
  return { settings, convention, respond, exported, connections: [] };
}

async function warmUp(event, respond) {
  const reply = await respond(['warm-up', 'POST', '/', '', '', '9'.repeat(13), 'raw'], Buffer.from(event));
  if (typeof reply.body?.resume === 'function') reply.body.resume();
  if (reply.status >= 500) throw new HandlerError('the handler answered a warm-up event with status ' + reply.status);
}

// Status, headers and content as a head; refuses what could not stand in a header or would pass for one of its own.
function headOf(reply) {
  const status = Number(reply.status);
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new HandlerError('the handler replied with status ' + asText(reply.status) + ', which is not 200 to 599');
  }
  let head = status + '\0';
  for (const [name, values] of reply.headers) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new HandlerError('the handler replied with ' + JSON.stringify(name) + ' as the name of a header');
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      const text = String(value);
      // eslint-disable-next-line no-control-regex
      if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text)) {
        throw new HandlerError('the handler replied with a control character in header ' + name);
      }
      head += name + '\0' + text + '\0';
    }
  }
  return head;
}

class Connection {
  constructor(fd, instance) {
    this.fd = fd;
    this.instance = instance;
    this.handle = undefined;
    this.write = undefined;
    this.respond = instance.respond;
    this.chunks = [];
    this.size = 0;
    this.needed = 16;
    this.parts = undefined;
    this.request = undefined;
    this.busy = false;
  }

  // Bytes as they come. They are joined only when a frame is complete, or a large body would be copied once a chunk.
  data(chunk) {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (this.size >= this.needed && !this.busy) {
      const data = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks, this.size);
      const next = parse(data);
      if (next === undefined) {
        this.needed = 16 + (data.length < 16 ? 0 : data.readUInt32LE(0) + data.readUInt32LE(4));
        this.chunks = [data];
        return;
      }
      this.chunks = next.end < data.length ? [data.subarray(next.end)] : [];
      this.size = data.length - next.end;
      this.needed = 16;
      this.frame(next);
    }
  }

  frame(next) {
    if (this.parts === undefined) {
      if (next.type === PARK && this.fd === 3) {
        this.park();
        return;
      }
      if (next.type !== INVOKE || next.head.length < 7 || next.head.length % 2 === 0) {
        broken('a frame of type ' + next.type + ' with ' + next.head.length + ' strings instead of INVOKE');
      }
      if (next.more) {
        this.request = next;
        this.parts = [next.body];
      } else {
        this.call(next.head, next.body);
      }
      return;
    }
    if (next.type === FAILED) {
      this.parts = undefined;
      const error = new HandlerError("the request's body broke off");
      error.name = 'RequestBroken';
      this.write(failure(FAILED, error));
    } else if (next.type === DATA) {
      this.parts.push(next.body);
      if (!next.more) {
        const body = Buffer.concat(this.parts);
        this.parts = undefined;
        this.call(this.request.head, body);
      }
    } else {
      broken('a frame of type ' + next.type + " inside a request's body");
    }
  }

  async call(head, body) {
    this.busy = true;
    try {
      await this.answer(await this.respond(head, body));
    } catch (error) {
      if (error instanceof BadRequest) {
        this.write(frame(REPLY, '400\0content-type\0text/plain; charset=utf-8\0', Buffer.from(error.message), false));
      } else {
        this.write(failure(FAILED, error));
      }
    }
    this.busy = false;
    if (this.size > 0) this.data(EMPTY);
  }

  async park() {
    this.busy = true;
    await require('./template.js').park(this);
    this.busy = false;
    if (this.size > 0) this.data(EMPTY);
  }

  async answer(reply) {
    const head = headOf(reply);
    const body = reply.body;
    if (!Buffer.isBuffer(body)) return this.stream(head, body);
    this.write(frame(REPLY, head, body.subarray(0, MAX_BODY), body.length > MAX_BODY));
    for (let start = MAX_BODY; start < body.length; start += MAX_BODY) {
      await this.write(frame(DATA, '', body.subarray(start, start + MAX_BODY), start + MAX_BODY < body.length));
    }
  }

  // Sends the parts of an async iterable as they come; FAILED if they break off, which the caller sends.
  async stream(head, parts) {
    await this.write(frame(REPLY, head, EMPTY, true));
    for await (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part) : Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      for (let start = 0; start < bytes.length; start += MAX_BODY) {
        await this.write(frame(DATA, '', bytes.subarray(start, start + MAX_BODY), true));
      }
    }
    await this.write(frame(DATA, '', EMPTY, false));
  }
}

// Serves a connection's descriptor from the event loop: sets its handle and its function to write, which returns a promise
// if the other side is slow to read; gives it what comes, and calls `end` at the end. `net` would do the same, but loading it and its streams takes
// 3 ms, a tenth of a cold start; so the libuv handle beneath it is used where this Node has it in the known shape.
function openHandle(connection, end) {
  let pipes;
  let streams;
  try {
    pipes = process.binding('pipe_wrap');
    streams = process.binding('stream_wrap');
  } catch {
    return require('./fallbacks.js').openSocket(connection, end);
  }
  const { streamBaseState: state, kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync, WriteWrap } = streams;
  const known = [kReadBytesOrError, kArrayBufferOffset, kLastWriteWasAsync].every(Number.isInteger);
  if (!known || !state || typeof WriteWrap !== 'function' || typeof pipes.Pipe !== 'function') {
    return require('./fallbacks.js').openSocket(connection, end);
  }
  const handle = new pipes.Pipe(pipes.constants.SOCKET);
  handle.open(connection.fd);
  handle.onread = (bytes) => {
    const count = state[kReadBytesOrError];
    if (count > 0) connection.data(Buffer.from(bytes, state[kArrayBufferOffset], count));
    else if (count < 0) end();
  };
  handle.readStart();
  connection.handle = handle;
  connection.write = (bytes) => {
    const request = new WriteWrap();
    request.handle = handle;
    request.bytes = bytes;
    let resume;
    request.oncomplete = (status) => {
      if (status < 0) end();
      resume?.();
    };
    if (handle.writeBuffer(request, bytes) !== 0) end();
    return state[kLastWriteWasAsync] ? new Promise((resolve) => { resume = resolve; }) : undefined;
  };
}

function listen(instance, rest) {
  const { connections } = instance;
  let open = Number(instance.settings.channels || '1');
  for (let fd = 3, end = 3 + open; fd < end; fd++) {
    const connection = new Connection(fd, instance);
    connections.push(connection);
    let ended = false;
    openHandle(connection, () => {
      if (!ended) open--;
      ended = true;
      if (open === 0) process.exit(0);
    });
  }
  if (rest.length > 0) connections[0].data(rest);
}

async function main() {
  const directory = process.argv[2];
  const [settings, rest] = readInit();
  let instance;
  try {
    process.argv.length = 1;
    // Options that only this process needs, and that child processes would inherit.
    process.execArgv.length = 0;
    process.chdir(directory);
    if (settings.template === 'yes') require('./template.js').prepare();
    instance = await loadHandler(settings, directory);
  } catch (error) {
    writeAll(failure(INIT_FAILED, error));
    process.exit(1);
  }
  writeAll(frame(READY, instance.convention + '\0', EMPTY, false));
  listen(instance, rest);
}

module.exports = { HandlerError, EMPTY, MAX_HEAD, broken, parse, frame, failure, writeAll };

main();
