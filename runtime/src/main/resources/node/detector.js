'use strict';
// What the clones of this process would share, or miss, and nobody can put right from outside the function.

const fs = require('fs');

const MOST = 40;
const LONGEST = 400;
const REOPEN = 'close it in a beforeCheckpoint hook and open it again in an afterRestore hook';

// Texts that each name an object and a remedy; bounded in number and length.
function inspect(connections, workers, buffers) {
  const found = [];
  const add = (what, remedy) => {
    const room = LONGEST - remedy.length - 2;
    found.push(((what.length > room ? what.slice(0, room - 1) + '…' : what) + '; ' + remedy).replaceAll('\0', '\\0'));
  };
  inspectHandles(new Set(connections.map((connection) => connection.handle)), add);
  inspectWorkers(workers, add);
  inspectResources(add);
  inspectDescriptors(connections.length, add);
  if (buffers > 0) {
    add(buffers + (buffers === 1 ? ' buffer' : ' buffers') + ' of random bytes drawn before the capture: every instance holds the same bytes',
      'draw secrets that must differ between instances in an afterRestore hook');
  }
  if (found.length > MOST) found.splice(MOST - 1, found.length, (found.length - MOST + 1) + ' further findings are not listed');
  return found;
}

function inspectHandles(ours, add) {
  for (const handle of process._getActiveHandles?.() ?? []) {
    const fd = handle.fd ?? handle._handle?.fd;
    if (ours.has(handle) || ours.has(handle._handle) || (fd >= 0 && fd <= 2)) continue;
    if (typeof handle.spawnfile === 'string') {
      add('child process ' + handle.pid + ' (' + handle.spawnfile + '): children are not cloned',
        'end and await it in a beforeCheckpoint hook, start it again in an afterRestore hook');
    } else if (typeof handle.remoteAddress === 'string') {
      add('a connection to ' + handle.remoteAddress + ' port ' + handle.remotePort + ': it cannot be cloned', REOPEN);
    } else if (handle.listening === true) {
      const address = handle.address();
      add('a server listening on ' + (address?.port === undefined ? String(address) : address.address + ' port ' + address.port)
        + ': instances cannot share it', REOPEN);
    } else if (handle.destroyed === false && handle._handle) {
      add('a connection on descriptor ' + fd + ': it cannot be cloned', REOPEN);
    }
  }
}

function inspectWorkers(workers, add) {
  for (const reference of workers) {
    const worker = reference.deref();
    if (worker !== undefined && worker.threadId >= 0) {
      add('worker thread ' + worker.threadId + ': its Math.random and process.pid are the same in every instance',
        'end it in a beforeCheckpoint hook and start it again in an afterRestore hook');
    }
  }
}

function inspectResources(add) {
  const counts = new Map();
  for (const name of process.getActiveResourcesInfo?.() ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  const timers = (counts.get('Timeout') ?? 0);
  if (timers > 0) {
    add(timers + (timers === 1 ? ' timer' : ' timers') + ' pending: overdue in every instance, and fired at once',
      'clear them in a beforeCheckpoint hook and set them again in an afterRestore hook');
  }
  for (const [name, count] of counts) {
    if (name.endsWith('Req') || name.endsWith('ReqWrap') || name.endsWith('Request')) {
      add(count + ' operation' + (count === 1 ? '' : 's') + ' under way (' + name + ')', 'await them in a beforeCheckpoint hook');
    }
  }
}

function inspectDescriptors(channels, add) {
  for (const name of fs.readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd < 3 + channels) continue;
    try {
      const target = fs.readlinkSync('/proc/self/fd/' + name);
      if (!fs.fstatSync(fd).isFile() || target.startsWith('/memfd:') || target.startsWith('/dev/')) continue;
      const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync('/proc/self/fdinfo/' + name, 'latin1'));
      const writable = (parseInt(flags?.[1] ?? '2', 8) & 3) !== 0;
      if (writable || target.endsWith(' (deleted)') || /^\/(var\/)?tmp\/|^\/dev\/shm\//.test(target)) {
        add('descriptor ' + name + ' is the open file ' + target + ': an instance has none of what was written before', REOPEN);
      }
    } catch (error) {
      // The descriptor of the listing itself is closed by now.
      if (error.code !== 'ENOENT' && error.code !== 'EBADF') throw error;
    }
  }
}

module.exports = { inspect };
