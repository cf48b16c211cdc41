// Answers expressions with their values.
const lines = require('readline').createInterface({ input: process.stdin });
const blob = Buffer.alloc(1 << 20, 'instar');
lines.on('line', (line) => console.log(String(eval(line))));
console.log('ready');
