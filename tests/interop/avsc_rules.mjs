// Where avsc departs from the specification, and what it takes to teach it the rule; README.md here says what each rule is. A rule is taught only
// for a pair about which ours and avsc as it is disagree; the pair is then counted under the rule's name, and all is compared the same.

export const RULES = [
  'writer-union',
  'equal-unions',
  'own-type-first',
  'enum-symbols',
  'union-default',
  'two-fields-fit',
  'nested-default',
  'unfinished-default',
  'long-to-float',
  'utf-8',
];

// What avsc says of a default that needs a record whose fields it does not know yet.
export const UNFINISHED = /Cannot read properties of undefined \(reading '(length|map)'\)/;

const simple = (name) => name.split('.').at(-1);
const kind = (type) => type.typeName.replace('abstract:', '').replace('union:wrapped', 'union').replace('error', 'record');
const PROMOTIONS = { int: ['long', 'float', 'double'], long: ['float', 'double'], float: ['double'], string: ['bytes'], bytes: ['string'] };

const sameName = (writer, reader) => [reader.name, ...reader.aliases].some((name) => simple(name) === simple(writer.name));

// The specification's "match", which looks at names and items but not at fields and symbols; with promotions or without.
function matches(writer, reader, isOwn = false) {
  const [w, r] = [kind(writer), kind(reader)];
  if (w === 'union' || r === 'union') return true;
  if (w !== r) return !isOwn && (PROMOTIONS[w] ?? []).includes(r);
  switch (w) {
    case 'array': return matches(writer.itemsType, reader.itemsType, isOwn);
    case 'map': return matches(writer.valuesType, reader.valuesType, isOwn);
    case 'fixed': return writer.size === reader.size && sameName(writer, reader);
    case 'record': case 'enum': return sameName(writer, reader);
    default: return true;
  }
}

// The float nearest to a whole number, the even one of two: through double it would be rounded twice.
function nearestFloat(whole) {
  if (Number.isSafeInteger(Number(whole))) return Number(whole);
  const floats = new Float32Array([Number(whole)]);
  const bits = new Int32Array(floats.buffer);
  const away = (value) => { const far = whole - BigInt(value); return far < 0n ? -far : far; };
  let best = [floats[0], bits[0]];
  for (const step of [-1, 1]) {
    floats[0] = best[0];
    bits[0] += step;
    const [near, far] = [away(floats[0]), away(best[0])];
    if (near < far || (near === far && bits[0] % 2 === 0)) best = [floats[0], bits[0]];
  }
  return best[0];
}

let original;

