// A schema registry with GUIDs where the real one gives none (Apicurio, Confluent before 8.0), so that what writes and reads GUIDs can be tried.
//   node guid_front.mjs REGISTRY    prints its own URL; ends with its parent, or when killed
// Everything is asked of the real registry. Only the GUIDs are made here: an answer that holds an id gets one that is derived from it, and
// schemas/guids/{guid} becomes schemas/ids/{id}.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const registry = process.argv[2].replace(/\/$/, '');
const ids = new Map();

function guidOf(id) {
  const hex = createHash('md5').update(`schema ${id}`).digest('hex');
  const guid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  ids.set(guid, id);
  return guid;
}

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let path = request.url;
  const byGuid = /^\/schemas\/guids\/([^?]+)/.exec(path);
  if (byGuid) {
    if (!ids.has(byGuid[1].toLowerCase())) return [404, { error_code: 40403, message: 'Schema not found' }];
    path = `/schemas/ids/${ids.get(byGuid[1].toLowerCase())}`;
  }
  const type = request.headers['content-type'];
  const response = await fetch(registry + path, { method: request.method, headers: type ? { 'content-type': type } : {}, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined });
  const body = JSON.parse((await response.text()) || 'null');
  const id = body?.id ?? Number(/^\/schemas\/ids\/(\d+)$/.exec(path.split('?')[0])?.[1] ?? NaN);
  return [response.status, response.ok && Number.isInteger(id) ? { ...body, guid: guidOf(id) } : body];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => [502, { error_code: 50001, message: String(error) }]);
  response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body));
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
