// Parts of the random programs of `instar bench clones`, as in program.py. A function may be asynchronous.

//: closures
function closures(a, b) {
  let total = a;
  const adders = Array.from({ length: b }, (_, i) => (n) => { total = (total * 31 + n * i) % 1000003; return total; });
  return (n) => [adders[n % b](n), adders.length];
}

//: collections
function collections(a, b) {
  const key = { key: a };
  const map = new Map([[key, a], ['x', b], [NaN, 0]]);
  const set = new Set(Array.from({ length: b }, (_, i) => (i * a) % 17));
  const weak = new WeakMap([[key, { b }]]);
  const walk = map.entries();
  walk.next();
  return (n) => {
    map.set(n, n * a).set(key, map.get(key) + n);
    set.delete(n % 17);
    weak.get(key).b += n;
    const step = walk.next();
    return [[...map.values()], [...set], weak.get(key).b, step.done, String(step.value)];
  };
}

//: typed_arrays
function typed_arrays(a, b) {
  const buffer = new ArrayBuffer(1024 * b);
  const bytes = new Uint8Array(buffer);
  const floats = new Float64Array(buffer, 8 * b, 20);
  const view = new DataView(buffer, 4);
  bytes.fill(a);
  const big = new BigUint64Array([2n ** 60n, BigInt(a)]);
  return (n) => {
    floats[n % 20] = n / 3;
    view.setInt16(n, -n, true);
    big[1] *= BigInt(n + 1);
    return [bytes.reduce((x, y) => x + y, 0), floats[1], view.getUint32(n), String(big[0] + big[1]), buffer.slice(0, n).byteLength];
  };
}

//: shared_memory
function shared_memory(a, b) {
  const numbers = new Int32Array(new SharedArrayBuffer(4 * b));
  return (n) => [Atomics.add(numbers, n % b, a), Atomics.load(numbers, n % b), Atomics.notify(numbers, 0),
    Atomics.wait(numbers, n % b, -1, 10)];
}

//: buffers
function buffers(a, b) {
  const small = Array.from({ length: b }, (_, i) => Buffer.from('b' + i * a));
  const whole = Buffer.concat(small);
  const part = whole.subarray(b, b * 2);
  return (n) => {
    part.writeUInt8(n, n % part.length);
    small.push(Buffer.from(String(n)), Buffer.allocUnsafe(8).fill(n));
    return [whole.toString('base64'), Buffer.concat(small).length, whole.indexOf('b1'), Buffer.byteLength('é'.repeat(n))];
  };
}

//: timers
function timers(a, b) {
  let ticks = 0;
  const cleared = setTimeout(() => { ticks = -1e9; }, 1);
  clearTimeout(cleared);
  const repeated = setInterval(() => { ticks++; }, (b % 5) + 1);
  repeated.unref();
  const late = setTimeout(() => { ticks = -1e9; }, 1e8);
  return async (n) => {
    const before = ticks;
    for (let i = 0; i < 500 && ticks < before + 2; i++) await new Promise((done) => { setTimeout(done, 5); });
    return [ticks >= before + 2, late.hasRef(), repeated.hasRef()];
  };
}

//: overdue_timer
function overdue_timer(a, b) {
  const seen = [];
  setTimeout(() => seen.push(a), 1);
  setTimeout(() => seen.push(b), 20);
  return async () => {
    for (let i = 0; i < 200 && seen.length < 2; i++) await new Promise((done) => { setTimeout(done, 5); });
    return seen;
  };
}

//: pending_promises
function pending_promises(a, b) {
  const log = [];
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  const chained = promise.then((n) => { log.push(n * a); return n + b; });
  const race = Promise.race([chained, new Promise(() => {})]);
  return async (n) => { resolve(n); return [await race, await Promise.allSettled([chained]), log]; };
}

//: order_of_turns
function order_of_turns(a, b) {
  const log = [];
  return async (n) => {
    log.length = 0;
    await new Promise((done) => {
      setImmediate(() => { log.push('immediate'); setTimeout(() => { log.push('timer'); done(); }, 2); });
      process.nextTick(() => log.push('tick'));
      queueMicrotask(() => { log.push('microtask'); process.nextTick(() => log.push('tick2')); });
      Promise.resolve().then(() => log.push('promise'));
      log.push('now');
    });
    return log.slice(0, a + n);
  };
}