export function relax(avro, rules) {
  const { Type } = avro;
  const { WrappedUnionType: Union, EnumType: Enum, RecordType: Record, FloatType: Float, DoubleType: Double } = avro.types;
  original ??= {
    create: Type.prototype.createResolver, union: Union.prototype._update, copy: Union.prototype._copy, symbols: Enum.prototype._update, fields: Record.prototype._copy,
    record: Record.prototype._update, float: Float.prototype._update, double: Double.prototype._update,
  };
  const teach = (rule, prototype, name, taught, plain) => { prototype[name] = rules.has(rule) ? taught : plain; };

  Type.prototype.createResolver = function (type, opts = {}) {
    opts.registry ??= {};
    return (Type.isType(type, 'union') && fromUnion(this, type, opts)) || original.create.call(this, type, opts);
  };

  function fromUnion(reader, writer, opts) {
    const equal = rules.has('equal-unions') && Type.isType(reader, 'union') && JSON.stringify(reader.schema()) === JSON.stringify(writer.schema());
    if (!equal && !rules.has('writer-union')) return null;
    let failure;
    const branches = writer.types.map((type, i) => {
      try {
        return equal ? inBranch(reader.types[i], type, opts) : reader.createResolver(type, opts);
      } catch (error) {
        if (!rules.has('writer-union')) throw error;
        failure = error;
        return null;
      }
    });
    if (branches.every((branch) => branch === null)) throw failure;
    return resolver(reader, (tap) => {
      const branch = branches[tap.readLong()];
      if (!branch) throw new Error('no such branch, or one that the reader can\'t read');
      return branch._read(tap);
    });
  }

  const resolver = (reader, read) => ({ _readerType: reader, _read: read, _peek: Type.prototype._peek });

  function inBranch(reader, writer, opts) {
    const inner = reader.createResolver(writer, opts);
    const Branch = reader._branchConstructor;
    return resolver(reader, Branch ? (tap) => new Branch(inner._read(tap)) : () => null);
  }

  teach('own-type-first', Union.prototype, '_update', function (target, type, opts) {
    const branch = this.types.find((candidate) => matches(type, candidate, true)) ?? this.types.find((candidate) => matches(type, candidate));
    if (branch) target._read = inBranch(branch, type, opts)._read;
  }, original.union);

  teach('union-default', Union.prototype, '_copy', function (value, opts) {
    if (opts?.wrap !== 2) return original.copy.call(this, value, opts);
    for (const type of this.types) {
      if (kind(type) === 'null' && value === null) return null;
      if (['bytes', 'fixed'].includes(kind(type)) && /[^\0-\xff]/.test(value)) continue;
      if (kind(type) === 'record' && (typeof value !== 'object' || value === null || Array.isArray(value))) continue;
      try {
        return new type._branchConstructor(type._copy(value, opts));
      } catch (error) {
        if (UNFINISHED.test(error.message)) throw error;
      }
    }
    throw new Error('no branch has such a value');
  }, original.copy);

  teach('nested-default', Record.prototype, '_copy', function (value, opts) {
    if (opts?.wrap !== 2) return original.fields.call(this, value, opts);
    const isLeftOut = (field) => value[field.name] === undefined && Object.hasOwn(field, 'defaultValue');
    if (this.fields.length === 0) return new this.recordConstructor();
    return new this.recordConstructor(...this.fields.map((field) => (isLeftOut(field) ? field.defaultValue() : field.type._copy(value[field.name], opts))));
  }, original.fields);

  teach('enum-symbols', Enum.prototype, '_update', function (target, type) {
    if (kind(type) !== 'enum' || !sameName(type, this)) return;
    target._read = (tap) => {
      const symbol = type.symbols[tap.readLong()];
      const known = this.symbols.includes(symbol) ? symbol : this.default;
      if (known === undefined) throw new Error('no such symbol');
      return known;
    };
  }, original.symbols);

  // A field that the writer has under the reader's own name needs no alias; each of the writer's fields goes to one field, by an alias first.
  teach('two-fields-fit', Record.prototype, '_update', function (target, type, opts) {
    if (kind(type) !== 'record') return original.record.call(this, target, type, opts);
    const names = new Set(type.fields.map((field) => field.name));
    const taken = new Map();
    for (const field of this.fields) {
      const alias = names.has(field.name) ? undefined : field.aliases.find((one) => names.has(one) && !taken.has(one));
      if (alias !== undefined) taken.set(alias, field.name);
    }
    for (const field of this.fields) if (names.has(field.name) && !taken.has(field.name)) taken.set(field.name, field.name);
    const renamed = { ...type, typeName: type.typeName, fields: type.fields.map((field, i) => ({ name: taken.get(field.name) ?? `-${i}`, type: field.type })) };
    const aliases = this.fields.map((field) => field.aliases.splice(0));
    try {
      return original.record.call(this, target, renamed, opts);
    } finally {
      this.fields.forEach((field, i) => field.aliases.push(...aliases[i]));
    }
  }, original.record);

  for (const [prototype, plain, round] of [[Float.prototype, original.float, nearestFloat], [Double.prototype, original.double, Number]]) {
    teach('long-to-float', prototype, '_update', function (target, type, opts) {
      if (kind(type) === 'long') target._read = (tap) => round(type._read(tap));
      else plain.call(this, target, type, opts);
    }, plain);
  }
}
