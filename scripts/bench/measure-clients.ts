import type { Bench } from './bench';
import type { Section } from './results';

export async function measureClients(_bench: Bench): Promise<Section> {
  return { name: 'clients', title: 'Other clients', method: '', rows: [] };
}
