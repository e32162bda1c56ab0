// The three pages by Mercurius with graphql-jit: its loaders, one prepared statement a level, and the gateway's own schema and scopes.
//
// `node server.mjs`, with PORT, DATABASE (the address of a PostgreSQL) and SCHEMA (the file of the schema) in the environment.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'
import { read, write } from './ids.mjs'

const { PORT, DATABASE, SCHEMA, POOL } = process.env

// Instants as the gateway writes them: PostgreSQL's `2026-01-02 03:04:05+00` is `2026-01-02T03:04:05+00:00`.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => `${text.slice(0, 10)}T${text.slice(11)}:00`)
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
const pool = new pg.Pool({ connectionString: DATABASE, max: Number(POOL), options: '-c TimeZone=UTC' })
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows

// Who asks. Without a login nothing is there.
async function actorOf(authorization) {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1]
  if (!token) return null
  const digest = createHash('sha256').update(token).digest()
  const [found] = await rows(
    'actor',
    `SELECT sessions.user_id, users.role FROM sessions JOIN users ON users.id = sessions.user_id
     WHERE sessions.token_hash = $1 AND sessions.expires_at > $2 AND users.disabled_at IS NULL`,
    [digest, new Date()],
  )
  return found ? { user: found.user_id, isStaff: found.role !== 'APPLICANT' } : null
}

// The scopes: which rows an actor may see. An applicant's predicate ends in the next parameter, the user.
const held = (parameter) => `IN (SELECT facility_id FROM facility_members WHERE user_id = ${parameter})`
const SENT_AS_EVIDENCE = `
  EXISTS (SELECT 1 FROM start_of_use_applications WHERE application_id = attachments.application_id AND method = 'DOCUMENT_EVIDENCE')
  AND EXISTS (SELECT 1 FROM applications WHERE id = attachments.application_id AND submitted_at IS NOT NULL)`

// A statement for each standing, with what it is given: staff need not say who they are.
function scoped(name, text, staff, applicant) {
  const forStaff = text.replace('SCOPE', staff)
  const forApplicant = text.replace('SCOPE', applicant)
  return ({ actor }, ...values) => {
    if (!actor) throw new mercurius.ErrorWithProps('a login is needed', { code: 'UNAUTHENTICATED' })
    return actor.isStaff
      ? rows(`${name}-staff`, forStaff, values)
      : rows(`${name}-applicant`, forApplicant, [...values, actor.user])
  }
}

const FACILITY = 'SELECT id, kind, code, name, prefecture FROM facilities WHERE SCOPE AND'
const APPLICATION = `SELECT id, number, facility_id, status, version, created_at, submitted_at, decided_at FROM applications
  WHERE SCOPE AND`

const facilities = scoped('facilities', `${FACILITY} id = ANY($1)`, 'true', `id ${held('$2')}`)
const applications = scoped('applications', `${APPLICATION} id = ANY($1)`, 'submitted_at IS NOT NULL', `facility_id ${held('$2')}`)
const newest = scoped(
  'newest',
  `SELECT page.* FROM unnest($1::uuid[]) AS facility, LATERAL (${APPLICATION} facility_id = facility
   ORDER BY created_at DESC, id DESC LIMIT $2) AS page ORDER BY created_at DESC, id DESC`,
  'submitted_at IS NOT NULL',
  `facility_id ${held('$3')}`,
)
const attachments = scoped(
  'attachments',
  `SELECT id, application_id, kind, file_name, file_type, size, uploaded_at FROM attachments
   WHERE SCOPE AND application_id = ANY($1) AND replaced_at IS NULL ORDER BY application_id, id`,
  SENT_AS_EVIDENCE,
  `facility_id ${held('$2')}`,
)
const accounts = scoped(
  'accounts',
  `SELECT id, application_id, account_name, status, issued_at FROM eligibility_accounts
   WHERE SCOPE AND application_id = ANY($1) ORDER BY application_id, ordinal`,
  'true',
  `facility_id ${held('$2')}`,
)
const cases = scoped(
  'cases',
  `SELECT page.* FROM unnest($1::text[]) AS wanted, unnest($2::text[]) AS kind, LATERAL (
     SELECT application_id, waiting_since FROM review_cases WHERE SCOPE AND status = wanted AND facility_kind = kind
     ORDER BY waiting_since, application_id LIMIT $3) AS page
   ORDER BY waiting_since, application_id LIMIT $3`,
  'application_id IS NOT NULL',
  '$4::uuid IS NULL',
)

