'use strict';
// OpenFaaS handlers: module.exports = async (event, context[, callback]).

class FunctionEvent {
  constructor(head, body) {
    this.method = head[1];
    this.path = head[2];
    this.headers = headersOf(head);
    this.rawQuery = head[3];
    this.callId = head[0];
    this.body = body;
  }

  get query() {
    const query = {};
    for (const [name, value] of new URLSearchParams(this.rawQuery)) {
      if (!Object.hasOwn(query, name)) query[name] = value;
      else query[name] = [].concat(query[name], value);
    }
    Object.defineProperty(this, 'query', { value: query, writable: true });
    return query;
  }
}

class FunctionContext {
  constructor(done) {
    this.statusCode = 200;
    this.headerValues = {};
    this.done = done;
  }

  status(code) {
    if (code === undefined) return this.statusCode;
    this.statusCode = code;
    return this;
  }

  headers(values) {
    if (values === undefined) return this.headerValues;
    this.headerValues = values;
    return this;
  }

  succeed(value) {
    this.done(null, value);
  }

  fail(error) {
    this.done(error ?? new Error('the handler called context.fail()'));
  }
}

// Header names in lower case, as Node has them.
function headersOf(head) {
  const headers = {};
  for (let i = 7; i < head.length; i += 2) {
    const name = head[i].toLowerCase();
    headers[name] = headers[name] === undefined ? head[i + 1] : headers[name] + ', ' + head[i + 1];
  }
  return headers;
}

// The body as the content type says: JSON and forms parsed, text as a string, all else as bytes.
function parseBody(headers, body, BadRequest) {
  if (process.env.RAW_BODY === 'true') return body;
  const type = (headers['content-type'] ?? 'text/plain').split(';')[0].trim().toLowerCase();
  if (type === 'application/json' || type.endsWith('+json')) {
    if (body.length === 0) return {};
    try {
      return JSON.parse(body.toString());
    } catch (error) {
      throw new BadRequest('the request body is not JSON: ' + error.message);
    }
  }
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body.toString()));
  if (type.startsWith('text/')) return body.toString();
  return body;
}

// Bytes or a stream for what a handler returned, and the content type that goes with it.
function content(value) {
  if (value === undefined || value === null) return [Buffer.alloc(0), ''];
  if (Buffer.isBuffer(value)) return [value, 'application/octet-stream'];
  if (value instanceof Uint8Array) return [Buffer.from(value.buffer, value.byteOffset, value.byteLength), 'application/octet-stream'];
  if (typeof value === 'string') return [Buffer.from(value), 'text/plain; charset=utf-8'];
  if (typeof value[Symbol.asyncIterator] === 'function') return [value, 'application/octet-stream'];
  return [Buffer.from(JSON.stringify(value) ?? ''), 'application/json'];
}

function responder(settings, convention, handler, name, BadRequest) {
  return (head, body) => new Promise((resolve, reject) => {
    const event = new FunctionEvent(head, body);
    event.body = parseBody(event.headers, body, BadRequest);
    const context = new FunctionContext((error, value) => {
      if (error) return reject(error);
      try {
        const [bytes, type] = content(value);
        const headers = Object.entries(context.headers());
        if (type && !headers.some(([name]) => name.toLowerCase() === 'content-type')) headers.push(['content-type', type]);
        resolve({ status: context.status(), headers, body: bytes });
      } catch (problem) {
        reject(problem);
      }
    });
    const result = handler(event, context, context.done);
    // Whoever was first answers: the context, the callback, or the value. Only a handler that takes the callback may
    // return before it answers.
    if (typeof result?.then === 'function') result.then((value) => context.succeed(value), reject);
    else if (result !== undefined || handler.length < 3) context.succeed(result);
  });
}

module.exports = { responder };