//: worker
function worker(a, b) {
  const { Worker } = require('worker_threads');
  const thread = new Worker(`
    const { parentPort, workerData } = require('worker_threads');
    let total = workerData;
    parentPort.on('message', (n) => { total = total * 3 % 10007 + n; parentPort.postMessage([total, Buffer.from('w' + n)]); });
  `, { eval: true, workerData: a * b });
  thread.unref();
  const ask = (n) => new Promise((done) => { thread.once('message', done); thread.postMessage(n); });
  const first = ask(1);
  return async (n) => { await first; const [total, bytes] = await ask(n); return [total, Buffer.from(bytes).toString()]; };
}

//: worker_on_shared_memory
function worker_on_shared_memory(a, b) {
  const { Worker } = require('worker_threads');
  const cells = new Int32Array(new SharedArrayBuffer(16));
  new Worker(`
    const { workerData: cells } = require('worker_threads');
    for (let seen = 0; ; ) {
      Atomics.wait(cells, 0, seen);
      seen = Atomics.load(cells, 0);
      Atomics.store(cells, 2, Atomics.load(cells, 1) * 7 + seen);
      Atomics.store(cells, 3, seen);
      Atomics.notify(cells, 3);
    }
  `, { eval: true, workerData: cells }).unref();
  let round = 0;
  return (n) => {
    Atomics.store(cells, 1, n * a + b);
    Atomics.store(cells, 0, ++round);
    Atomics.notify(cells, 0);
    const end = Date.now() + 4000;
    while (Atomics.load(cells, 3) !== round && Date.now() < end) Atomics.wait(cells, 3, round - 1, 50);
    return Atomics.load(cells, 2);
  };
}

//: worker_later
function worker_later(a, b) {
  const { Worker } = require('worker_threads');
  return (n) => new Promise((done, fail) => {
    const thread = new Worker('const w = require("worker_threads"); w.parentPort.postMessage(w.workerData ** 2 + ' + a + ')',
      { eval: true, workerData: n });
    let value;
    thread.on('message', (got) => { value = got; });
    thread.on('error', fail);
    thread.on('exit', (code) => done([value, code, b]));
  });
}

//: message_channel
function message_channel(a, b) {
  const { MessageChannel, receiveMessageOnPort } = require('worker_threads');
  const { port1, port2 } = new MessageChannel();
  port1.postMessage({ posted: a, map: new Map([[1, new Date(b)]]) });
  port2.unref();
  return (n) => {
    port1.postMessage(n);
    return [receiveMessageOnPort(port2)?.message, structuredClone({ n, at: new Date(a * 1000), deep: [new Set([b])] }).at.toISOString()];
  };
}

//: child_processes
function child_processes(a, b) {
  const { spawnSync, execFile, spawn } = require('child_process');
  const first = spawnSync('/bin/sh', ['-c', 'echo $((' + a + ' * 3))']).stdout.toString();
  return async (n) => {
    const second = await new Promise((done) => { execFile('/bin/echo', [String(n)], (error, out) => done([error, out])); });
    const cat = spawn('/bin/cat');
    cat.stdin.end('x'.repeat(n * b));
    let length = 0;
    cat.stdout.on('data', (data) => { length += data.length; });
    const code = await new Promise((done) => { cat.on('close', done); });
    return [first, second, length, code, spawnSync('/bin/sh', ['-c', 'exit ' + n % 5]).status];
  };
}

//: open_files
async function open_files(a, b) {
  const fs = require('fs');
  const fd = fs.openSync(__filename);
  const head = Buffer.alloc(a);
  fs.readSync(fd, head);
  const handle = await fs.promises.open(__filename);
  await handle.read(Buffer.alloc(b));
  const folder = fs.openSync('/usr', fs.constants.O_DIRECTORY);
  return async (n) => {
    const some = Buffer.alloc((n % 20) + 1);
    fs.readSync(fd, some);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(10));
    return [some.toString(), buffer.toString(), bytesRead, fs.fstatSync(folder).isDirectory(), fs.readSync(fd, some, 0, 3, a)];
  };
}

