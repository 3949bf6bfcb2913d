/** The OpenAPI 3.1 document of our own API, made of the schemas that its questions are checked with. */
import { z } from 'zod';
import { PROBLEM_TYPE } from '../problem.js';
import { type Operation, PREFIX } from './operation.js';

type Json = Record<string, unknown>;

/** Parts of paths. */
const PARTS: Readonly<Record<string, { readonly description: string; readonly example: string }>> = {
  dataset: { description: 'A dataset: its area and year.', example: 'ms_2024' },
  parcel: { description: 'The id of a parcel, as people know it.', example: '4711' },
  scene: { description: 'A scene: its number in the catalogue.', example: '3' },
  campaign: { description: 'The name of a campaign.', example: 's2-2024' },
};

const TAGS: Readonly<Record<string, string>> = {
  datasets: 'The parcels of an area and year, with their series.',
  parcels: 'Single parcels, and those of a place.',
  series: 'What was measured of parcels, by date and band.',
  scenes: 'The satellite products of a catalogue.',
  campaigns: 'Extractions that run, or have run, on the Temporal server.',
};

const PROBLEM = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string().meta({ description: 'What is wrong.' }),
  remedy: z.string().optional().meta({ description: 'What helps.' }),
  faults: z
    .array(z.object({ in: z.enum(['path', 'query', 'body']), name: z.string(), detail: z.string() }))
    .optional()
    .meta({ description: 'Parameters, or members of the body, that are wrong.' }),
});

/** What a status is about; those that every operation may answer with stand first. */
const STATUSES: Readonly<Record<number, string>> = {
  400: 'A parameter or the body is wrong.',
  401: 'No account was told, or a wrong one.',
  429: 'Too much was asked in too short a time, or too many wrong passwords were tried.',
  503: 'The database does not answer, took too long, or has too much to do.',
  403: 'The account may not see this.',
  404: 'There is no such thing.',
  406: 'There is no answer in any of the media types that were asked for.',
  409: 'What is asked for is not there until something else has been done.',
  413: 'More is asked for than one answer may have.',
  422: 'What is asked for can be read, and makes no sense with this dataset.',
};
const ALWAYS = [400, 401, 429, 503];

export function openApiOf(operations: readonly Operation[]): Json {
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = (paths[`${PREFIX}${operation.path}`] ??= {});
    path[operation.method.toLowerCase()] = described(operation);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'parcelwise',
      version: '1.0.0',
      description:
        'Statistics of agricultural parcels in satellite scenes: read only. Times are UTC. Lists that may be long come in pages: `next` is the address of the following one.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { bearer: [] }],
    tags: Object.entries(TAGS).flatMap(([name, description]) =>
      operations.some(({ tag }) => tag === name) ? [{ name, description }] : [],
    ),
    paths,
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        bearer: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Problem: schemaOf(PROBLEM) },
      responses: Object.fromEntries(
        Object.entries(STATUSES).map(([status, text]) => [nameOf(status), problem(text)]),
      ),
    },
  };
}

function described({ id, tag, summary, description, path, query, body, answers, problems }: Operation): Json {
  const content = Object.fromEntries(
    answers.map(({ type, schema }) => [type, schema === undefined ? {} : { schema: schemaOf(schema) }]),
  );
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: [...partsOf(path), ...parametersOf(query)],
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } },
    }),
    responses: {
      200: { description: 'What was asked for.', content },
      ...Object.fromEntries(
        [...ALWAYS, ...problems].map((status) => [
          status,
          { $ref: `#/components/responses/${nameOf(status)}` },
        ]),
      ),
    },
  };
}

const nameOf = (status: number | string): string => `Problem${status}`;

const problem = (description: string): Json => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

function partsOf(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
    ...PARTS[name],
  }));
}

function parametersOf(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = jsonSchemaOf(query);
  return Object.entries(properties).map(([name, property]) => {
    const { description, example, ...schema } = property as Json;
    return {
      ...{ name, in: 'query', required: required.includes(name), schema },
      ...(description !== undefined && { description }),
      ...(example !== undefined && { example }),
    };
  });
}

/** What is left out of an answer's schema may come with a later version. */
function schemaOf(schema: z.ZodType): Json {
  return Object.fromEntries(Object.entries(jsonSchemaOf(schema)).filter(([key]) => key !== '$schema'));
}

function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // What JavaScript can count to is no limit of ours.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}
