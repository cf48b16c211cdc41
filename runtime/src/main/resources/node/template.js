'use strict';
// How a process becomes a template, and how a clone of it wakes up as somebody of its own.
//
// Loaded only where INIT announces a template: a cold start never sees this. What must be in place before the handler can
// keep a reference to the original is replaced by `prepare`. Between PARK and PARKED there is time, a clone has none: waking
// up does only what differs from clone to clone, and has been done before the capture so that its code is compiled.
//
// Every function of JavaScript that runs writes to a page or two of V8's heap, wherever its counters are, and every page written
// costs a clone a fault and 4 KiB. So what runs in a clone before its first call is a handful of functions of this file, and native
// ones.

const crypto = require('crypto');
const fs = require('fs');
const { HandlerError, EMPTY, MAX_HEAD, broken, frame, failure } = require('./shim.js');

const WAKE = 5, PARKED = 14, PARK_FAILED = 15, AWAKE = 16, WAKE_FAILED = 17;
const IDENTITY = ['function', 'namespace', 'version', 'instance', 'hostname'];
// Smaller buffers of random bytes are keys and salts, larger ones stores that libraries of identifiers draw from.
const STORE = 128;
const ENTROPY = /^[0-9a-f]{128}$/;
const MOST_DRAWS = 1024;
const REHEARSALS = 16;

let first;
let second;
let third;
let fourth;
const drawn = [];
const workers = [];
let prepared = false;
let woken = false;
let collectGarbage;
let files;
// The variables the process was given, when it started or by the last WAKE.
let given;

// Replaces, before any code of the function runs, what V8 and Node would otherwise draw in advance and clones repeat.
function prepare() {
  prepared = true;
  files = directFiles();
  given = new Map(Object.entries(process.env));
  seed(crypto.randomBytes(16).toString('hex'));
  Math.random = random;
  watchCrypto();
  process.on('worker', (worker) => workers.push(new WeakRef(worker)));
  collectGarbage = collector();
}

// xoshiro128++ 1.0 (Blackman and Vigna, 2018), two outputs for the 53 bits of a number in [0, 1).
const { random } = {
  random() {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  },
};

function next() {
  let sum = (first + fourth) | 0;
  sum = (sum << 7) | (sum >>> 25);
  const result = (sum + first) >>> 0;
  const shifted = second << 9;
  third ^= first;
  fourth ^= second;
  second ^= third;
  first ^= fourth;
  third ^= shifted;
  fourth = (fourth << 11) | (fourth >>> 21);
  return result;
}

// Seeds Math.random with 128 bits, given as hexadecimal digits.
function seed(digits) {
  [first, second, third, fourth] = [0, 8, 16, 24].map((start) => parseInt(digits.slice(start, start + 8), 16) | 0);
  // The one state that the generator never leaves.
  if ((first | second | third | fourth) === 0) first = 1;
}

// Until the process wakes up, UUIDs are not drawn in advance, and what is filled with random bytes is remembered.
function watchCrypto() {
  const { randomUUID } = crypto;
  redefine(crypto, 'randomUUID', {
    randomUUID(options) {
      const plain = options === undefined || (typeof options === 'object' && options !== null);
      return randomUUID(woken || !plain ? options : { ...options, disableEntropyCache: true });
    },
  });
  const web = Object.getPrototypeOf(crypto.webcrypto);
  const webUUID = web.randomUUID;
  redefine(web, 'randomUUID', {
    randomUUID() {
      // The other way round, with its check of `this`, there would be no way to say that nothing is to be drawn in advance.
      return woken || this !== crypto.webcrypto ? webUUID.call(this) : randomUUID({ disableEntropyCache: true });
    },
  });
  // `crypto.getRandomValues` reads the method of webcrypto at every use.
  const { getRandomValues } = web;
  redefine(web, 'getRandomValues', {
    getRandomValues(array) {
      const result = getRandomValues.call(this, array);
      if (!woken) remember(array, 0, array.byteLength);
      return result;
    },
  });
  const { randomFillSync, randomBytes } = crypto;
  redefine(crypto, 'randomFillSync', {
    randomFillSync(...args) {
      const result = randomFillSync.apply(this, args);
      if (!woken) {
        const [buffer, offset = 0, size] = args;
        const unit = buffer.BYTES_PER_ELEMENT ?? 1;
        remember(buffer, offset * unit, size === undefined ? buffer.byteLength - offset * unit : size * unit);
      }
      return result;
    },
  });
  redefine(crypto, 'randomBytes', {
    randomBytes(size, callback) {
      const result = randomBytes.call(this, size, callback);
      if (!woken && callback === undefined) remember(result, 0, result.byteLength);
      return result;
    },
  });
  require('module').syncBuiltinESMExports();
}