//: stream_half_way
async function stream_half_way(a, b) {
  const fs = require('fs');
  const stream = fs.createReadStream(__filename, { highWaterMark: 16 + b, encoding: 'latin1' });
  const chunks = stream[Symbol.asyncIterator]();
  await chunks.next();
  return async (n) => [(await chunks.next()).value, stream.bytesRead > a - a, typeof n];
}

//: temporary_files
function temporary_files(a, b) {
  const fs = require('fs');
  const os = require('os');
  return async (n) => {
    const folder = fs.mkdtempSync(os.tmpdir() + '/t-');
    const file = folder + '/f' + a;
    await fs.promises.writeFile(file, 'y'.repeat(n * b));
    fs.appendFileSync(file, 'end');
    const found = [fs.readdirSync(folder), (await fs.promises.stat(file)).size, fs.readFileSync(file, 'utf8').slice(-4)];
    fs.rmSync(folder, { recursive: true });
    return [found, fs.existsSync(folder)];
  };
}

//: zlib_half_way
async function zlib_half_way(a, b) {
  const zlib = require('zlib');
  const pack = zlib.createDeflate({ level: b % 10 });
  const parts = [];
  pack.on('data', (part) => parts.push(part));
  await new Promise((done) => { pack.write('begun' + 'z'.repeat(a * 1000), done); });
  const unpack = zlib.createGunzip();
  const read = [];
  unpack.on('data', (part) => read.push(part));
  const whole = zlib.gzipSync('gunzip'.repeat(a * 100));
  await new Promise((done) => { unpack.write(whole.subarray(0, whole.length / 2), done); });
  let ended = false;
  return async (n) => {
    if (!ended) {
      ended = true;
      pack.end(String(n));
      unpack.end(whole.subarray(whole.length / 2));
      await Promise.all([pack, unpack].map((stream) => new Promise((done) => { stream.once('end', done); })));
    }
    const plain = zlib.inflateSync(Buffer.concat(parts)).toString();
    return [plain.length, plain.slice(-4), Buffer.concat(read).length, zlib.brotliCompressSync('b'.repeat(n * 10)).length,
      await new Promise((done) => { zlib.deflate('later' + n, (error, out) => done(error ?? out.toString('hex'))); })];
  };
}

//: brotli_half_way
async function brotli_half_way(a, b) {
  const zlib = require('zlib');
  const pack = zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: b % 6 } });
  const parts = [];
  pack.on('data', (part) => parts.push(part));
  await new Promise((done) => { pack.write('br'.repeat(a * 50), done); });
  let whole;
  return async (n) => {
    whole ??= new Promise((done) => { pack.once('end', () => done(Buffer.concat(parts))); pack.end('end' + n); });
    return zlib.brotliDecompressSync(await whole).toString().slice(-8);
  };
}

//: hashes_half_way
function hashes_half_way(a, b) {
  const crypto = require('crypto');
  const hash = crypto.createHash('sha256').update('begun' + a);
  const keyed = crypto.createHmac('sha1', 'key' + b).update('begun');
  const cipher = crypto.createCipheriv('aes-128-cbc', Buffer.alloc(16, a), Buffer.alloc(16, b));
  let text = cipher.update('begun', 'utf8', 'hex');
  const key = crypto.createSecretKey(Buffer.alloc(32, a));
  return (n) => {
    hash.update(String(n));
    keyed.update(String(n));
    text += cipher.update('block of text ' + n, 'utf8', 'hex');
    return [hash.copy().digest('hex').slice(0, 12), text.slice(-16), crypto.createHmac('sha256', key).update(String(n)).digest('base64'),
      crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), keyed.constructor.name];
  };
}

//: key_derivation
async function key_derivation(a, b) {
  const crypto = require('crypto');
  const { promisify } = require('util');
  const derive = promisify(crypto.pbkdf2);
  const first = await derive('p' + a, 'salt', 10, 16, 'sha256');
  return async (n) => {
    const all = await Promise.all(Array.from({ length: (b % 6) + 1 }, (_, i) => derive('p' + n, 'salt' + i, 20, 8, 'sha512')));
    const hard = await promisify(crypto.scrypt)('p', String(n), 8, { N: 64 });
    return [first.toString('hex'), all.map((each) => each.toString('hex')), hard.toString('hex'), crypto.hkdfSync('sha256', 'k', 's', 'i', n + 1).byteLength];
  };
}

