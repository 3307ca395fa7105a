import { PackagingError } from '../package/packaging-error';
import type { TfxEnd } from '../package/tfx';
import { type Gallery, isNewer, type PublishedExtension, type PublishedVersion } from './gallery';
import { type Attempt, explainRefusal, lookAgain, toAnswer } from './refusals';

/** The extension that is meant, and where. */
export interface Target {
  readonly publisher: string;
  readonly id: string;
  readonly version: string;
  readonly serviceUrl: string;
}

/** What the steps work with. */
export interface Tools {
  readonly gallery: Gallery;
  /** Runs tfx with the token. */
  readonly tfx: (args: readonly string[]) => Promise<TfxEnd>;
  readonly say: (line: string) => void;
}

/** Asks the Marketplace whether the token is good, the publisher there, the version new. Throws PackagingError. */
export async function checkMarketplace(
  target: Target,
  gallery: Gallery,
): Promise<PublishedExtension | undefined> {
  const { publisher, id, version } = target;
  const attempt = toAttempt(`Asking the Marketplace for ${publisher}.${id}`, target);
  const [hasPublisher, published] = await Promise.all([
    gallery.hasPublisher(publisher),
    gallery.readExtension(publisher, id),
  ]).catch((error: unknown) => {
    throw explainRefusal(attempt, toAnswer(error));
  });
  if (!hasPublisher)
    throw explainRefusal(attempt, { text: 'The publisher does not exist', isOwn: true });
  const current = newest(published);
  if (current !== undefined && !isNewer(version, current.version))
    throw explainRefusal(
      {
        ...toAttempt(`Publishing ${publisher}.${id} ${version}`, target),
        published: current.version,
      },
      { text: 'Version number must increase', isOwn: true },
    );
  return published;
}

/** What became of a version. */
export interface Published {
  readonly validation: 'pending' | 'done';
  readonly isPublic: boolean;
}

/**
 * Publishes a VSIX and makes sure that the Marketplace has it: tfx also ends well where nothing was taken. Throws
 * PackagingError.
 */
export async function publishVsix(
  file: string,
  wait: boolean,
  target: Target,
  { tfx, gallery }: Tools,
): Promise<Published> {
  const { publisher, id, version, serviceUrl } = target;
  const attempt = toAttempt(`Publishing ${publisher}.${id} ${version}`, target);
  const args = ['extension', 'publish', '--vsix', file, '--service-url', serviceUrl];
  const { exitCode, text } = await tfx(wait ? args : [...args, '--no-wait-validation']);
  if (exitCode !== 0) throw explainRefusal(attempt, { text });
  const published = await gallery.readExtension(publisher, id).catch((error: unknown) => {
    throw explainRefusal(attempt, toAnswer(error));
  });
  const sent = published?.versions.find((one) => one.version === version);
  if (sent === undefined)
    throw explainRefusal(attempt, { text: 'tfx reported success', isOwn: true });
  if (typeof sent.validation === 'object')
    throw explainRefusal(attempt, {
      text: `Extension validation failed. ${sent.validation.failed}`,
    });
  return { validation: sent.validation, isPublic: published?.isPublic === true };
}

/** Shares with organisations one after the other, and reads back with whom it is shared. Throws PackagingError in the end. */
export async function shareWith(
  organizations: readonly string[],
  already: readonly string[],
  target: Target,
  tools: Tools,
): Promise<void> {
  const failures: string[] = [];
  for (const organization of organizations) {
    try {
      const done = includesName(already, organization)
        ? `Already shared with ${organization}.`
        : await shareWithOne(organization, target, tools);
      tools.say(done);
    } catch (error) {
      if (!(error instanceof PackagingError)) throw error;
      failures.push(error.message.replace(/\.$/, ''));
    }
  }
  if (failures.length > 0)
    throw new PackagingError(
      failures.join('.\n'),
      `Version ${target.version} itself is published; share it in the Marketplace: ${manageAddress(target)}, Share.`,
    );
}

async function shareWithOne(
  organization: string,
  target: Target,
  { tfx, gallery }: Tools,
): Promise<string> {
  const { publisher, id, serviceUrl } = target;
  const attempt = toAttempt(`Sharing ${publisher}.${id} with ${organization}`, target);
  const names = ['--publisher', publisher, '--extension-id', id, '--share-with', organization];
  const { exitCode, text } = await tfx([
    'extension',
    'share',
    ...names,
    '--service-url',
    serviceUrl,
  ]);
  if (exitCode !== 0) {
    if (/already shared/i.test(text)) return `Already shared with ${organization}.`;
    throw explainRefusal(attempt, { text });
  }
  // tfx takes "not found" for success.
  const now = (await gallery.readExtension(publisher, id).catch(() => undefined))?.sharedWith;
  if (now === undefined)
    return `Shared with ${organization}, says tfx; the Marketplace did not confirm it.`;
  if (includesName(now, organization)) return `Shared with ${organization}.`;
  throw new PackagingError(
    `Sharing with ${organization} had no effect: the Marketplace knows no organisation of that name`,
    'Give the NAME of https://dev.azure.com/NAME.',
  );
}

function includesName(names: readonly string[], name: string): boolean {
  return names.some((one) => one.toLowerCase() === name.toLowerCase());
}

/** What the Marketplace has, in lines for people. */
export function describeStatus(
  target: Target,
  published: PublishedExtension | undefined,
): string[] {
  const name = `${target.publisher}.${target.id}`;
  const current = newest(published);
  if (published === undefined || current === undefined)
    return [`${name} is not published, or the token's owner may not see it.`];
  const { sharedWith = [], isPublic } = published;
  return [
    `${name} ${current.version}: ${describeValidation(current)}`,
    isPublic
      ? 'Public: every organisation can install it.'
      : `Private, shared with: ${sharedWith.join(', ') || 'nobody'}`,
    pageAddress(target),
  ];
}

function describeValidation({ validation }: PublishedVersion): string {
  if (validation === 'done') return 'validated';
  if (validation === 'pending') return 'not validated yet';
  return `validation failed: ${validation.failed}`;
}

/** What to do after publishing, in lines for people. `shared` names organisations. */
export function describeNext(
  target: Target,
  { validation, isPublic }: Published,
  shared: readonly string[],
): string[] {
  const { publisher, id, version } = target;
  const state = validation === 'done' ? 'and validated' : 'but not validated yet';
  return [
    `${publisher}.${id} ${version} is published ${state}.`,
    ...(validation === 'done' ? [] : [`Look again: ${lookAgain(target)}`]),
    `Page and installation: ${pageAddress(target)}`,
    ...shared.map(
      (name) =>
        `Installation in ${name}: https://dev.azure.com/${name}/_settings/extensions?tab=shared`,
    ),
    ...(isPublic || shared.length > 0
      ? []
      : [
          `It is private and shared with nobody yet: add --share-with ORGANIZATION next time, or share it now: ${manageAddress(target)}, Share.`,
        ]),
  ];
}

function pageAddress({ publisher, id, serviceUrl }: Target): string {
  return `${serviceUrl}/items?itemName=${publisher}.${id}`;
}

function manageAddress({ publisher, serviceUrl }: Target): string {
  return `${serviceUrl}/manage/publishers/${publisher}`;
}

function newest(published: PublishedExtension | undefined): PublishedVersion | undefined {
  return published?.versions.reduce<PublishedVersion | undefined>(
    (best, one) => (best === undefined || isNewer(one.version, best.version) ? one : best),
    undefined,
  );
}

function toAttempt(what: string, target: Target): Attempt {
  return { what, ...target };
}