function redefine(owner, name, replacement) {
  Object.defineProperty(owner, name, { ...Object.getOwnPropertyDescriptor(owner, name), value: replacement[name] });
}

function remember(buffer, start, length) {
  if (length >= 16 && drawn.length < 10000) {
    drawn.push({ buffer: new WeakRef(buffer), start, length, digest: digestOf(buffer, start, length) });
  }
}

function bytesOf(buffer, start, length) {
  return buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer
    ? new Uint8Array(buffer, start, length) : new Uint8Array(buffer.buffer, buffer.byteOffset + start, length);
}

function digestOf(buffer, start, length) {
  return crypto.createHash('sha256').update(bytesOf(buffer, start, length)).digest('latin1');
}

// Answers PARK, and reads the channel again: what comes next is WAKE, here or in a clone. The read blocks, so that no timer
// and no promise of the function's runs in a clone before it has been given streams of its own.
async function park(connection) {
  const { instance } = connection;
  const others = instance.connections.filter((other) => other !== connection);
  const chunk = Buffer.alloc(16 + MAX_HEAD);
  const awake = frame(AWAKE, '', EMPTY, false);
  let hooks;
  let stores;
  let answer;
  if (others.some((other) => other.busy || other.parts !== undefined)) {
    connection.write(failure(PARK_FAILED, new HandlerError('a call is under way')));
    return;
  }
  // From here on, what comes on other channels waits.
  for (const other of others) other.busy = true;
  try {
    if (!prepared) throw new HandlerError('this instance was not started to become a template');
    if (woken) throw new HandlerError('an instance that was woken up cannot become a template again');
    hooks = hooksOf(instance.exported);
    for (const hook of hooks.before.reverse()) await hook();
    await closeAgents();
    await settled();
    emptyIntegerCache();
    collectGarbage();
    stores = rememberedStores();
    const warnings = require('./detector.js').inspect(instance.connections, workers, remembered() - stores.length);
    answer = frame(PARKED, warnings.map((text) => text + '\0').join(''), EMPTY, false);
    collectGarbage();
    finishSweeping();
    // So often that V8 has compiled what is run; it does so when a function has run for a while, and would in each clone.
    for (let time = 0; time < REHEARSALS; time++) rehearse(connection, chunk, stores);
    // What V8's threads have posted meanwhile would otherwise wait in each clone.
    await turn();
  } catch (error) {
    connection.write(failure(PARK_FAILED, error));
    release(others);
    return;
  }
  stopListening(connection);
  const calm = isCalm(others, hooks.after);
  const byte = Buffer.alloc(1);
  fs.writeSync(3, answer);
  const end = readWake(connection, chunk, files.read);
  const putOff = calm && chunk[9] === 1;
  if (putOff) {
    files.write(awake);
    // Until its first call a clone has written to next to nothing.
    if (connection.size === 0) awaitCall(connection, byte);
  }
  try {
    wake(chunk, end, instance, stores);
    for (const hook of hooks.after) {
      const result = hook();
      if (typeof result?.then === 'function') await result;
    }
  } catch (error) {
    fs.writeSync(3, failure(WAKE_FAILED, error));
    process.exit(1);
  }
  if (!putOff) files.write(awake);
  goOnListening(connection);
  release(others);
}

// Whether nothing of the function's can run in a clone before its first call, so that waking up can be put off until then. The
// channel is a pipe, as standard output and error are; another one cannot be captured.
function isCalm(others, after) {
  return others.length === 0 && after.length === 0 && process.getActiveResourcesInfo().every((name) => name === 'PipeWrap')
    && workers.every((worker) => worker.deref() === undefined);
}

// Waits for the first byte of the first call. The others are the event loop's, which so turns before anything of the function's runs.
function awaitCall(connection, byte) {
  if (files.read(byte, 0) === 0) process.exit(0);
  connection.chunks = [byte];
  connection.size = 1;
}

function stopListening({ handle }) {
  handle.readStop();
  handle.setBlocking(true);
}

function goOnListening({ handle }) {
  handle.setBlocking(false);
  handle.readStart();
}

function release(connections) {
  for (const connection of connections) {
    connection.busy = false;
    if (connection.size > 0) connection.data(EMPTY);
  }
}