//: signatures
function signatures(a, b) {
  const crypto = require('crypto');
  const { publicKey, privateKey } = crypto.generateKeyPairSync(a % 2 ? 'ed25519' : 'ec', { namedCurve: 'P-256' });
  const ecdh = crypto.createECDH('prime256v1');
  ecdh.generateKeys();
  return async (n) => {
    const text = Buffer.from('n' + n * b);
    const digest = a % 2 ? null : 'sha256';
    const other = crypto.createECDH('prime256v1');
    const same = ecdh.computeSecret(other.generateKeys()).equals(other.computeSecret(ecdh.getPublicKey()));
    const web = await crypto.webcrypto.subtle.digest('SHA-256', text);
    return [crypto.verify(digest, text, publicKey, crypto.sign(digest, text, privateKey)), same, Buffer.from(web).toString('hex').slice(0, 8)];
  };
}

//: events
function events(a, b) {
  const { EventEmitter, once } = require('events');
  const emitter = new EventEmitter();
  const log = [];
  emitter.once('n', (n) => log.push('once ' + n));
  emitter.on('n', (n) => log.push(n * a));
  const waiting = once(emitter, 'n');
  const target = new EventTarget();
  target.addEventListener('e', (event) => log.push(event.type + b), { once: true });
  return async (n) => { emitter.emit('n', n); target.dispatchEvent(new Event('e')); return [await waiting, log.slice(-3), emitter.listenerCount('n')]; };
}

//: generators
async function generators(a, b) {
  const log = [];
  function* inner(depth) {
    try {
      const got = yield depth;
      return depth > 0 ? yield* inner(depth - 1) : got;
    } finally {
      log.push(depth);
    }
  }
  async function* endless() {
    for (let total = a; ; ) total += (yield total) ?? 0;
  }
  const nested = inner((b % 4) + 1);
  nested.next();
  const stream = endless();
  await stream.next();
  return async (n) => [nested.next(n), await stream.next(n), log];
}

//: streams
async function streams(a, b) {
  const { Transform, Readable, PassThrough } = require('stream');
  const double = new Transform({ objectMode: true, transform(n, _, done) { done(null, [n * a, b]); } });
  const out = double[Symbol.asyncIterator]();
  double.write(1);
  await out.next();
  const text = new PassThrough();
  text.setEncoding('utf8');
  text.write(Buffer.from('€').subarray(0, 2));
  const web = new ReadableStream({ pull(controller) { controller.enqueue(a); } }).getReader();
  await web.read();
  return async (n) => {
    double.write(n);
    text.write(Buffer.from('€').subarray(2));
    text.write('€'.repeat(n % 3));
    let sum = 0;
    for await (const part of Readable.from([n, a, b])) sum += part;
    return [await out.next(), text.read(), sum, await web.read(), double.writableLength];
  };
}

//: intl
function intl(a, b) {
  const money = new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' });
  const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: a % 2 ? 'UTC' : 'Asia/Tokyo' });
  const order = new Intl.Collator('sv');
  return (n) => [money.format(n * a / 7), date.format(n * 1e9), ['ö', 'z', 'a', 'å'].sort(order.compare), new Intl.PluralRules('ar').select(n),
    new Intl.Segmenter('en').segment('a👍🏽b').containing(1).segment, 'İ'.toLocaleLowerCase('tr').length, (b * n).toLocaleString('hi')];
}

//: web_assembly
function web_assembly(a, b) {
  // A global that f multiplies by 3 and adds its argument to, and a page of memory that g reads at its argument.
  const module = new WebAssembly.Module(Uint8Array.from([
    0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 3, 2, 0, 0, 5, 3, 1, 0, 1, 6, 6, 1, 127, 1, 65, 1, 11,
    7, 13, 3, 1, 102, 0, 0, 1, 103, 0, 1, 1, 109, 2, 0, 10, 24, 2, 14, 0, 35, 0, 65, 3, 108, 32, 0, 106, 36, 0, 35, 0, 11,
    7, 0, 32, 0, 40, 2, 0, 11]));
  const { exports } = new WebAssembly.Instance(module);
  for (let i = 0; i < a * 1000; i++) exports.f(i);
  new Uint32Array(exports.m.buffer)[b] = a;
  return async (n) => {
    let trap;
    try { exports.g(1 << 30); } catch (error) { trap = String(error); }
    exports.m.grow(1);
    const later = await WebAssembly.instantiate(module);
    return [exports.f(n), exports.g(b * 4), exports.g(65536 + n), trap, exports.m.buffer.byteLength, later.exports.f(n)];
  };
}

