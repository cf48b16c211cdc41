'use strict';
// What a function says about becoming a template: `require('instar')`, or `import` of it.

const before = [];
const after = [];

function register(hooks, hook) {
  if (typeof hook !== 'function') throw new TypeError('a hook must be a function, not ' + typeof hook);
  hooks.push(hook);
}

// Has `hook` called, and its promise awaited, before the process is captured; last registered first.
exports.beforeCheckpoint = (hook) => register(before, hook);

// Has `hook` called, and its promise awaited, in every instance before its first call; first registered first.
exports.afterRestore = (hook) => register(after, hook);

// For the shim: the hooks in the order of their registration.
Object.defineProperty(exports, Symbol.for('instar.hooks'), { value: { before, after } });
