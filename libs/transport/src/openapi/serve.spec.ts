import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';

import { openapiOf } from '#transport/openapi/document.js';
import type { OpenapiDocument } from '#transport/openapi/model.js';
import { pageOf } from '#transport/openapi/page.js';
import { registerDocumentation } from '#transport/openapi/serve.js';
import { servicesOfContract } from '#transport/testing/whole-contract.js';

let document: OpenapiDocument;
let server: FastifyInstance;

beforeAll(async () => {
  document = openapiOf(await servicesOfContract(), '1.2.3');
  server = fastify();
  registerDocumentation(server, document);
});

afterAll(() => server.close());

function sectionsOf(page: string, element: string): readonly string[] {
  return [...page.matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, 'g'))].map(
    ([, inner]) => inner ?? '',
  );
}

describe('the documentation', () => {
  it('the document is served as it is', async () => {
    const response = await server.inject('/openapi.json');
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(response.json()).toEqual(JSON.parse(JSON.stringify(document)));
  });

  it('the page refers to nothing outside of it', async () => {
    const { body } = await server.inject('/docs');
    const references = [...body.matchAll(/\b(?:src|href|action|srcset|data|poster)\s*=\s*"([^"]*)"/g)].map(
      ([, to]) => to,
    );
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((to) => !to?.startsWith('#') && to !== '/openapi.json')).toEqual([]);
    expect(body).not.toMatch(/@import|url\(|\son[a-z]+\s*=|\sstyle\s*=/);
  });

  it('its policy lets run and load what stands in it, and nothing else', async () => {
    const response = await server.inject('/docs');
    const digests = [...sectionsOf(response.body, 'style'), ...sectionsOf(response.body, 'script')].map(
      (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`,
    );
    expect(response.headers['content-security-policy']).toBe(
      `default-src 'none'; style-src '${digests[0]}'; script-src '${digests[1]}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(digests).toHaveLength(2);
  });

  it('every call stands on the page, with its lines for curl and grpcurl', async () => {
    const { body } = await server.inject('/docs');
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
    const missing = operations.filter(
      (operation) =>
        !body.includes(`<article id="${operation.operationId}"`) ||
        !body.includes(`localhost:8080 ${operation['x-grpc-method']}`),
    );
    expect(missing.map(({ operationId }) => operationId)).toEqual([]);
    expect(body.split('curl -X')).toHaveLength(operations.length + 1);
  });

  it('every link within the page leads somewhere', async () => {
    const { body } = await server.inject('/docs');
    const ids = new Set([...body.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id));
    const links = [...body.matchAll(/href="#([^"]*)"/g)].map(([, to]) => to);
    expect(links.filter((to) => !ids.has(to))).toEqual([]);
  });

  it('what a comment holds is text on the page', () => {
    const page = pageOf({
      ...document,
      info: { ...document.info, title: `<b>"&'`, description: '`<i>` <script>alert(1)</script>' },
    });
    expect(page).toContain('&lt;b&gt;&quot;&amp;&#39;');
    expect(page).toContain('<p><code>&lt;i&gt;</code> &lt;script&gt;alert(1)&lt;/script&gt;</p>');
    expect(sectionsOf(page, 'script')).toHaveLength(1);
  });
});
