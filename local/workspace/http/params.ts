import { invalidParameter, missingField } from '../errors';
import { isJsonObject, type JsonObject } from './json';

/** A text member; absent, null and other types but numbers and booleans give undefined. */
export function readString(params: JsonObject, name: string): string | undefined {
  const value = params[name];
  if (typeof value === 'string') return value;
  if (['number', 'bigint', 'boolean'].includes(typeof value)) return String(value);
  return undefined;
}

/** A text member that must be there and not be empty. Throws ApiError 400. */
export function requireString(params: JsonObject, name: string): string {
  const value = readString(params, name);
  if (value === undefined || value === '') throw missingField(name);
  return value;
}

/** A boolean; "true" and "false" in any case count, absent is false. Throws ApiError 400. */
export function readBoolean(params: JsonObject, name: string): boolean {
  const value = params[name];
  if (value === undefined || value === null || value === '') return false;
  const text = String(value).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalidParameter(`Could not parse '${name}' as a boolean: ${JSON.stringify(value)}`);
}

/** An int64 as decimal digits, from a JSON number or a string of digits. Throws ApiError 400. */
export function readId(params: JsonObject, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null || value === '') return undefined;
  const text = String(value);
  if (/^-?\d{1,19}$/.test(text)) return BigInt(text).toString();
  throw invalidParameter(`Could not parse '${name}' as an int64: ${JSON.stringify(text)}`);
}

export function requireId(params: JsonObject, name: string): string {
  const id = readId(params, name);
  if (id === undefined) throw missingField(name);
  return id;
}

/** A whole number that JavaScript holds exactly; absent gives the default. Throws ApiError 400. */
export function readInteger(params: JsonObject, name: string, absent: number): number {
  const id = readId(params, name);
  return id === undefined ? absent : Number(id);
}

/** An object member; absent gives undefined. Throws ApiError 400 for another type. */
export function readObject(params: JsonObject, name: string): JsonObject | undefined {
  const value = params[name];
  if (value === undefined || value === null) return undefined;
  if (isJsonObject(value)) return value;
  throw invalidParameter(`Expected '${name}' to be an object.`);
}

/** A list of objects; absent gives an empty list. Throws ApiError 400 for anything else. */
export function readObjects(params: JsonObject, name: string): readonly JsonObject[] {
  const value = params[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isJsonObject)) return value;
  throw invalidParameter(`Expected '${name}' to be a list of objects.`);
}

/** A map of strings, given as an object or as a list of {key, value}. Throws ApiError 400. */
export function readStringMap(params: JsonObject, name: string): Record<string, string> {
  const value = params[name];
  if (Array.isArray(value)) {
    const pairs = readObjects(params, name).map((pair): [string, string] => [
      requireString(pair, 'key'),
      readString(pair, 'value') ?? '',
    ]);
    return Object.fromEntries(pairs);
  }
  const map = readObject(params, name) ?? {};
  return Object.fromEntries(Object.keys(map).map((key) => [key, readString(map, key) ?? '']));
}
