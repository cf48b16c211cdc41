// What ordinary Node functions do; prints one line per thing that worked, and fails loudly otherwise.
'use strict';
const assert = require('node:assert');
const { spawn, execFileSync, fork } = require('node:child_process');
const crypto = require('node:crypto');
const dns = require('node:dns').promises;
const dgram = require('node:dgram');
const fs = require('node:fs');
const http = require('node:http');
const http2 = require('node:http2');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const zlib = require('node:zlib');
const { promisify } = require('node:util');

async function files() {
  const directory = await fs.promises.mkdtemp(path.join(os.tmpdir(), 'everyday-'));
  const file = path.join(directory, 'file');
  await fs.promises.writeFile(file, 'x'.repeat(100000));
  await fs.promises.copyFile(file, file + '-copy');
  await fs.promises.cp(directory, directory + '-tree', { recursive: true });
  const changed = new Promise((resolve) => {
    const watcher = fs.watch(directory, () => { watcher.close(); resolve(); });
  });
  await fs.promises.appendFile(file, 'y');
  await changed;
  await fs.promises.symlink(file, file + '-link');
  await fs.promises.utimes(file, 1, 1);
  await fs.promises.truncate(file, 10);
  assert.strictEqual((await fs.promises.stat(file)).size, 10);
  await new Promise((resolve, reject) => fs.createReadStream(file).pipe(fs.createWriteStream(file + '-piped'))
    .on('finish', resolve).on('error', reject));
  assert.ok(fs.statfsSync(directory).bsize);
  await fs.promises.rm(directory, { recursive: true });
  await fs.promises.rm(directory + '-tree', { recursive: true });
}

async function workers() {
  await Promise.all([1, 2, 3].map((n) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename);
    worker.on('message', (reply) => { assert.strictEqual(reply, n * 2); resolve(worker.terminate()); });
    worker.on('error', reject);
    worker.postMessage(n);
  })));
}

async function processes() {
  assert.strictEqual(execFileSync('/bin/echo', ['x']).toString(), 'x\n');
  await new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', 'cat; exit 3'], { detached: true });
    child.stdin.end('input');
    child.on('exit', (code) => (code === 3 ? resolve() : reject(new Error('exit ' + code))));
    child.stdout.resume();
  });
  const child = fork(__filename, ['child'], { execPath: process.execPath });
  const message = await new Promise((resolve, reject) => { child.on('message', resolve); child.on('error', reject); });
  assert.strictEqual(message, 'from child');
}

async function network() {
  const server = http.createServer((request, response) => response.end('served')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.on('listening', resolve));
  const reply = await fetch('http://127.0.0.1:' + server.address().port + '/');
  assert.strictEqual(await reply.text(), 'served');
  server.closeAllConnections();
  server.close();
  const socket = path.join(os.tmpdir(), 'everyday-' + process.pid + '.sock');
  const unix = net.createServer((connection) => connection.end('unix')).listen(socket);
  await new Promise((resolve, reject) => net.connect(socket).on('data', resolve).on('error', reject));
  unix.close();
  const udp = dgram.createSocket('udp4');
  await new Promise((resolve) => udp.bind(0, '127.0.0.1', resolve));
  udp.send('self', udp.address().port, '127.0.0.1');
  await new Promise((resolve) => udp.on('message', resolve));
  udp.close();
  assert.ok((await dns.lookup('localhost')).address);
  assert.ok(os.networkInterfaces().lo);
  http2.createServer().listen(0, '127.0.0.1', function () { this.close(); });
}

async function system() {
  assert.ok(crypto.randomUUID() && crypto.randomBytes(8));
  await promisify(crypto.pbkdf2)('a', 'b', 1000, 32, 'sha256');
  crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  assert.ok((await promisify(zlib.gzip)('x'.repeat(10000))).length < 1000);
  assert.ok(os.cpus().length && os.loadavg() && os.totalmem() && os.userInfo && process.memoryUsage().rss);
  os.setPriority(os.getPriority());
  process.title = 'everyday';
  process.once('SIGUSR2', () => {});
  process.kill(process.pid, 'SIGUSR2');
  await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  let sum = 0;
  for (let i = 0; i < 5e6; i++) sum += i ^ (i >> 3);
  assert.ok(sum > 0 && global.gc === undefined);
}

async function main() {
  for (const part of [files, workers, processes, network, system]) {
    await part();
    console.log(part.name);
  }
}

if (!isMainThread) {
  parentPort.on('message', (n) => parentPort.postMessage(n * 2));
} else if (process.argv[2] === 'child') {
  process.send('from child', () => process.disconnect());
} else {
  main().catch((error) => { console.error(error); process.exit(1); });
}
