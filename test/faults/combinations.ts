import { faultKinds, kindOf, type PlacedFault } from './fault-kinds';

/** A random conversation: a scenario and one to three faults. */
export interface Combination {
  readonly scenario: string;
  readonly faults: readonly PlacedFault[];
}

/** A generator of numbers from 0 up to 1 that repeats itself for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What conversations are made of: how often each request is sent, by scenario. */
export type Requests = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** As many combinations as wanted; of the same seed always the same ones. */
export function combinationsOf(
  seed: number,
  count: number,
  requests: Requests,
  options: { readonly slow: boolean },
): Combination[] {
  const random = randomOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const kinds = Object.keys(faultKinds).filter((name) => {
    return options.slow || faultKinds[name]?.isSlow !== true;
  });
  const names = [...requests.keys()];
  return Array.from({ length: count }, () => {
    const scenario = pick(names);
    const places = [...(requests.get(scenario) ?? [])].flatMap(([request, times]) =>
      Array.from({ length: times }, (_, index) => ({ request, number: index + 1 })),
    );
    const size = 1 + Math.floor(random() * 3);
    const faults: PlacedFault[] = [];
    while (faults.length < size) {
      const fault = { kind: pick(kinds), ...pick(places) };
      if (fits(fault, faults)) faults.push(fault);
    }
    return { scenario, faults };
  });
}

/** A process has one clock and one life, and a slow fault is enough. */
function fits(fault: PlacedFault, others: readonly PlacedFault[]): boolean {
  const kind = kindOf(fault);
  if (kind.only && !kind.only.test(fault.request)) return false;
  const sorts = (placed: PlacedFault): string[] => {
    const { shape, isSlow } = kindOf(placed);
    return [
      ...(shape.isKill ? ['kill'] : []),
      ...(shape.clockJumpMs === undefined ? [] : ['jump']),
      ...(isSlow ? ['slow'] : []),
    ];
  };
  const taken = new Set(others.flatMap(sorts));
  return !sorts(fault).some((sort) => taken.has(sort));
}

/** The smallest part of a failing combination that fails too, by leaving out one fault after the other. */
export async function shrink(
  faults: readonly PlacedFault[],
  fails: (faults: readonly PlacedFault[]) => Promise<boolean>,
): Promise<readonly PlacedFault[]> {
  for (const left of faults) {
    const rest = faults.filter((fault) => fault !== left);
    if (rest.length > 0 && (await fails(rest))) return shrink(rest, fails);
  }
  return faults;
}
