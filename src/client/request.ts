/** Builds the URLs of endpoints for clients: the page and the command line. */
import type { EndpointName, Parameters, Query } from '../contract/http.ts';

/** The path parameters and query of an endpoint. */
export type Target<Name extends EndpointName> = (Parameters<Name> extends undefined
  ? { readonly params?: undefined }
  : { readonly params: Parameters<Name> }) & { readonly query?: Query<Name> };

/** The method and path of a request, with encoded parameters. */
export function requestLine<Name extends EndpointName>(
  name: Name,
  target: Target<Name>,
): { readonly method: string; readonly path: string } {
  const { params = {}, query = {} } = target as {
    readonly params?: Readonly<Record<string, string | number>>;
    readonly query?: Readonly<Record<string, unknown>>;
  };
  const [method = '', template = ''] = name.split(' ');
  const path = template.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  return { method, path: `${path}${queryString(query)}` };
}

/** `?a=1&b=2` without undefined values; a list repeats its name. */
function queryString(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
