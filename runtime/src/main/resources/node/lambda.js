'use strict';
// AWS Lambda handlers: exports.handler = (event, context[, callback]); and SeBS's exports.handler = async (event).

const JSON_TYPE = [['content-type', 'application/json']];
const BINARY = /^(image|audio|video|font|multipart)\/|^application\/(octet-stream|zip|gzip|pdf|x-protobuf)/i;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function setEnvironment(settings, handler) {
  Object.assign(process.env, {
    AWS_LAMBDA_FUNCTION_NAME: settings.function ?? '',
    AWS_LAMBDA_FUNCTION_VERSION: settings.version || '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: settings['memory-mib'] ?? '128',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/' + (settings.function ?? ''),
    AWS_LAMBDA_LOG_STREAM_NAME: settings.instance ?? '',
    AWS_LAMBDA_INITIALIZATION_TYPE: settings.template ? 'snap-start' : 'on-demand',
    LAMBDA_TASK_ROOT: process.cwd(),
    _HANDLER: handler,
  });
}

function contextOf(settings, head, callback) {
  const deadline = Number(head[5]);
  return {
    awsRequestId: head[0],
    callbackWaitsForEmptyEventLoop: true,
    functionName: settings.function ?? '',
    functionVersion: settings.version || '$LATEST',
    memoryLimitInMB: settings['memory-mib'] ?? '128',
    invokedFunctionArn: 'arn:aws:lambda:local:' + (settings.namespace ?? '') + ':function:' + (settings.function ?? ''),
    logGroupName: '/aws/lambda/' + (settings.function ?? ''),
    logStreamName: settings.instance ?? '',
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
    done: callback,
    succeed: (value) => callback(null, value),
    fail: (error) => callback(error ?? new Error('the handler called context.fail()')),
  };
}

// The event of an HTTP request, payload format 2.0.
function httpEvent(head, body) {
  const [callId, method, path, query, address] = head;
  const headers = {};
  const cookies = [];
  for (let i = 7; i < head.length; i += 2) {
    const name = head[i].toLowerCase();
    if (name === 'cookie') cookies.push(...head[i + 1].split(';').map((part) => part.trim()));
    else headers[name] = headers[name] === undefined ? head[i + 1] : headers[name] + ',' + head[i + 1];
  }
  const host = headers.host ?? '';
  const now = new Date();
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'instar',
      domainName: host,
      domainPrefix: host.split('.')[0],
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: address, userAgent: headers['user-agent'] ?? '' },
      requestId: callId,
      routeKey: '$default',
      stage: '$default',
      time: clfTime(now),
      timeEpoch: now.getTime(),
    },
    isBase64Encoded: false,
  };
  if (cookies.length > 0) event.cookies = cookies;
  if (query !== '') event.queryStringParameters = parameters(query);
  if (body.length > 0) [event.body, event.isBase64Encoded] = bodyText(headers, body);
  return event;
}

function clfTime(now) {
  const two = (number) => String(number).padStart(2, '0');
  return two(now.getUTCDate()) + '/' + MONTHS[now.getUTCMonth()] + '/' + now.getUTCFullYear() + ':' + two(now.getUTCHours())
    + ':' + two(now.getUTCMinutes()) + ':' + two(now.getUTCSeconds()) + ' +0000';
}

function parameters(query) {
  const all = {};
  for (const [name, value] of new URLSearchParams(query)) all[name] = Object.hasOwn(all, name) ? all[name] + ',' + value : value;
  return all;
}

function bodyText(headers, body) {
  if (!BINARY.test(headers['content-type'] ?? '') && headers['content-encoding'] === undefined) {
    try {
      return [new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), false];
    } catch {
      // Not text, whatever it says.
    }
  }
  return [body.toString('base64'), true];
}

function jsonEvent(head, body, BadRequest) {
  if (body.length === 0) return parameters(head[3]);
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new BadRequest('the request body is not JSON: ' + error.message);
  }
}

function jsonReply(value) {
  return { status: 200, headers: JSON_TYPE, body: Buffer.from(JSON.stringify(value) ?? 'null') };
}

// The reply to an HTTP request: {statusCode, headers, cookies, body, isBase64Encoded}, or a bare value.
function httpReply(result) {
  if (typeof result === 'string') return { status: 200, headers: JSON_TYPE, body: Buffer.from(result) };
  if (result === null || typeof result !== 'object' || result.statusCode === undefined) return jsonReply(result);
  const headers = [...Object.entries(result.headers ?? {}), ...Object.entries(result.multiValueHeaders ?? {})];
  for (const cookie of result.cookies ?? []) headers.push(['set-cookie', cookie]);
  const value = result.body;
  if (value === undefined || value === null) return { status: result.statusCode, headers, body: Buffer.alloc(0) };
  let body;
  if (result.isBase64Encoded) body = Buffer.from(String(value), 'base64');
  else if (Buffer.isBuffer(value)) body = value;
  else body = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) headers.push(...JSON_TYPE);
  return { status: result.statusCode, headers, body };
}

// Calls a handler in any of its styles: a promise, the callback, or the context's methods.
function invoke(handler, event, head, settings) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    const result = handler(event, contextOf(settings, head, callback), callback);
    if (typeof result?.then === 'function') result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });
}

function responder(settings, convention, handler, name, BadRequest) {
  if (convention === 'lambda') {
    settings.handlerName = name;
    setEnvironment(settings, name);
  }
  return async (head, body) => {
    if (convention === 'lambda' && head[6] === 'http') {
      return httpReply(await invoke(handler, httpEvent(head, body), head, settings));
    }
    const result = await invoke(handler, jsonEvent(head, body, BadRequest), head, settings);
    if (convention === 'sebs' && Buffer.isBuffer(result)) {
      return { status: 200, headers: [['content-type', 'application/octet-stream']], body: result };
    }
    return jsonReply(result);
  };
}

module.exports = { responder, setEnvironment };
