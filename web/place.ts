/**
 * The group in the address, after the `#`: its name, and from which entry of the feed on it is told. A reload, or another person with the
 * address, sees the same group.
 */

/** What an address says; nothing where it names no group. */
export type Place = { group?: string; after?: number };

/** Reads it out of the part of an address after the `#`. */
export function placeIn(hash: string): Place {
  const named = new URLSearchParams(hash.replace(/^#/, ''));
  const group = named.get('group');
  const after = Number(named.get('after') ?? Number.NaN);
  return {
    ...(group !== null && /^[A-Za-z0-9_-]{1,64}$/.test(group) ? { group } : {}),
    ...(Number.isSafeInteger(after) && after >= 0 ? { after } : {}),
  };
}

/** The part of an address that names this group. */
export function hashOf({ name, after }: { name: string; after: number | null }): string {
  return `#group=${name}${after === null ? '' : `&after=${after}`}`;
}