// The hooks in the order of their registration; the handler's own functions count as registered last.
function hooksOf(exported) {
  const { before, after } = require('./modules/instar')[Symbol.for('instar.hooks')];
  const own = (...names) => {
    for (const scope of [exported, exported.default]) {
      for (const name of names) if (typeof scope?.[name] === 'function') return [scope[name]];
    }
    return [];
  };
  return {
    before: [...before, ...own('beforeCheckpoint', 'before_checkpoint')],
    after: [...after, ...own('afterRestore', 'after_restore')],
  };
}

// Idle connections that the shared agents keep are of no use to a clone, and cannot be cloned.
async function closeAgents() {
  for (const name of ['http', 'https']) if (isLoaded(name)) require(name).globalAgent.destroy();
  // fetch()
  const dispatcher = Symbol.for('undici.globalDispatcher.1');
  const old = globalThis[dispatcher];
  if (old !== undefined) {
    globalThis[dispatcher] = new old.constructor();
    await old.close();
  }
}

function isLoaded(name) {
  return process.moduleLoadList.includes('NativeModule ' + name);
}

// Lets what is due happen: closing handles, resolved promises, immediates. A timer too, so that the code for timers is compiled:
// in a clone some are due. Node's own of the text of the Date header is not to be among them: it is over with the present second. An
// immediate comes last: what follows it is run by native code, with no function of Node's to return to.
async function settled() {
  await new Promise((resolve) => { setTimeout(resolve, isLoaded('_http_outgoing') ? 1001 : 1); });
  for (let turns = 0; turns < 3; turns++) await turn();
}

// Of the event loop.
function turn() {
  return new Promise((resolve) => { setImmediate(resolve); });
}

// What `fs` calls once it has checked its arguments, which takes a dozen functions; in the Node versions that call it in the ways
// known here, as the text of theirs says, and `fs` itself in others. Found before the function can put something else in its place.
function directFiles() {
  const { readSync, readlinkSync, writeSync } = fs;
  const known = (method, call) => method.toString().replace(/\s+/g, ' ').includes(call);
  let binding;
  try {
    binding = process.binding('fs');
  } catch {
    binding = {};
  }
  const { read, readlink, writeBuffer } = binding;
  return {
    read: read && known(readSync, 'return binding.read(fd, buffer, offset, length, position);')
      ? (buffer, start) => read(3, buffer, start, buffer.length - start, -1)
      : (buffer, start) => readSync(3, buffer, start, buffer.length - start, null),
    link: readlink && known(readlinkSync, 'return binding.readlink( pathModule.toNamespacedPath(path), options.encoding, );')
      ? (name) => readlink(name, 'utf8')
      : (name) => readlinkSync(name),
    write: writeBuffer && known(writeSync, 'result = binding.writeBuffer(fd, buffer, offset, length, position, undefined, ctx);')
      ? (buffer) => {
        const failure = {};
        writeBuffer(3, buffer, 0, buffer.length, null, undefined, failure);
        if (failure.errno !== undefined) process.exit(1);
      }
      : (buffer) => { writeSync(3, buffer); },
    text: typeof EMPTY.utf8Slice === 'function'
      ? (buffer, start, end) => buffer.utf8Slice(start, end) : (buffer, start, end) => buffer.toString('utf8', start, end),
  };
}

// crypto.randomInt draws in advance as well. Its store is out of reach, but it is read with a method that is not: draws
// until the store is used up, so that a clone fills it anew.
function emptyIntegerCache() {
  const { readUIntBE } = Buffer.prototype;
  let left = MOST_DRAWS;
  Buffer.prototype.readUIntBE = function (offset, length) {
    left = (this.length - offset) / length - 1;
    return readUIntBE.call(this, offset, length);
  };
  try {
    crypto.randomInt(2);
    for (let draws = 0; left > 0; draws++) {
      if (draws > MOST_DRAWS) throw new HandlerError('this version of Node draws integers in advance in a way not known here');
      crypto.randomInt(2);
    }
  } finally {
    Buffer.prototype.readUIntBE = readUIntBE;
  }
}

// V8's gc(), which on the command line would be a global the function sees, and could not be rid of.
function collector() {
  const v8 = require('v8');
  v8.setFlagsFromString('--expose-gc');
  const gc = require('vm').runInNewContext('gc');
  v8.setFlagsFromString('--no-expose-gc');
  return gc;
}

// After a collection V8's threads sweep, and the main thread takes their results over, a write to the head of every chunk of the
// heap, when it next allocates a long-lived object: a clone would do so as it wakes up, with a page fault for each chunk. A minor
// collection does it as well, if it finds that the threads are done.
function finishSweeping() {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let round = 0; round < 4; round++) {
    Atomics.wait(clock, 0, 0, 15);
    collectGarbage({ type: 'minor' });
  }
}