//: contexts
function contexts(a, b) {
  const vm = require('vm');
  const context = vm.createContext({ total: a, log: [] });
  const script = new vm.Script('total = total * 2 + n; log.push(total); [...log].length');
  vm.runInContext('class Own { value() { return ' + b + '; } }; globalThis.own = new Own()', context);
  return (n) => {
    context.n = n;
    return [script.runInContext(context), context.total % 1e6, vm.runInContext('own.value()', context), context.log instanceof Array,
      vm.isContext(context), new Function('x', 'return x * ' + a)(n), (0, eval)('typeof module')];
  };
}

//: async_storage
async function async_storage(a, b) {
  const { AsyncLocalStorage, AsyncResource } = require('async_hooks');
  const storage = new AsyncLocalStorage();
  const bound = storage.run(a, () => AsyncResource.bind(() => storage.getStore()));
  let release;
  const inside = storage.run(b, async () => { await new Promise((done) => { release = done; }); return storage.getStore(); });
  return async (n) => {
    release();
    return [bound(), await inside, storage.getStore(), await storage.run(n, async () => { await null; return storage.getStore(); })];
  };
}

//: abort_signals
async function abort_signals(a, b) {
  const { setTimeout: sleep } = require('timers/promises');
  const controller = new AbortController();
  const log = [];
  controller.signal.addEventListener('abort', () => log.push(a));
  const asleep = sleep(1e8, b, { signal: controller.signal, ref: false }).catch((error) => error.name);
  return async (n) => {
    controller.abort(new Error('n' + n));
    return [await asleep, log, controller.signal.aborted, String(controller.signal.reason), await sleep(2, n)];
  };
}

