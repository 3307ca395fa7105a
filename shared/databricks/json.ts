import { LosslessNumber, parse, stringify } from 'lossless-json';

/** A value as `parseJson` returns it; integers beyond 2^53 and numbers beyond 1.8e308 are strings as they were written. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type JsonObject = { [key: string]: Json };

/** Numbers that may not fit a double: only then the slower exact parser is needed. */
const longNumber = /\d{16}|\de\+?\d{3}/i;

/** Parses JSON; numbers that a double cannot hold become strings as they were written. Throws SyntaxError. */
export function parseJson(text: string): Json {
  if (!longNumber.test(text)) return JSON.parse(text) as Json;
  return parse(text, undefined, { parseNumber, onDuplicateKey: lastWins }) as Json;
}

function parseNumber(text: string): number | string {
  const value = Number(text);
  const isExact = /^-?\d+$/.test(text) ? Number.isSafeInteger(value) : Number.isFinite(value);
  return isExact ? value : text;
}

function lastWins({ newValue }: { newValue: unknown }): unknown {
  return newValue;
}

/** A 64-bit id for a request body: written as a JSON number, digit for digit. */
export function jsonId(id: string): unknown {
  return new LosslessNumber(id);
}

/** Serialises a request body; ids made by `jsonId` keep all digits. */
export function stringifyJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