function remembered() {
  return drawn.filter(({ buffer, start, length, digest }) => {
    const held = buffer.deref();
    return held !== undefined && held.byteLength >= start + length && digestOf(held, start, length) === digest;
  }).length;
}

// Stores of random bytes that are still held, and hold what they were filled with.
function rememberedStores() {
  const stores = [];
  for (const { buffer, start, length, digest } of drawn) {
    const held = length >= STORE ? buffer.deref() : undefined;
    if (held !== undefined && held.byteLength >= start + length && digestOf(held, start, length) === digest) {
      stores.push(bytesOf(held, start, length));
    }
  }
  return stores;
}

// Waking up as what it is already compiles what a clone will run.
function rehearse(connection, chunk, stores) {
  const { instance } = connection;
  let head = 'entropy\0' + crypto.randomBytes(64).toString('hex') + '\0';
  for (const key of IDENTITY) head += key + '\0' + (instance.settings[key] ?? '') + '\0';
  for (const [name, value] of given) head += 'env\0' + name + '=' + value + '\0';
  if (Buffer.byteLength(head) > MAX_HEAD) throw new HandlerError('an environment of more than 256 KiB does not fit into a template');
  const rehearsed = frame(WAKE, head, EMPTY, false);
  const read = (buffer, start) => {
    buffer.set(rehearsed, start);
    return rehearsed.length;
  };
  stopListening(connection);
  wake(chunk, readWake(connection, chunk, read), instance, stores);
  goOnListening(connection);
  release([]);
  woken = false;
}

// Reads a WAKE frame into `chunk`, which has room for the largest, and returns where it ends; what has come behind it is the
// connection's.
function readWake(connection, chunk, read) {
  let filled = 0;
  let end;
  for (const early of connection.chunks) {
    chunk.set(early, filled);
    filled += early.length;
  }
  for (;;) {
    if (filled >= 16) {
      end = 16 + chunk[0] + chunk[1] * 0x100 + chunk[2] * 0x10000 + chunk[3] * 0x1000000;
      let others = chunk[4] | chunk[5] | chunk[6] | chunk[7] | chunk[9] >> 1;
      for (let i = 10; i < 16; i++) others |= chunk[i];
      if (chunk[8] !== WAKE || others !== 0 || end > chunk.length) broken('a frame of type ' + chunk[8] + ' instead of WAKE');
      if (filled >= end) break;
    }
    const count = read(chunk, filled);
    if (count === 0) process.exit(0);
    filled += count;
  }
  connection.chunks = filled > end ? [Buffer.from(chunk.subarray(end, filled))] : [];
  connection.size = filled - end;
  connection.needed = 16;
  return end;
}

// Takes the identity and environment of a WAKE frame, and streams of its own from all random sources.
function wake(chunk, end, instance, stores) {
  const { settings } = instance;
  const strings = files.text(chunk, 16, end).split('\0');
  if (strings.pop() !== '' || strings.length % 2 !== 0) broken('a WAKE head of ' + strings.length + ' strings');
  const variables = new Map();
  let entropy = '';
  for (let i = 0; i < strings.length; i += 2) {
    const value = strings[i + 1];
    if (strings[i] === 'entropy') {
      entropy = value;
    } else if (strings[i] === 'env') {
      const split = value.indexOf('=');
      if (split < 1) broken('a WAKE head with a variable that has no name');
      variables.set(value.slice(0, split), value.slice(split + 1));
    } else if (IDENTITY.includes(strings[i])) {
      settings[strings[i]] = value;
    }
  }
  if (!ENTROPY.test(entropy)) broken('a WAKE head without 64 bytes of entropy');
  replaceEnvironment(variables);
  if (instance.convention === 'lambda') require('./lambda.js').setEnvironment(settings, settings.handlerName);
  // Cached by Node when the process started.
  Object.defineProperty(process, 'pid', {
    value: Number(files.link('/proc/self')), writable: false, enumerable: true, configurable: true,
  });
  seed(entropy);
  // OpenSSL notices the new process id and reseeds itself.
  woken = true;
  for (const store of stores) crypto.randomFillSync(store);
}

// Makes these the variables the process was given. Only what differs from what it was given before is touched: a function
// may have set and deleted variables of its own since.
function replaceEnvironment(variables) {
  const { env } = process;
  for (const name of given.keys()) if (!variables.has(name)) delete env[name];
  for (const [name, value] of variables) if (given.get(name) !== value) env[name] = value;
  given = variables;
}

module.exports = { prepare, park };