//: classes
function classes(a, b) {
  class Account {
    #total = a;
    static #made = 0;
    constructor() { Account.#made++; }
    get total() { return this.#total; }
    add(n) { this.#total += n; return Account.#made; }
  }
  const account = new Account();
  const watched = new Proxy(account, { get(target, name) { log.push(String(name)); return Reflect.get(target, name, target); } });
  const log = [];
  const kind = Symbol.for('kind' + b);
  account[kind] = 1n << BigInt(b);
  return (n) => [account.add(n), watched.total, log.length, String(account[kind]++), Object.getOwnPropertySymbols(account).length,
    new (class extends Account {})().total];
}

//: expressions
function expressions(a, b) {
  const sticky = /(?<digit>\d)[a-z]?/gy;
  const text = '1a2b3c4d5e6f7g8h9i'.repeat(b);
  for (let i = 0; i < a % 5; i++) sticky.exec(text);
  const matches = text.matchAll(/\d/g);
  matches.next();
  return (n) => [sticky.exec(text)?.groups.digit ?? null, sticky.lastIndex, matches.next().value?.index ?? -1,
    text.replace(new RegExp(String(n % 10), 'g'), '<$&>').length, /(?<=\$)\d+/.exec('$' + n * a)?.[0]];
}

//: hot_code
function hot_code(a, b) {
  function add(x, y) { return x + y; }
  class Point { constructor(x) { this.x = x; } }
  let total = 0;
  for (let i = 0; i < 50000 * (b % 4 + 1); i++) total = add(total, new Point(i % a).x) % 1000003;
  return (n) => {
    let own = n;
    for (let i = 0; i < 20000; i++) own = add(own, new Point(i * n).x) % 99991;
    return [total, own, add('text', n), add(1n, BigInt(n)), add(0.1, n), String(add({}, []))].map(String);
  };
}

//: deep_recursion
function deep_recursion(a, b) {
  const down = (n) => (n === 0 ? a : down(n - 1) + 1);
  return (n) => {
    let error;
    try { down(1e7); } catch (caught) { error = caught.name; }
    return [error, down(1000 + n * b)];
  };
}

//: decoders
function decoders(a, b) {
  const { StringDecoder } = require('string_decoder');
  const stream = new TextDecoder();
  const euro = new TextEncoder().encode('€');
  const first = stream.decode(euro.subarray(0, 1), { stream: true });
  const old = new StringDecoder('utf8');
  old.write(Buffer.from(euro.subarray(0, 2)));
  const url = new URL('http://example.org/p?a=' + a);
  return (n) => {
    url.searchParams.append('n', n);
    return [first, stream.decode(euro.subarray(1), { stream: true }), old.write(Buffer.from(euro.subarray(2))), url.href,
      new TextDecoder('utf-16le').decode(new Uint8Array([b, 0, n, 0])).length];
  };
}

//: environment
function environment(a, b) {
  const { spawnSync } = require('child_process');
  process.env['OWN_' + a] = 'set at init';
  process.env.GIVEN = 'changed at init to ' + b;
  delete process.env.DROPPED;
  return () => [process.env['OWN_' + a], process.env.GIVEN, process.env.DROPPED, process.env.KEPT,
    spawnSync('/bin/sh', ['-c', 'echo "$OWN_' + a + '|$GIVEN|$DROPPED|$KEPT"']).stdout.toString()];
}

//: process_settings
function process_settings(a, b) {
  process.umask(a % 2 ? 0o27 : 0o77);
  process.chdir('/usr');
  process.title = 'own' + b;
  const then = [process.hrtime.bigint(), performance.now(), process.uptime(), Date.now()];
  return (n) => [process.umask(), process.cwd(), process.title, process.getuid(), process.pid === Number(require('fs').readlinkSync('/proc/self')),
    [process.hrtime.bigint(), performance.now(), process.uptime(), Date.now()].map((now, i) => now >= then[i]), process.argv.length, n];
}

//: time_zone
function time_zone(a, b) {
  process.env.TZ = a % 2 ? 'Asia/Kolkata' : 'America/New_York';
  const date = new Date(b * 1e10);
  return (n) => [date.toString(), new Date(n * 1e10).getHours(), new Date(2020, n % 12, 1).toISOString(), Intl.DateTimeFormat().resolvedOptions().timeZone];
}

//: signal_handlers
function signal_handlers(a, b) {
  let seen = 0;
  process.on('SIGUSR2', () => { seen += a; });
  process.on('SIGHUP', () => { seen += b; });
  return async (n) => {
    const before = seen;
    process.kill(process.pid, n % 2 ? 'SIGUSR2' : 'SIGHUP');
    for (let i = 0; i < 200 && seen === before; i++) await new Promise((done) => { setTimeout(done, 5); });
    return [seen - before, process.listenerCount('SIGUSR2')];
  };
}

//: late_loading
function late_loading(a, b) {
  const names = ['querystring', 'readline', 'punycode', 'dns', 'tls', 'v8', 'inspector', 'diagnostics_channel', 'http', 'https'];
  return async (n) => {
    const name = names[(n + a) % names.length];
    const imported = await import('node:path');
    return [name, Object.keys(require(name)).length > 3, imported.join('a', String(b)), (await import('fs')).default === require('fs')];
  };
}

//: own_network
function own_network(a, b) {
  const http = require('http');
  const net = require('net');
  return async (n) => {
    const server = http.createServer((request, response) => { response.end('served ' + request.url + a); });
    await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
    const answer = await (await fetch('http://127.0.0.1:' + server.address().port + '/' + n, { headers: { connection: 'close' } })).text();
    await new Promise((done) => { server.close(done); });
    const local = net.createServer((socket) => socket.end('local' + b)).listen('/tmp/s' + n + '-' + a);
    const text = await new Promise((done) => {
      const client = net.connect('/tmp/s' + n + '-' + a);
      let got = '';
      client.on('data', (data) => { got += data; });
      client.on('end', () => done(got));
      client.on('error', (error) => done(error.code));
    });
    await new Promise((done) => { local.close(done); });
    const address = await require('dns').promises.lookup('127.0.0.1');
    return [answer, text, address];
  };
}

//: read_lines
async function read_lines(a, b) {
  const readline = require('readline');
  const { PassThrough } = require('stream');
  const input = new PassThrough();
  const lines = readline.createInterface({ input, crlfDelay: Infinity })[Symbol.asyncIterator]();
  input.write('first\nsecond ' + a + '\nhalf');
  await lines.next();
  return async (n) => { input.write(' line ' + n + '\nnext' + b); return (await lines.next()).value; };
}

//: big_heap
function big_heap(a, b) {
  const table = Array.from({ length: 20000 * ((b % 3) + 1) }, (_, i) => ({ value: i * a, text: 'value ' + i }));
  const sparse = [];
  sparse[a * 1e6] = 1;
  return (n) => {
    for (let i = n; i < table.length; i += 97) table[i] = { ...table[i], value: table[i].value + n };
    return [table.reduce((sum, row) => sum + row.value, 0), table.at(-1).text, sparse.length, Object.keys(sparse).length];
  };
}

//: growing_memory
function growing_memory(a, b) {
  const blocks = Array.from({ length: b + 10 }, (_, i) => new Uint8Array(a * 10000).fill(i));
  return (n) => {
    blocks.push(new Uint8Array(100000 * (n % 10)).fill(n));
    blocks.splice(n % blocks.length, 1);
    return [blocks.reduce((sum, block) => sum + block.length, 0), blocks.reduce((sum, block) => sum + (block[0] ?? 0), 0)];
  };
}

//: errors
function errors(a, b) {
  const kept = [];
  try { null.x(a); } catch (error) { kept.push(new Error('outer' + b, { cause: error })); }
  const rejected = Promise.reject(new RangeError('late' + a));
  rejected.catch(() => {});
  return async (n) => [kept[0].message, kept[0].cause.name, kept[0].stack.split('\n').length > 2, await rejected.catch((error) => String(error)),
    await Promise.any([Promise.reject(new Error()), n])];
}

//: diagnostics
function diagnostics(a, b) {
  const { performance, PerformanceObserver, monitorEventLoopDelay } = require('perf_hooks');
  const seen = [];
  new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => entry.name))).observe({ entryTypes: ['mark'] });
  performance.mark('init' + a);
  const delays = monitorEventLoopDelay({ resolution: b });
  delays.enable();
  return async (n) => {
    performance.mark('n' + n);
    await new Promise((done) => { setTimeout(done, 10); });
    return [seen, performance.measure('m', 'init' + a, 'n' + n).duration >= 0, delays.min >= 0];
  };
}

