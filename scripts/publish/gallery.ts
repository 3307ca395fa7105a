import { GalleryApi } from 'azure-devops-node-api/GalleryApi';
import {
  ExtensionQueryFlags,
  ExtensionVersionFlags,
  PublishedExtensionFlags,
} from 'azure-devops-node-api/interfaces/GalleryInterfaces';
import { getBasicHandler } from 'azure-devops-node-api/WebApi';

/** One version as the Marketplace has it. */
export interface PublishedVersion {
  readonly version: string;
  /** `failed` with the words of the Marketplace. */
  readonly validation: 'pending' | 'done' | { readonly failed: string };
}

/** An extension as the Marketplace has it. */
export interface PublishedExtension {
  /** Newest first. */
  readonly versions: readonly PublishedVersion[];
  /** Names of organisations; undefined if the Marketplace does not tell. */
  readonly sharedWith: readonly string[] | undefined;
  readonly isPublic: boolean;
}

/** What can be asked of the Marketplace. Errors are those of azure-devops-node-api. */
export interface Gallery {
  hasPublisher(publisher: string): Promise<boolean>;
  /** Undefined if it is not published, or if the token's owner may not see it. */
  readExtension(publisher: string, id: string): Promise<PublishedExtension | undefined>;
}

const flags = ExtensionQueryFlags.IncludeVersions | ExtensionQueryFlags.IncludeSharedAccounts;

/** The Marketplace at an address. A token is sent to that host only, in the way tfx sends it. */
export function createGallery(serviceUrl: string, token: string): Gallery {
  const api = new GalleryApi(serviceUrl, [getBasicHandler('OAuth', token, false)], {
    socketTimeout: 30_000,
  });
  return {
    // Not found is null.
    hasPublisher: async (publisher) => ((await api.getPublisher(publisher)) ?? null) !== null,
    readExtension: async (publisher, id) => {
      const found = await api.getExtension(undefined, publisher, id, undefined, flags);
      return found ? toExtension(found) : undefined;
    },
  };
}

type WireExtension = Awaited<ReturnType<GalleryApi['getExtension']>>;

function toExtension({ versions, sharedWith, flags: has }: WireExtension): PublishedExtension {
  return {
    versions: (versions ?? []).map(({ version = '', flags: state, validationResultMessage }) => ({
      version,
      validation: validationResultMessage
        ? { failed: validationResultMessage }
        : ((state ?? 0) & ExtensionVersionFlags.Validated) === 0
          ? 'pending'
          : 'done',
    })),
    sharedWith: sharedWith?.map(({ name = '' }) => name),
    isPublic: ((has ?? 0) & PublishedExtensionFlags.Public) !== 0,
  };
}

/** Whether a version is newer than another; both have three or four numbers. */
export function isNewer(version: string, other: string): boolean {
  const numbers = (text: string): number[] => text.split('.').map(Number);
  const [left, right] = [numbers(version), numbers(other)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
