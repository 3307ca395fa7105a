import { ApiError } from './errors';
import { isJsonObject, type Json, type JsonObject } from './json';

/**
 * Reading fields of answers: services omit what they document as present, and send integers as strings. A reader returns
 * undefined for what is absent or of another type; `required…` throws ApiError of kind `other`.
 */
export const wire = {
  text(object: JsonObject, key: string): string | undefined {
    const value = object[key];
    return typeof value === 'string' ? value : undefined;
  },

  /** A 64-bit id as its digits. */
  id(object: JsonObject, key: string): string | undefined {
    const value = object[key];
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    return typeof value === 'string' && /^\d+$/.test(value) ? value : undefined;
  },

  number(object: JsonObject, key: string): number | undefined {
    const value = object[key];
    if (typeof value === 'number') return value;
    return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : undefined;
  },

  boolean(object: JsonObject, key: string): boolean | undefined {
    const value = object[key];
    if (value === 'true' || value === 'false') return value === 'true';
    return typeof value === 'boolean' ? value : undefined;
  },

  object(object: JsonObject, key: string): JsonObject | undefined {
    const value = object[key];
    return isJsonObject(value) ? value : undefined;
  },

  /** The objects of an array; services omit empty arrays. */
  objects(object: JsonObject, key: string): JsonObject[] {
    const value: Json | undefined = object[key];
    return Array.isArray(value) ? value.filter(isJsonObject) : [];
  },

  requiredText(object: JsonObject, key: string, what: string): string {
    return wire.text(object, key) || throwUnusable(key, what);
  },

  requiredId(object: JsonObject, key: string, what: string): string {
    return wire.id(object, key) ?? throwUnusable(key, what);
  },
} as const;

function throwUnusable(key: string, what: string): never {
  throw new ApiError(`${what} failed: the answer has no usable "${key}".`, {
    status: 200,
    errorCode: undefined,
    serverMessage: `no usable "${key}"`,
    kind: 'other',
    method: '',
    path: '',
    requestId: undefined,
    retryAfterMs: undefined,
    isTransient: false,
    isFromService: false,
  });
}