//: console_output
function console_output(a) {
  process.stdout.write('half a line ' + a);
  const { Console } = require('console');
  const own = new Console(process.stderr);
  return (n) => { console.log('step', n); own.group(); own.error('own'); return [process.stdout.fd, process.stdout.writableLength >= 0, process.stdin.fd]; };
}

//: listening_server refused
async function listening_server(a) {
  const server = require('http').createServer((request, response) => { response.end(request.url + a); });
  await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
  return async (n) => (await fetch('http://127.0.0.1:' + server.address().port + '/' + n)).text();
}

//: bound_socket refused
async function bound_socket(a) {
  const socket = require('dgram').createSocket('udp4');
  await new Promise((done) => { socket.bind(0, '127.0.0.1', done); });
  return (n) => new Promise((done) => {
    socket.once('message', (text) => done(String(text)));
    socket.send('m' + n * a, socket.address().port, '127.0.0.1');
  });
}

//: living_child refused
function living_child(a) {
  const cat = require('child_process').spawn('/bin/cat');
  return (n) => new Promise((done) => { cat.stdout.once('data', (data) => done(String(data))); cat.stdin.write('c' + n * a); });
}

//: watched_file refused
function watched_file(a) {
  const watcher = require('fs').watch('/usr');
  return (n) => [n * a, watcher.constructor.name];
}

//: open_temporary_file refused
function open_temporary_file(a) {
  const fs = require('fs');
  const fd = fs.openSync('/tmp/open', 'w+');
  fs.writeSync(fd, 'w' + a);
  return (n) => fs.readSync(fd, Buffer.alloc(10), 0, 10, 0) + n;
}
