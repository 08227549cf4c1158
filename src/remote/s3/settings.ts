import { EnvironmentError, UsageError } from '../../diagnostics/errors.js';
import { isHeaderValue } from '../../formats/header-value.js';

/** A bucket and how to reach it. The keys sign requests and are sent to no one. */
export interface S3Settings {
  /** `s3://bucket/prefix`, for messages. */
  readonly place: string;
  /** URL of the bucket's prefix, with a slash at its end. */
  readonly url: URL;
  readonly bucketUrl: URL;
  /** What the names of entries begin with in the bucket: empty, or with a slash at its end. */
  readonly prefix: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

const example = 'For example s3://my-lab/runflow.';

/**
 * Reads an address `s3://bucket/prefix`, and the variables that the AWS tools have: AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL.
 * @throws UsageError for another address; EnvironmentError for a variable that is missing or cannot be used
 */
export function s3Settings(address: string, environment: Readonly<Record<string, string | undefined>>): S3Settings {
  const { bucket, prefix } = parseAddress(address);
  const set = (name: string) => environment[name]?.trim() || undefined;
  const key = (name: string) => asHeader(name, set(name));
  const region = set('AWS_REGION') ?? set('AWS_DEFAULT_REGION') ?? 'us-east-1';
  if (!/^[A-Za-z0-9-]{1,64}$/.test(region)) throw new EnvironmentError('AWS_REGION is not the name of a region');
  const endpointName = set('AWS_ENDPOINT_URL_S3') === undefined ? 'AWS_ENDPOINT_URL' : 'AWS_ENDPOINT_URL_S3';
  const bucketUrl = urlOfBucket(bucket, region, endpointOf(endpointName, set(endpointName)));
  const place = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
  return {
    place,
    bucketUrl,
    url: new URL(prefix === '' ? '' : `${prefix}/`, bucketUrl),
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
    accessKeyId: required(place, 'AWS_ACCESS_KEY_ID', key('AWS_ACCESS_KEY_ID')),
    secretAccessKey: required(place, 'AWS_SECRET_ACCESS_KEY', key('AWS_SECRET_ACCESS_KEY')),
    sessionToken: key('AWS_SESSION_TOKEN'),
  };
}

/** The address itself stands in no message: it may hold what somebody took for the place of a password. */
function parseAddress(address: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([^/]*)(\/.*)?$/i.exec(address) ?? [];
  if (address.includes('@')) {
    throw new UsageError('the address of the remote store holds a user name or a password', {
      hint: `Give the keys as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and the address without them. ${example}`,
    });
  }
  if (bucket === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(bucket)) {
    throw new UsageError('the address of the remote store names no bucket', { hint: example });
  }
  const prefix = path.replace(/^\/|\/$/g, '');
  const isPlain = prefix === '' || prefix.split('/').every((part) => /^(?!\.+$)[A-Za-z0-9._=-]+$/.test(part));
  if (!isPlain || prefix.length > 512) {
    throw new UsageError('the address of the remote store has a prefix that cannot be used', {
      hint: `A prefix has letters, digits, ".", "_", "-" and "=", between single slashes. ${example}`,
    });
  }
  return { bucket, prefix };
}

function endpointOf(name: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const hint = 'For example https://storage.example.org:9000';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new EnvironmentError(`${name} is not a URL`, { hint });
  }
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!isPlain || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new EnvironmentError(`${name} must be an http or https URL without a user name, a password or a query`, {
      hint,
    });
  }
  return url;
}

/** Servers other than Amazon's have buckets in the path, for their hosts have no names for each. */
function urlOfBucket(bucket: string, region: string, endpoint: URL | undefined): URL {
  if (endpoint !== undefined) return new URL(`${endpoint.href.replace(/\/+$/, '')}/${bucket}/`);
  // A certificate for *.s3.… covers no name with more dots, and names of hosts have neither capitals nor underscores.
  if (!/^[a-z0-9-]+$/.test(bucket)) return new URL(`https://s3.${region}.amazonaws.com/${bucket}/`);
  return new URL(`https://${bucket}.s3.${region}.amazonaws.com/`);
}

/** A key as it can stand in the header of a request. What cannot is not shown: errors of the header itself would quote it. */
function asHeader(name: string, value: string | undefined): string | undefined {
  if (value === undefined || isHeaderValue(value)) return value;
  throw new EnvironmentError(`${name} holds a line break, a space or another character that no key has`, {
    hint: 'Set it anew, without anything around the key.',
  });
}

function required(place: string, name: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new EnvironmentError(`${place}: ${name} is not set`, {
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and for keys of a session AWS_SESSION_TOKEN.',
  });
}
