import { isInteger, isSafeNumber, parse } from 'lossless-json';

/** A JSON object whose members are checked when they are read. */
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses an answer; whole numbers beyond 2^53 become bigint, so that ids keep their digits. Throws SyntaxError. */
export function parseAnswer(text: string): unknown {
  const toNumber = (digits: string): number | bigint =>
    isSafeNumber(digits) || !isInteger(digits) ? Number(digits) : BigInt(digits);
  return /\d{16}/.test(text) ? parse(text, null, toNumber) : JSON.parse(text);
}

/** A text member; anything else is the empty text. */
export function textIn(json: Json, key: string): string {
  const value = json[key];
  return typeof value === 'string' ? value : '';
}

/** An object member; anything else is an empty object. */
export function objectIn(json: Json, key: string): Json {
  const value = json[key];
  return isJson(value) ? value : {};
}

/** The objects of a list member. */
export function objectsIn(json: Json, key: string): readonly Json[] {
  const value = json[key];
  return Array.isArray(value) ? value.filter(isJson) : [];
}

/** The members of an object as texts. */
export function textsIn(json: Json, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(objectIn(json, key)).map(([name, value]) => [name, String(value)]),
  );
}