// Rows by the key that they belong to.
function grouped(found, column) {
  const groups = new Map()
  for (const row of found) {
    const group = groups.get(row[column])
    if (group) group.push(row)
    else groups.set(row[column], [row])
  }
  return groups
}

const cursor = (list, at, id) =>
  Buffer.from(JSON.stringify([list, [at.replace('+00:00', 'Z'), write('application', id)]])).toString('base64url')

// A page of a list that was asked for one row more than it takes.
function connection(list, found, first, key) {
  const hasNextPage = found.length > first
  const nodes = hasNextPage ? found.slice(0, first) : found
  const last = nodes.at(-1)
  return { nodes, pageInfo: { hasNextPage, endCursor: last ? cursor(list, last[key], last.id) : null } }
}

const resolvers = {
  Query: {
    facility: async (_, { id }, context) => (await facilities(context, [read('facility', id)]))[0] ?? null,
    application: async (_, { id }, context) => (await applications(context, [read('application', id)]))[0] ?? null,
    reviewCases: async (_, { first, filter }, context) => {
      const found = await cases(context, filter.statuses, filter.facilityKinds, first + 1)
      for (const row of found) row.id = row.application_id
      return connection('cases-longest', found, first, 'waiting_since')
    },
  },
  Facility: {
    id: ({ id }) => write('facility', id),
    code: ({ code }) => ({ value: code }),
  },
  Application: { resolveType: () => 'StartOfUseApplication' },
  StartOfUseApplication: {
    id: ({ id }) => write('application', id),
    createdAt: (row) => row.created_at,
    submittedAt: (row) => row.submitted_at,
    decidedAt: (row) => row.decided_at,
  },
  Attachment: {
    id: ({ id }) => write('attachment', id),
    fileName: (row) => row.file_name,
    type: (row) => row.file_type,
    uploadedAt: (row) => row.uploaded_at,
  },
  EligibilityAccount: {
    id: ({ id }) => write('account', id),
    accountId: (row) => row.account_name,
    issuedAt: (row) => row.issued_at,
  },
  ReviewCase: {
    id: ({ id }) => write('review_case', id),
    waitingSince: (row) => row.waiting_since,
  },
}

// Each asks once for all of its level. Their cache would write every key out as JSON.
const loader = (load) => ({ loader: load, opts: { cache: false } })
const listOf = (load) =>
  loader(async (queries, context) => {
    const found = grouped(await load(context, queries.map(({ obj }) => obj.id)), 'application_id')
    return queries.map(({ obj }) => found.get(obj.id) ?? [])
  })
const oneOf = (load, column) =>
  loader(async (queries, context) => {
    const found = await load(context, [...new Set(queries.map(({ obj }) => obj[column]))])
    const byId = new Map(found.map((row) => [row.id, row]))
    return queries.map(({ obj }) => byId.get(obj[column]))
  })

const loaders = {
  Facility: {
    applications: loader(async (queries, context) => {
      const first = queries[0].params.first ?? 20
      const found = grouped(await newest(context, queries.map(({ obj }) => obj.id), first + 1), 'facility_id')
      return queries.map(({ obj }) => connection('applications', found.get(obj.id) ?? [], first, 'created_at'))
    }),
  },
  StartOfUseApplication: { facility: oneOf(facilities, 'facility_id'), attachments: listOf(attachments), accounts: listOf(accounts) },
  ReviewCase: { application: oneOf(applications, 'application_id') },
}

const app = Fastify()
await app.register(mercurius, {
  schema: readFileSync(SCHEMA, 'utf8'),
  resolvers,
  loaders,
  jit: 1,
  context: async ({ headers }) => ({ actor: await actorOf(headers.authorization) }),
})
await app.listen({ host: '127.0.0.1', port: Number(PORT) })
