// Drives the sandbox through HubSpot's Node SDK, and prints one JSON object: what each step answered.
// Usage: node drive.js URL TOKEN
const { Client } = require("@hubspot/api-client");

const [url, token] = process.argv.slice(2);
const client = new Client({ basePath: url, accessToken: token });
const { tickets, objects, associations, pipelines, properties, owners, companies } = client.crm;

async function refused(call) {
  try {
    await call();
    return null;
  } catch (error) {
    return { status: error.code, category: error.body.category, correlated: error.body.correlationId === error.headers["x-hubspot-correlation-id"] };
  }
}

async function steps() {
  const seen = {};
  const fresh = { subject: "From Node", hs_pipeline: "0", hs_pipeline_stage: "1" };
  const made = await tickets.basicApi.create({ properties: fresh, associations: [] });
  seen.made = { id: made.id, isDate: made.createdAt instanceof Date, subject: made.properties.subject };
  await tickets.basicApi.update(made.id, { properties: { hs_pipeline_stage: "4" } });
  const read = await tickets.basicApi.getById(made.id, ["hs_is_closed"], ["hs_pipeline_stage"], undefined, false);
  seen.closed = read.properties.hs_is_closed;
  seen.stages = read.propertiesWithHistory.hs_pipeline_stage.map((one) => one.value);
  const several = await tickets.batchApi.create({ inputs: [1, 2, 3].map((n) => ({ properties: { ...fresh, subject: `Batch ${n}` }, associations: [] })) });
  const ids = several.results.map((one) => one.id);
  seen.batch = several.status;
  const some = await tickets.batchApi.read({ inputs: [...ids, "1"].map((id) => ({ id })), properties: ["subject"], propertiesWithHistory: [] });
  seen.some = { found: some.results.length, errors: some.errors.map((one) => [one.category, one.context.ids]) };
  const traced = await tickets.batchApi.update({
    inputs: [
      { id: ids[0], properties: { subject: "Changed" }, objectWriteTraceId: "a" },
      { id: ids[1], properties: { hs_pipeline_stage: "nowhere" }, objectWriteTraceId: "b" },
    ],
  });
  seen.traced = { changed: traced.results.map((one) => one.id === ids[0]), refused: traced.errors.map((one) => one.context.objectWriteTraceId) };
  const found = await tickets.searchApi.doSearch({
    filterGroups: [{ filters: [{ propertyName: "subject", operator: "CONTAINS_TOKEN", value: "batch" }] }],
    sorts: ["-hs_object_id"], properties: ["subject"], limit: 1, after: "",
  });
  const left = [...ids].filter((id) => id !== ids[0]).sort((a, b) => a - b);
  seen.found = { total: found.total, after: found.paging.next.after, newestFirst: found.results[0].id === left.at(-1) };
  const page = await tickets.basicApi.getPage(2, undefined, ["subject"], undefined, ["companies"], false);
  seen.page = { rows: page.results.length, next: Boolean(page.paging.next.after) };
  seen.all = (await companies.getAll()).length;
  const task = await objects.tasks.basicApi.create({
    properties: { hs_task_subject: "Call", hs_timestamp: "2026-11-23T12:00:00Z" },
    associations: [{ to: { id: made.id }, types: [{ associationCategory: "HUBSPOT_DEFINED", associationTypeId: 230 }] }],
  });
  const linked = await associations.v4.batchApi.getPage("tickets", "tasks", { inputs: [{ id: made.id }] });
  seen.linked = linked.results[0].to.map((one) => String(one.toObjectId) === task.id);
  seen.pipelines = (await pipelines.pipelinesApi.getAll("tickets")).results.map((one) => one.label);
  const definition = { name: "from_node", label: "From Node", type: "string", fieldType: "text", groupName: "ticketinformation" };
  seen.defined = (await properties.coreApi.create("tickets", definition)).name;
  seen.twice = await refused(() => properties.coreApi.create("tickets", definition));
  seen.owners = (await owners.ownersApi.getPage(undefined, undefined, 500, false)).results.length;
  seen.conversation = await conversation();
  await tickets.basicApi.archive(made.id);
  seen.gone = await refused(() => tickets.basicApi.getById(made.id));
  const raw = await client.apiRequest({ path: "/account-info/v3/details" });
  seen.portal = (await raw.json()).portalId;
  return seen;
}

async function conversation() {
  const ask = async (path, more) => (await client.apiRequest({ path: `/conversations/v3/conversations${path}`, ...more })).json();
  const [thread] = (await ask("/threads?limit=1&association=TICKET")).results;
  const path = `/threads/${thread.id}`;
  const before = (await ask(`${path}/messages?sort=createdAt`)).results;
  const comment = await ask(`${path}/messages`, { method: "POST", body: { type: "COMMENT", text: "From Node" } });
  const newest = (await ask(`${path}/messages?limit=1`)).results[0];
  const closed = await ask(path, { method: "PATCH", body: { status: "CLOSED" } });
  const actors = await ask("/actors/batch/read", { method: "POST", body: { inputs: ["L-3200001", "S-hubspot"] } });
  return {
    onTicket: Boolean(thread.threadAssociations.associatedTicketId), first: before[0].direction,
    comment: newest.id === comment.id && newest.text, status: closed.status, actors: actors.results.map((one) => one.type),
  };
}

steps().then((seen) => console.log(JSON.stringify(seen)), (error) => { console.error(error); process.exit(1); });
