// npm's avsc as a second opinion: see run-avsc and README.md here.
//   node avsc_files.mjs write FOLDER    reads pairs.jsonl, writes theirs.jsonl: data that avsc makes and encodes for each writer's schema
//   node avsc_files.mjs judge FOLDER    compares outcomes.jsonl (ours) with what avsc makes of the same data: exit 1 on a difference
// The packages lie where NODE_MODULES_DIR says.
import { createRequire } from 'node:module';
import { readFileSync, writeFileSync } from 'node:fs';
import { RULES, UNFINISHED, relax } from './avsc_rules.mjs';

const [verb, folder] = process.argv.slice(2);
const require = createRequire(`${process.env.NODE_MODULES_DIR}/`);
const avro = require('avsc');
const { Lcg } = require('avsc/lib/utils');

// avsc's random values from seeds of ours, one per value: recursive types may end in an overflow of the stack, at any depth.
let state = 0;
Lcg.prototype.nextFloat = function (start, end) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const [low, high] = end === undefined ? [0, start ?? 1] : [start, end];
  return low + ((high - low) * state) / 2 ** 32;
};
Lcg.prototype.nextBoolean = function () { return this.nextFloat() < 0.5; };

// 64 bits: avsc's way of reading longs that a JavaScript number can't hold.
const long = avro.types.LongType.__with({
  fromBuffer: (bytes) => bytes.readBigInt64LE(),
  toBuffer: (value) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64LE(value); return bytes; },
  fromJSON: (value) => { if (typeof value !== 'bigint' && !Number.isInteger(value)) throw new Error('no long'); return BigInt(value); },
  toJSON: Number,
  isValid: (value) => typeof value === 'bigint' && value === BigInt.asIntN(64, value),
  compare: (left, right) => (left < right ? -1 : left > right ? 1 : 0),
});
const parse = (schema) => avro.Type.forSchema(schema, { wrapUnions: true, registry: { long } });
const lines = (name) => readFileSync(`${folder}/${name}`, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const attempt = (action) => { try { return { value: action() }; } catch (error) { return { error: error.message }; } };

// Ours takes 64 levels of records, arrays and maps.
const depth = (value) => (value !== null && typeof value === 'object' && !Buffer.isBuffer(value) ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0);

function write() {
  const made = lines('pairs.jsonl').map((pair) => {
    const type = parse(pair.writer);
    // Random values of recursive types may be deep, or not end.
    const values = [1, 2].map((nth) => { state = Math.imul(pair.seed, 7919) + nth * 104729; return attempt(() => type.random()).value; }).filter((value) => value !== undefined && depth(value) < 64);
    return JSON.stringify({ data: values.map((value) => type.toBuffer(value).toString('hex')).filter((hex) => hex.length < 100000) });
  });
  writeFileSync(`${folder}/theirs.jsonl`, made.join('\n') + '\n');
}

// What avsc makes of a pair: why it refuses it, or for every message its value under the reader's schema in hex, or why it can't be read.
function resolve(pair, data, rules) {
  relax(avro, rules);
  try {
    const writer = parse(pair.writer);
    const made = attempt(() => { const reader = parse(pair.reader); return [reader, reader.createResolver(writer, { ignoreNamespaces: true })]; });
    if (made.error) return { refused: made.error };
    const [reader, resolver] = made.value;
    return { reader, resolved: data.map((hex) => attempt(() => reader.toBuffer(reader.fromBuffer(Buffer.from(hex, 'hex'), resolver)).toString('hex'))) };
  } finally {
    relax(avro, new Set());
  }
}

// Null where ours and theirs agree.
function difference(ours, theirs, rules) {
  if (rules.has('unfinished-default') && !ours.refused && UNFINISHED.test(theirs.refused)) return null;
  if (theirs.refused || ours.refused) {
    return !theirs.refused === !ours.refused ? null : `ours ${ours.refused ? 'refuses: ' + ours.refused : 'resolves'}, avsc ${theirs.refused ? 'refuses: ' + theirs.refused : 'resolves'}`;
  }
  for (let i = 0; i < ours.resolved.length; i++) {
    const [our, their] = [ours.resolved[i], theirs.resolved[i]];
    if (our.error && their.error || our === their.value) continue;
    // Text that is no UTF-8 is refused by ours and repaired by avsc.
    if (our.error === 'InvalidUtf8' && rules.has('utf-8') && Buffer.from(their.value, 'hex').includes('\ufffd')) continue;
    return `message ${i}: ours ${our.text ?? our}, avsc ${their.error ?? their.value}`;
  }
  return null;
}

// Rules of the specification that avsc must be taught for both to agree, none of them for nothing; null where all do not help.
function explain(pair, data, ours) {
  const differs = (names) => difference(ours, resolve(pair, data, new Set(names)), new Set(names));
  const first = differs([]);
  if (first === null) return { rules: [] };
  let rules = RULES;
  const last = differs(rules);
  if (last !== null) return { first: `${first}\n  with all rules taught: ${last}` };
  for (const rule of rules) {
    const fewer = rules.filter((one) => one !== rule);
    if (differs(fewer) === null) rules = fewer;
  }
  return { rules };
}

// avsc's own resolution asks that every message can be read, as the check of compatibility does. Null where both agree.
function disagreement(pair, ours, counts) {
  const avsc = resolve(pair, [], new Set(['union-default', 'nested-default', 'two-fields-fit'])).refused;
  if (ours.incompatible === undefined || UNFINISHED.test(avsc)) return null;
  if (!avsc === (ours.incompatible.length === 0)) {
    counts[avsc ? 'incompatible' : 'compatible']++;
    return null;
  }
  return `compatibility: ours ${ours.incompatible.length === 0 ? 'compatible' : ours.incompatible.join('; ')}, avsc ${avsc ?? 'compatible'}`;
}

function judge() {
  const counts = { resolved: 0, refused: 0, excluded: 0, failed: 0, messages: 0, unreadable: 0, compatible: 0, incompatible: 0 };
  const excluded = {};
  const theirs = lines('theirs.jsonl');
  const outcomes = lines('outcomes.jsonl');
  lines('pairs.jsonl').forEach((pair, i) => {
    const ours = outcomes[i];
    const data = [...pair.ours, ...theirs[i].data];
    const writer = parse(pair.writer);
    let failure = null;
    if (JSON.stringify(writer.schema()) !== ours.writer) failure = `canonical form: ours ${ours.writer}, avsc ${JSON.stringify(writer.schema())}`;
    data.forEach((hex, n) => {
      const read = attempt(() => writer.toBuffer(writer.fromBuffer(Buffer.from(hex, 'hex'))).toString('hex'));
      if (read.value !== hex || ours.plain[n] !== hex) failure ??= `message ${n} without resolution: ours ${JSON.stringify(ours.plain[n])}, avsc ${JSON.stringify(read)}`;
    });
    failure ??= disagreement(pair, ours, counts);
    const { rules, first } = failure ? {} : explain(pair, data, ours);
    if (failure || !rules) {
      if (counts.failed++ < 5) console.error(`seed ${pair.seed}: ${failure ?? first}\n  writer ${JSON.stringify(pair.writer)}\n  reader ${JSON.stringify(pair.reader)}\n  edits ${pair.edits}`);
      return;
    }
    if (rules.length > 0) {
      counts.excluded++;
      for (const rule of rules) excluded[rule] = (excluded[rule] ?? 0) + 1;
    } else if (ours.refused) counts.refused++;
    else counts.resolved++;
    for (const outcome of ours.resolved ?? []) counts[outcome.error ? 'unreadable' : 'messages']++;
  });
  console.log(`${outcomes.length} pairs: ${counts.resolved} resolved alike, ${counts.refused} refused alike, ${counts.excluded} alike once avsc was taught a rule, ${counts.failed} different`);
  console.log(`${counts.messages} messages with equal values, ${counts.unreadable} that can't be read`);
  console.log(`${counts.compatible} pairs compatible alike, ${counts.incompatible} incompatible alike`);
  console.log(`taught: ${RULES.map((rule) => `${rule} ${excluded[rule] ?? 0}`).join(', ')}`);
  const plainly = counts.resolved + counts.refused;
  if (plainly < outcomes.length / 3) console.error('avsc had to be taught too often: that proves little');
  return counts.failed === 0 && plainly >= outcomes.length / 3 ? 0 : 1;
}

process.exit(verb === 'write' ? (write(), 0) : judge());
