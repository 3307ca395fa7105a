import { isInteger, isSafeNumber, parse, stringify } from 'lossless-json';

/** A JSON object as it came over the wire; members are checked when they are read. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseNumber(text: string): number | bigint {
  return isSafeNumber(text) || !isInteger(text) ? Number(text) : BigInt(text);
}

/** Parses JSON; integers beyond 2^53 become bigint. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return /\d{16}/.test(text) ? parse(text, null, parseNumber) : JSON.parse(text);
}

/** Writes JSON; bigint values become plain JSON numbers, undefined members are left out. */
export function toJson(value: unknown): string {
  return stringify(value) ?? 'null';
}
